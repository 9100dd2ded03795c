import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { NoticeStore, ReplayChoice } from "../../store/notices/notice-store.ts";

/** What this needs. `read` enters as the client named; undefined: sees every notice. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  permit: (caller: Caller) => Promise<string>;
  read: <T>(
    clientId: string | undefined,
    run: (inside: { notices: NoticeStore; clients: ClientStore }) => Promise<T>,
  ) => Promise<T>;
}>;

/** Which: by their ids, or all of a client since an instant that were never taken. A department's client is itself. */
export type ReplayQuestion = Readonly<{
  messageIds: readonly string[] | undefined;
  client: string | undefined;
  since: Date | undefined;
}>;

/**
 * Makes notices due again, as if they were new: given up ones, those from before there was a webhook, and by id also those
 * that were taken. What waits already is left alone. A department replays its own, an operator anybody's.
 * @returns how many. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID.
 */
export async function replayNotices(tools: Tools, caller: Caller, question: ReplayQuestion): Promise<number> {
  const operator = await letIn(tools, caller);
  const own = operator === undefined && caller.kind !== "STRANGER" ? caller.clientId : undefined;
  const choice = choiceOf(question, own);
  const at = tools.now();
  return tools.read(own, async ({ notices, clients }) => {
    const replayed = Map.groupBy(await notices.replay(choice, at), (clientId) => clientId);
    for (const [clientId, { length: count }] of operator === undefined ? [] : replayed)
      await clients.record({ at, operator: operator ?? "", action: "REPLAY_NOTICES", clientId, details: { count } });
    return [...replayed.values()].reduce((sum, { length }) => sum + length, 0);
  });
}

/** @returns the operator's name; undefined for a department */
async function letIn(tools: Tools, caller: Caller): Promise<string | undefined> {
  if (caller.kind === "OPERATOR") return tools.permit(caller);
  checkMay(caller, "FOLLOW_CASES");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  return undefined;
}

function choiceOf({ messageIds, client, since }: ReplayQuestion, own: string | undefined): ReplayChoice {
  const clientId = own ?? client;
  const isOwn = client === undefined || own === undefined || client === own;
  if (messageIds !== undefined && since === undefined && isOwn) {
    const uuids = messageIds.map(toUuid);
    if (uuids.length === 0 || uuids.includes(undefined)) throw new HubError("INPUT_INVALID", { argument: "ids" });
    return { clientId, messageIds: uuids.filter((id) => id !== undefined) };
  }
  if (messageIds === undefined && since !== undefined && clientId !== undefined && isOwn) return { clientId, since };
  throw new HubError("INPUT_INVALID", { argument: isOwn ? "since" : "client" });
}

/** The id a message goes by over the wire, as it is kept. */
function toUuid(id: string): string | undefined {
  const [, ...parts] = /^msg_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(id) ?? [];
  return parts.length === 5 ? parts.join("-") : undefined;
}
