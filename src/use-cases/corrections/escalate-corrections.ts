import { dateOf } from "../../domain/calendar.ts";
import type { CorrectionStore } from "../../store/corrections/correction-store.ts";

/** What escalating needs. */
export type Tools = Readonly<{
  now: () => Date;
  transaction: <T>(run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/**
 * A round: notes, once for each level, that a correction's term is over. Who asks is told by the calendar, whether or not
 * this has run. Two copies may do it at once. @returns how many corrections it marked
 */
export async function escalateCorrections({ now, transaction }: Tools): Promise<number> {
  const at = now();
  return transaction((corrections) => corrections.escalate(dateOf(at), at));
}
