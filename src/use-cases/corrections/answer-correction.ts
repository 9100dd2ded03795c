import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import {
  type CorrectionAnswer,
  type CorrectionTerms,
  correctionLimits,
  deadlineOf,
} from "../../domain/corrections/correction.ts";
import { isPlainText } from "../../domain/plain-text.ts";
import type { WorkingCalendar } from "../../domain/working-days.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore } from "../../store/access/access-store.ts";
import type { Correction } from "../../store/corrections/correction-rows.ts";
import type { CorrectionStore } from "../../store/corrections/correction-store.ts";

/** What answering needs. `read` enters as the client named, in a transaction. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: AccessStore["findClient"];
  terms: CorrectionTerms;
  calendar: WorkingCalendar;
  read: <T>(clientId: string, run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/** What the source says to an objection. *Trust*: attacker-chosen. */
export type Answer = Readonly<{ id: number; answer: CorrectionAnswer; reason: string }>;

/**
 * The department that issued the license answers, once; the same again changes nothing. ACCEPTED begins a second term, in
 * which the corrected license must come.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, CORRECTION_NOT_FOUND (also for another
 * department's), CORRECTION_ANSWERED, CORRECTION_CLOSED (the license was changed or ended meanwhile).
 */
export async function answerCorrection(
  tools: Tools,
  caller: Caller,
  { id, answer, reason }: Answer,
): Promise<Correction> {
  checkMay(caller, "ANSWER_CORRECTION");
  const { clientId } = caller;
  const client = await tools.findClient(clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  if (!isPlainText(reason, correctionLimits.reason)) throw new HubError("INPUT_INVALID", { argument: "reason" });
  return tools.read(clientId, async (corrections) => {
    const correction = await corrections.lockForAnswer(client.department, id);
    if (!correction) throw new HubError("CORRECTION_NOT_FOUND");
    const { status, answer: said } = correction;
    if (status === "OPEN") {
      const at = tools.now();
      const { terms, calendar } = tools;
      const deadline = answer === "ACCEPTED" ? deadlineOf(dateOf(at), terms.change, terms, calendar) : undefined;
      return corrections.answer(id, { status: answer, reason, clientId, at }, deadline);
    }
    if (status === answer && said === reason) return correction;
    throw new HubError(status === "CORRECTED" || status === "CLOSED" ? "CORRECTION_CLOSED" : "CORRECTION_ANSWERED");
  });
}
