import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import { dayStart, firstRoot, nextChain, recordDigest } from "../../proof/access/access-chain.ts";
import type { LedgerStore } from "../../store/access/ledger-store.ts";

/** What checking needs. `read` enters as the auditor. */
export type Tools = Readonly<{ read: <T>(run: (ledger: LedgerStore) => Promise<T>) => Promise<T> }>;

/** What became of a day's chain. `fault`: the first place that does not fit, and why; null: everything fits. */
export type DayCheck = Readonly<{
  day: CalendarDate;
  count: number;
  /** The value the chain ends in when it is computed anew. */
  root: string;
  /** Closed days alone have a root that stands. */
  closed: boolean;
  fault: Readonly<{ place: number; record: number | null; kind: DayFault }> | null;
}>;

/** RECORD_…: the record is gone or says something else; PLACE, CHAIN, ROOT: the chain itself was tampered with. */
export const dayFaults = ["RECORD_MISSING", "RECORD_CHANGED", "PLACE", "CHAIN", "ROOT"] as const;
export type DayFault = (typeof dayFaults)[number];

const batchSize = 500;

/**
 * Recomputes a day of the ledger from its records, as an auditor would from an export.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function checkAccessDay(tools: Tools, caller: Caller, day: CalendarDate): Promise<DayCheck> {
  checkMay(caller, "EXPORT_ACCESS_RECORDS");
  return recomputeDay(tools, day);
}

/** The same for whoever stands at the database itself. */
export async function recomputeDay(tools: Tools, day: CalendarDate): Promise<DayCheck> {
  const { closed, before } = await tools.read(async (ledger) => ({
    closed: await ledger.findDay(day),
    before: await ledger.rootBefore(day),
  }));
  let chain = dayStart(before ?? firstRoot, day);
  let place = 0;
  const result = (fault: DayCheck["fault"]): DayCheck => ({
    ...{ day, count: place, root: chain, closed: closed !== undefined, fault },
  });
  for (;;) {
    const entries = await tools.read((ledger) => ledger.readChain(day, place, batchSize));
    for (const entry of entries) {
      const at = { place: entry.place, record: entry.recordId };
      if (entry.place !== place + 1) return result({ ...at, kind: "PLACE" });
      if (!entry.record) return result({ ...at, kind: "RECORD_MISSING" });
      if (recordDigest(entry.record) !== entry.digest) return result({ ...at, kind: "RECORD_CHANGED" });
      chain = nextChain(chain, entry.digest);
      place = entry.place;
      if (chain !== entry.chain) return result({ ...at, kind: "CHAIN" });
    }
    if (entries.length < batchSize) break;
  }
  const isWhole = !closed || (closed.root === chain && closed.count === place);
  if (place === 0 && !closed && before === undefined) throw new HubError("INPUT_INVALID", { argument: "day" });
  return result(isWhole ? null : { place, record: null, kind: "ROOT" });
}
