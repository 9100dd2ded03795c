import { HubError } from "../../errors.ts";
import type { ServedLists, ServedStatusList } from "../../store/status/served-lists.ts";

/** What reading needs. `chargePast` takes points for what the database has to look up. */
export type Tools = Readonly<{
  now: () => Date;
  served: Pick<ServedLists, "findNewest" | "findAt">;
  chargePast: () => Promise<void>;
}>;

/** Which list, and as it held when; absent: the newest. *Trust*: attacker-chosen. */
export type StatusListQuestion = Readonly<{ list: number; at: Date | undefined }>;

/**
 * A status list. Open to everyone: its places say nothing about who has which license.
 * *Throws* STATUS_LIST_NOT_FOUND; STATUS_LIST_TIME_NOT_FOUND when none held then; INPUT_INVALID for a time to come.
 */
export async function readStatusList(tools: Tools, { list, at }: StatusListQuestion): Promise<ServedStatusList> {
  const newest = await tools.served.findNewest(list);
  if (!newest) throw new HubError("STATUS_LIST_NOT_FOUND");
  if (at === undefined) return newest;
  if (at > tools.now()) throw new HubError("INPUT_INVALID", { argument: "time" });
  await tools.chargePast();
  const found = await tools.served.findAt(list, at);
  if (!found) throw new HubError("STATUS_LIST_TIME_NOT_FOUND");
  return found;
}
