import type { ProblemKeeping } from "../../store/licenses/problem-store.ts";

/** What tending the desk needs. */
export type Tools = Readonly<{
  now: () => Date;
  transaction: <T>(run: (desk: ProblemKeeping) => Promise<T>) => Promise<T>;
}>;

/**
 * A round: events that have waited for long become problems, closed ones lose the content of their record. Two copies may do
 * it at once.
 */
export async function tendDesk({ now, transaction }: Tools): Promise<void> {
  await transaction((desk) => desk.listLongWaiting(now()));
  await transaction((desk) => desk.removeOldContent(now()));
}
