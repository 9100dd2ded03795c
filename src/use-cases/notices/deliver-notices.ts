import { afterTry, type DeliveryResult, noticesAtOnce, restAfter } from "../../domain/notices/delivery.ts";
import { noticeBody, wireId } from "../../domain/notices/notice.ts";
import type { ClaimedWebhook, DeliveryStore, TriedNotice, VisitEnd } from "../../store/notices/delivery-store.ts";
import type { StoredNotice } from "../../store/notices/notice-store.ts";
import type { SealedSecrets } from "../../store/notices/webhook-store.ts";

/** What delivering needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  /** 0 to 1. */
  chance: () => number;
  leaseMs: number;
  /** Sees every notice. */
  transaction: <T>(run: (deliveries: DeliveryStore) => Promise<T>) => Promise<T>;
  /** Opens the secrets that sign now; undefined: they can not be read. */
  unseal: (clientId: string, sealed: SealedSecrets) => Promise<readonly string[] | undefined>;
  send: (
    message: Readonly<{ url: string; id: string; body: string; secrets: readonly string[] }>,
    signal: AbortSignal,
  ) => Promise<DeliveryResult | undefined>;
}>;

/**
 * Visits one webhook that something is due for, if there is one: hands a few notices over, side by side and outside of any
 * transaction, and records what came of each. At least once: a copy of the hub that dies in the middle has recorded nothing,
 * and another sends the same again, under the same ids. No webhook is visited twice at once.
 * @param signal ends a visit: what was not answered yet is not counted
 * @returns whether one was visited
 */
export async function deliverNotices(tools: Tools, signal: AbortSignal): Promise<boolean> {
  const lease = tools.newId();
  const began = tools.now();
  const leaseUntil = new Date(began.getTime() + tools.leaseMs);
  const visit = await tools.transaction(async (deliveries) => {
    const webhook = await deliveries.claim(lease, began, leaseUntil);
    if (!webhook) return undefined;
    return { webhook, due: await deliveries.findDue(webhook.clientId, began, noticesAtOnce(webhook.failures)) };
  });
  if (!visit) return false;
  const { webhook, due } = visit;
  const results = await handOver(tools, webhook, due, signal);
  const at = tools.now();
  const answered = due.flatMap((notice, place) => {
    const result = results[place];
    return result ? [{ notice, result }] : [];
  });
  await tools.transaction(async (deliveries) => {
    const end = endOf(
      tools,
      webhook,
      answered.map(({ result }) => result),
      at,
    );
    const tried = answered.map(({ notice, result }) => triedOf(tools, notice, result, at));
    if (end) await deliveries.record(webhook.clientId, tried, end.failed, at);
    await deliveries.finish(lease, end, at);
  });
  return true;
}

async function handOver(
  tools: Tools,
  { clientId, url, secrets: sealed }: ClaimedWebhook,
  due: readonly StoredNotice[],
  signal: AbortSignal,
): Promise<readonly (DeliveryResult | undefined)[]> {
  const secrets = await tools.unseal(clientId, sealed);
  if (!secrets) return due.map(() => ({ outcome: "SECRET_UNREADABLE", status: null, retryAfter: undefined }));
  return Promise.all(
    due.map((notice) => tools.send({ url, id: wireId(notice.messageId), body: noticeBody(notice), secrets }, signal)),
  );
}

function triedOf(tools: Tools, notice: StoredNotice, result: DeliveryResult, at: Date): TriedNotice {
  const attempts = notice.attempts + 1;
  const tried = { messageId: notice.messageId, attempts, outcome: result.outcome, httpStatus: result.status };
  if (result.outcome === "DELIVERED") return { ...tried, status: "DELIVERED", dueAt: at };
  const { inSeconds } = afterTry(attempts, result, tools.chance());
  if (inSeconds === null) return { ...tried, status: "DEAD", dueAt: at };
  return { ...tried, status: "WAITING", dueAt: new Date(at.getTime() + inSeconds * 1_000) };
}

/** What a visit says of the webhook: it stands as soon as it took one of them. Undefined: nothing was answered. */
function endOf(
  tools: Tools,
  { failures }: ClaimedWebhook,
  results: readonly DeliveryResult[],
  at: Date,
): VisitEnd | undefined {
  if (results.length === 0) return undefined;
  const worst = results.find(({ outcome }) => outcome !== "DELIVERED");
  if (!worst) return { failed: false, isGone: false, restUntil: null, outcome: "DELIVERED" };
  const failed = results.every(({ outcome }) => outcome !== "DELIVERED");
  const asked = Math.max(0, ...results.map(({ retryAfter }) => retryAfter ?? 0));
  const rests = failed || asked > 0;
  const rest = restAfter(failed ? failures + 1 : 1, asked, tools.chance());
  return {
    ...{ failed, isGone: results.some(({ outcome }) => outcome === "GONE"), outcome: worst.outcome },
    restUntil: rests ? new Date(at.getTime() + rest * 1_000) : null,
  };
}
