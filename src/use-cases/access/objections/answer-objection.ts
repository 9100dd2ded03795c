import { type Caller, checkMay } from "../../../domain/access/caller.ts";
import { isObjectionText } from "../../../domain/access/objection.ts";
import { HubError } from "../../../errors.ts";
import type { AccessStore } from "../../../store/access/access-store.ts";
import type { Objection, ObjectionStore } from "../../../store/access/objection-store.ts";

/** What answering needs. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: AccessStore["findClient"];
  transaction: <T>(run: (objections: ObjectionStore) => Promise<T>) => Promise<T>;
}>;

/** The answer. `record`: number of the access record objected to. */
export type ObjectionAnswer = Readonly<{ record: number; answer: string }>;

/**
 * The department an access record names answers the holder's objection, once. The same words again change nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, RECORD_NOT_FOUND (also for another department's),
 * OBJECTION_ANSWERED.
 */
export async function answerObjection(
  tools: Tools,
  caller: Caller,
  { record, answer }: ObjectionAnswer,
): Promise<Objection> {
  checkMay(caller, "ANSWER_OBJECTION");
  const client = await tools.findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  if (!isObjectionText(answer)) throw new HubError("INPUT_INVALID", { argument: "answer" });
  return tools.transaction(async (objections) => {
    const objection = await objections.lockForAnswer(client.department, record);
    if (!objection) throw new HubError("RECORD_NOT_FOUND");
    if (objection.answer === null) return objections.answer(objection.id, answer, caller.clientId, tools.now());
    if (objection.answer !== answer) throw new HubError("OBJECTION_ANSWERED");
    return objection;
  });
}
