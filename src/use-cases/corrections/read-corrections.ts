import { type Action, type Caller, checkMay } from "../../domain/access/caller.ts";
import { type ActingHolder, maySpeakFor } from "../../domain/access/member.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { Correction, CorrectionOutline } from "../../store/corrections/correction-rows.ts";
import type { CorrectionFilter, CorrectionStore, Party } from "../../store/corrections/correction-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading corrections needs. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: ClientStore["find"];
  permitMember: (caller: Caller, action: Action) => Promise<ActingHolder>;
  read: <T>(reader: Reader, run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/** A page of corrections. `side` undefined: a department's to answer, a holder's own. */
export type CorrectionQuery = Readonly<{
  side: Party["side"] | undefined;
  filter: CorrectionFilter;
  first: number;
  after: number | undefined;
}>;

/**
 * Corrections, the newest first. A department sees those of its licenses, or those it made itself; a holder its own; an
 * operator those of everybody that are overdue, without what they say. A clerk sees none: they name licenses of every type.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readCorrections(
  tools: Tools,
  caller: Caller,
  { side = caller.kind === "HOLDER" ? "MADE" : "TO_ANSWER", filter, first, after }: CorrectionQuery,
): Promise<Page<Correction | CorrectionOutline>> {
  const isOperator = caller.kind === "OPERATOR";
  checkMay(caller, isOperator ? "OVERSEE_CORRECTIONS" : side === "MADE" ? "OBJECT_TO_LICENSE" : "ANSWER_CORRECTION");
  const today = dateOf(tools.now());
  const reader = readerOf(caller, "", today);
  if (caller.kind === "HOLDER") {
    const { holder, acting } = await tools.permitMember(caller, "OBJECT_TO_LICENSE");
    if (!maySpeakFor(acting)) throw new HubError("FORBIDDEN");
    return tools.read(reader, (corrections) => corrections.list({ side: "MADE", holder }, filter, today, first, after));
  }
  const client = await tools.findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  if (isOperator) {
    if (filter.overdue === false) return { rows: [], hasNextPage: false };
    return tools.read(reader, (corrections) => corrections.listOverdue(filter, today, first, after));
  }
  const { department } = client;
  if (department === null) throw new HubError("FORBIDDEN");
  return tools.read(reader, (corrections) => corrections.list({ side, department }, filter, today, first, after));
}
