import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import { dayStart, firstRoot, nextChain, recordDigest } from "../../proof/access/access-chain.ts";
import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { toLedgerRecord } from "../../store/access/ledger-store.ts";
import type { AuditedSeal, AuditStore } from "../../store/audit/audit-store.ts";
import { type Row, toInstant } from "../../store/database.ts";

/** What comparing needs. */
export type Tools = Readonly<{ store: AuditStore; report: (finding: TableFinding) => void }>;

/** Closed days as the public log has them. */
export type LoggedDays = ReadonlyMap<string, Readonly<{ count: number; root: string }>>;

/**
 * Recomputes the whole ledger: every record's digest, the chain of every day, every day's root, and compares the closed
 * days with the public log. One pass. For whoever owns the database.
 * @returns how many rows were compared
 */
export async function compareLedgerRows({ store, report }: Tools, logged: LoggedDays): Promise<number> {
  const closed = new Map((await store.days()).map((row) => [row.day, row]));
  compareDays(closed, logged, report);
  const chain = chainOfDays([...new Set([...closed.keys(), ...logged.keys()])].sort());
  /** Seals whose records are not there, by digest: the record may be there under another number. */
  const lost = new Map<string, string>();
  let rows = closed.size;
  for await (const seal of store.seals()) {
    rows += 1;
    for (const day of chain.enter(seal.day)) compareEnd(day, closed, logged, report);
    compareSeal(seal, chain, lost, report);
  }
  const position = await store.findPosition();
  for (const day of chain.enter(undefined)) {
    if (day.day === position?.day) comparePosition(position, day, report);
    else compareEnd(day, closed, logged, report);
  }
  for await (const record of store.passedOver()) {
    rows += 1;
    const seal = lost.get(recordDigest(toLedgerRecord(record)));
    if (seal !== undefined) report({ code: "ROW_CHANGED", table: "access_seal", key: seal, columns: ["record_id"] });
    report({ code: "ROW_UNSEALED", table: "access_record", key: String(record.id) });
  }
  return rows;
}

type DayEnd = Readonly<{ day: string; place: number; root: string }>;

/** The chain from day to day. */
function chainOfDays(days: readonly CalendarDate[]) {
  const waiting = [...days];
  let current: { day: string; place: number; root: string } | undefined;
  let before = firstRoot;
  const begin = (day: string) => {
    current = { day, place: 0, root: dayStart(before, day) };
  };
  const end = (): readonly DayEnd[] => {
    if (!current) return [];
    before = current.root;
    return [current];
  };
  return {
    /** Where the day under way stands. */
    now: () => current,
    /** Goes to a day, over those between without a seal; undefined: to the end. @returns the days that have ended */
    enter: (day: string | undefined): readonly DayEnd[] => {
      if (current !== undefined && current.day === day) return [];
      const ended = [...end()];
      for (let next = waiting[0]; next !== undefined && (day === undefined || next < day); next = waiting[0]) {
        waiting.shift();
        if (ended.some((one) => one.day === next)) continue;
        begin(next);
        ended.push(...end());
      }
      if (waiting[0] === day) waiting.shift();
      if (day === undefined) current = undefined;
      else begin(day);
      return ended;
    },
  };
}

function compareSeal(
  seal: AuditedSeal,
  chain: ReturnType<typeof chainOfDays>,
  lost: Map<string, string>,
  report: Tools["report"],
): void {
  const day = chain.now();
  if (!day) return;
  const key = `${seal.day}/${seal.place}`;
  const isNext = seal.place === day.place + 1;
  for (let place = day.place + 1; place < Math.min(seal.place, day.place + 100); place += 1)
    report({ code: "ROW_MISSING", table: "access_seal", key: `${seal.day}/${place}` });
  const columns: string[] = [];
  const made = isRecord(seal) ? recordDigest(toLedgerRecord(seal)) : undefined;
  if (made === undefined) {
    report({ code: "ROW_MISSING", table: "access_record", key: String(seal.record_id), detail: `access_seal ${key}` });
    lost.set(seal.digest, key);
  } else if (made !== seal.digest) {
    // The chain says which of the two was there when it was sealed.
    if (isNext && nextChain(day.root, made) === seal.chain) columns.push("digest");
    else
      report({
        code: "ROW_CHANGED",
        table: "access_record",
        key: String(seal.record_id),
        detail: `access_seal ${key}`,
      });
  }
  const digest = columns.length > 0 && made !== undefined ? made : seal.digest;
  const reached = nextChain(day.root, digest);
  if (isNext && reached !== seal.chain) columns.push("chain");
  if (columns.length > 0) report({ code: "ROW_CHANGED", table: "access_seal", key, columns });
  // Behind a gap nobody can compute: there the chain goes on as it says.
  day.root = isNext ? reached : seal.chain;
  day.place = seal.place;
}

function isRecord(seal: AuditedSeal): seal is AuditedSeal & Row<"access_record"> {
  return seal.id !== null;
}

/** Where a day that is over ended, against its row and the public log; the log is right. */
function compareEnd(
  { day, place, root }: DayEnd,
  closed: ReadonlyMap<string, Row<"access_day">>,
  logged: LoggedDays,
  report: Tools["report"],
): void {
  const end = logged.get(day) ?? closed.get(day);
  if (!end) {
    report({ code: "ROW_MISSING", table: "access_day", key: day });
    return;
  }
  for (let missing = place + 1; missing <= Math.min(end.count, place + 100); missing += 1)
    report({ code: "ROW_MISSING", table: "access_seal", key: `${day}/${missing}` });
  if (place > end.count) report({ code: "ROW_UNLOGGED", table: "access_seal", key: `${day}/${place}` });
  if (place === end.count && root !== end.root)
    report({
      code: "ROW_CHANGED",
      table: "access_seal",
      key: `${day}/${place}`,
      columns: ["chain"],
      detail: `access_day ${day}`,
    });
}

function comparePosition(
  position: Row<"access_seal_position">,
  { day, place, root }: DayEnd,
  report: Tools["report"],
): void {
  for (let missing = place + 1; missing <= Math.min(position.place, place + 100); missing += 1)
    report({ code: "ROW_MISSING", table: "access_seal", key: `${day}/${missing}` });
  if (place > position.place || (place === position.place && root !== position.chain))
    report({
      code: "ROW_CHANGED",
      table: "access_seal_position",
      key: String(position.id),
      columns: ["place", "chain"],
    });
}

/** A closed day's row against the public log. The instant of closing is in no proof: it must fit its neighbors. */
function compareDays(
  closed: ReadonlyMap<string, Row<"access_day">>,
  logged: LoggedDays,
  report: Tools["report"],
): void {
  for (const day of logged.keys()) if (!closed.has(day)) report({ code: "ROW_MISSING", table: "access_day", key: day });
  // Days that were closed before there was a log: what is logged later vouches for them.
  const first = [...logged.keys()].sort()[0] ?? "";
  let before = "";
  for (const [day, row] of closed) {
    const where = { table: "access_day", key: day };
    const entry = logged.get(day);
    if (!entry && day >= first) report({ code: "ROW_UNLOGGED", ...where });
    const columns: string[] = [];
    if (entry && entry.count !== row.count) columns.push("count");
    if (entry && entry.root !== row.root) columns.push("root");
    const isLater = dateOf(toInstant(row.closed_at)) > day && row.closed_at >= before;
    if (!isLater) columns.push("closed_at");
    else before = row.closed_at;
    if (columns.length > 0) report({ code: "ROW_CHANGED", ...where, columns });
  }
}
