import { randomBytes } from "node:crypto";
import { type CallPolicy, findCallable } from "../connectors/notices/callable-addresses.ts";
import { sendWebhook, type WebhookMessage } from "../connectors/notices/send-webhook.ts";
import type { Caller } from "../domain/access/caller.ts";
import { dateOf } from "../domain/calendar.ts";
import type { Limits } from "../limits.ts";
import { accessStore } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import { type Database, type Sql, toInstant } from "../store/database.ts";
import { openSealing, type Sealing } from "../store/keys/sealing.ts";
import { deliveryStore } from "../store/notices/delivery-store.ts";
import { noticeStore } from "../store/notices/notice-store.ts";
import { relianceStore } from "../store/notices/reliance-store.ts";
import { type SealedSecrets, webhookStore } from "../store/notices/webhook-store.ts";
import { enter, type Reader } from "../store/reader.ts";
import { closeCase } from "../use-cases/notices/close-case.ts";
import { deliverNotices } from "../use-cases/notices/deliver-notices.ts";
import { readCases } from "../use-cases/notices/read-cases.ts";
import { readDeadNotices } from "../use-cases/notices/read-dead-notices.ts";
import { type NoticeQuery, readNotices } from "../use-cases/notices/read-notices.ts";
import { readWebhook } from "../use-cases/notices/read-webhook.ts";
import { removeWebhook } from "../use-cases/notices/remove-webhook.ts";
import { type ReplayQuestion, replayNotices } from "../use-cases/notices/replay-notices.ts";
import { rotateWebhookSecret } from "../use-cases/notices/rotate-webhook-secret.ts";
import { setWebhook } from "../use-cases/notices/set-webhook.ts";
import { testWebhook } from "../use-cases/notices/test-webhook.ts";
import type { PermitOperator } from "./access-verbs.ts";

/** What the verbs about notices are made of. */
export type NoticeParts = Readonly<{
  database: Database;
  now: () => Date;
  newId: () => string;
  chance: () => number;
  limits: Limits;
  /** Opens the key that secrets are sealed with, when one is needed. */
  sealing: () => Promise<Sealing>;
  calls: CallPolicy;
}>;

/**
 * The verbs about who relies on a license, and how it is told of a change, wired to their tools.
 * @param permit of operators; the command line brings its own
 */
export function noticeVerbs(parts: NoticeParts, permit: PermitOperator) {
  const { database, now, newId, chance, limits, sealing, calls } = parts;
  const { findClient } = accessStore(database.sql());
  const inside = <T>(reader: Reader, run: (db: Sql) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(db);
    });
  const asClient = (clientId: string): Reader => ({ mode: "CLIENT", clientId, procedure: "", day: dateOf(now()) });
  // Notices of everybody: for the hub's own work, and for what it tells operators.
  const all: Reader = { mode: "COLLECT" };

  const unseal = async (clientId: string, { secret, oldSecret, oldUntil }: SealedSecrets) => {
    const key = await sealing();
    const isOldGood = oldSecret !== null && oldUntil !== null && toInstant(oldUntil) > now();
    const opened = [secret, ...(isOldGood ? [oldSecret] : [])].map((sealed) => key.unseal(clientId, sealed));
    const readable = opened.filter((one) => one !== undefined);
    // Without the new one nothing is signed: the department would not know why its new secret does not fit.
    return opened[0] === undefined ? undefined : readable;
  };
  const maxMs = limits.maxWebhookMs;
  const send = (message: WebhookMessage, signal: AbortSignal) =>
    sendWebhook({ policy: calls, maxMs, now }, message, signal);
  const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;
  const decide = {
    ...{ now, permit, newSecret, isDemo: calls.demo },
    seal: async (owner: string, secret: string) => (await sealing()).seal(owner, secret),
    findCallable: (hostname: string) => findCallable(hostname, calls),
    transaction: <T>(
      run: (stores: {
        webhooks: ReturnType<typeof webhookStore>;
        clients: ReturnType<typeof clientStore>;
      }) => Promise<T>,
    ) => inside(all, (db) => run({ webhooks: webhookStore(db), clients: clientStore(db) })),
  };
  const ofCases: Parameters<typeof readCases>[0] = {
    ...{ now, findClient },
    read: (clientId, run) => inside(asClient(clientId), (db) => run(relianceStore(db))),
  };
  const ofWebhooks: Pick<Parameters<typeof readWebhook>[0], "permit" | "read"> = {
    permit,
    read: (run) => inside(all, (db) => run(webhookStore(db))),
  };
  return {
    readCases: (caller: Caller, page: Parameters<typeof readCases>[2]) => readCases(ofCases, caller, page),
    closeCase: (caller: Caller, which: Parameters<typeof closeCase>[2]) => closeCase(ofCases, caller, which),
    readNotices: (caller: Caller, query: NoticeQuery) =>
      readNotices(
        { findClient, read: (clientId, run) => inside(asClient(clientId), (db) => run(noticeStore(db))) },
        caller,
        query,
      ),
    readDeadNotices: (caller: Caller, query: Parameters<typeof readDeadNotices>[2]) =>
      readDeadNotices({ permit, read: (run) => inside(all, (db) => run(noticeStore(db))) }, caller, query),
    replayNotices: (caller: Caller, question: ReplayQuestion) =>
      replayNotices(
        {
          ...{ now, permit, findClient },
          read: (clientId, run) =>
            inside(clientId === undefined ? all : asClient(clientId), (db) =>
              run({ notices: noticeStore(db), clients: clientStore(db) }),
            ),
        },
        caller,
        question,
      ),
    setWebhook: (caller: Caller, input: Parameters<typeof setWebhook>[2]) => setWebhook(decide, caller, input),
    rotateWebhookSecret: (caller: Caller, input: Parameters<typeof rotateWebhookSecret>[2]) =>
      rotateWebhookSecret(decide, caller, input),
    removeWebhook: (caller: Caller, clientId: string) => removeWebhook(decide, caller, clientId),
    readWebhook: (caller: Caller, clientId: string) => readWebhook(ofWebhooks, caller, clientId),
    testWebhook: (caller: Caller, clientId: string) =>
      testWebhook({ ...ofWebhooks, now, newId, unseal, send }, caller, clientId),
    /** A round: visits a webhook that something is due for, and answers whether there was one. Any copy may do it at any time. */
    deliverDueNotices: (signal: AbortSignal) =>
      deliverNotices(
        {
          ...{ now, newId, chance, unseal, send },
          leaseMs: 2 * maxMs + 30_000,
          transaction: (run) => inside(all, (db) => run(deliveryStore(db))),
        },
        signal,
      ),
  };
}

/** The key that secrets in the database are sealed with. @param mayMake as of `openSealing` */
export function sealingOf(folder: string, mayMake: boolean): Promise<Sealing> {
  return openSealing({ folder, random: randomBytes }, mayMake);
}

/** What `noticeVerbs` offers. */
export type NoticeVerbs = ReturnType<typeof noticeVerbs>;
