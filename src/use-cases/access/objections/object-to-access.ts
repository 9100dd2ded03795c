import type { Action, Caller } from "../../../domain/access/caller.ts";
import { type ActingHolder, maySpeakFor } from "../../../domain/access/member.ts";
import { isObjectionText, isOpenToObjection } from "../../../domain/access/objection.ts";
import { dateOf } from "../../../domain/calendar.ts";
import { HubError } from "../../../errors.ts";
import type { Objection, ObjectionStore } from "../../../store/access/objection-store.ts";

/** What objecting needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
  transaction: <T>(run: (objections: ObjectionStore) => Promise<T>) => Promise<T>;
}>;

/** An objection as its holder makes it. `record`: number of the access record. *Trust*: attacker-chosen. */
export type NewHolderObjection = Readonly<{ record: number; text: string }>;

/**
 * A holder objects to an access to its own licenses, once a record; the department named there answers. The same words
 * again answer with the objection that stands.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, RECORD_NOT_FOUND (also for another holder's),
 * OBJECTION_NOT_ALLOWED, OBJECTION_EXISTS.
 */
export async function objectToAccess(
  tools: Tools,
  caller: Caller,
  { record, text }: NewHolderObjection,
): Promise<Objection> {
  const { holder, acting } = await tools.permit(caller, "OBJECT_TO_ACCESS");
  if (!maySpeakFor(acting)) throw new HubError("FORBIDDEN");
  if (!isObjectionText(text)) throw new HubError("INPUT_INVALID", { argument: "text" });
  return tools.transaction(async (objections) => {
    const access = await objections.findAccess(holder, record, dateOf(tools.now()));
    if (!access) throw new HubError("RECORD_NOT_FOUND");
    const { department } = access;
    if (department === null || !isOpenToObjection(access)) throw new HubError("OBJECTION_NOT_ALLOWED");
    const added = await objections.add({ id: tools.newId(), record, holder, department, text, madeAt: tools.now() });
    if (added) return added;
    const standing = (await objections.findOfRecords([record])).get(record);
    if (standing?.text !== text) throw new HubError("OBJECTION_EXISTS");
    return standing;
  });
}
