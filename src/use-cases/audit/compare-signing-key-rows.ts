import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { digestOf } from "../../proof/canonical-json.ts";
import type { Keyring } from "../../proof/keyring.ts";
import type { LogEntry } from "../../proof/log/log-entry.ts";
import type { AuditStore } from "../../store/audit/audit-store.ts";
import { type Row, toIso } from "../../store/database.ts";

/** What comparing needs. `keyring`: the key set the auditor holds; undefined: none. */
export type Tools = Readonly<{
  store: AuditStore;
  keyring: Keyring | undefined;
  report: (finding: TableFinding) => void;
}>;

/** What the public log says of a key of the hub. */
export type KeyEntry = Extract<LogEntry, { kind: "KEY" }>;

type KeyRow = Row<"signing_key">;
type EventRow = Row<"key_event">;

/**
 * Compares the hub's own keys with what the public log says of them, and every event of a key with its entry: a period that
 * was widened or a compromise that was taken away would make forged licenses good. For whoever owns the database.
 * @param logged by `kid`, in the order of the log
 * @returns how many rows were compared
 */
export async function compareSigningKeyRows(
  { store, keyring, report }: Tools,
  logged: ReadonlyMap<string, readonly KeyEntry[]>,
): Promise<number> {
  const keys = await store.signingKeys();
  const events = await store.keyEvents();
  const eventsOf = Map.groupBy(events, ({ kid }) => kid);
  const kids = new Set(keys.map(({ kid }) => kid));
  for (const key of keys) {
    const where = { table: "signing_key", key: key.kid };
    const entries = logged.get(key.kid) ?? [];
    const own = eventsOf.get(key.kid) ?? [];
    if (entries.length === 0) report({ code: "ROW_UNLOGGED", ...where });
    const rightOf = { ...columnsOfKey(key, own, keyring), ...columnsOfEntries(key, entries) };
    const columns = Object.entries(rightOf).flatMap(([column, isRight]) => (isRight ? [] : [column]));
    if (columns.length > 0) report({ code: "ROW_CHANGED", ...where, columns });
    compareBeginning(key, own, report);
  }
  for (const kid of logged.keys()) if (!kids.has(kid)) report({ code: "ROW_MISSING", table: "signing_key", key: kid });
  for (const kid of new Set([...logged.keys(), ...eventsOf.keys()]))
    compareEvents(kid, eventsOf.get(kid) ?? [], logged.get(kid) ?? [], { isKnown: kids.has(kid), report });
  return keys.length + events.length;
}

/** Column by column, whether the row is what the log's entries lead to. Without entries nothing can be said. */
function columnsOfEntries(key: KeyRow, entries: readonly KeyEntry[]): Readonly<Record<string, boolean>> {
  const last = entries.at(-1);
  if (!last) return {};
  const compromised = entries.findLast((entry) => entry.compromised !== undefined)?.compromised;
  return {
    purpose: key.purpose === last.purpose,
    not_before: isAt(key.not_before, last.from),
    not_after: isAt(key.not_after, last.until),
    compromised_at: isAt(key.compromised_at, compromised),
  };
}

/** The same of what the row itself, its events and the auditor's own key set say. */
function columnsOfKey(key: KeyRow, own: readonly EventRow[], keyring: Keyring | undefined) {
  const trusted = keyring?.find(key.kid);
  return {
    point: digestOf(key.point) === key.kid,
    issuer: trusted === undefined || trusted.issuer === key.issuer,
    x5c: key.x5c === null || own.some(({ event }) => event === "CERTIFIED"),
  };
}

/** A key's row repeats when and why it was added; which of the two was changed, they do not say. */
function compareBeginning(key: KeyRow, own: readonly EventRow[], report: Tools["report"]): void {
  const added = own.find(({ event }) => event === "ADDED");
  if (!added) return;
  const differ = (ofKey: string, ofEvent: string) => {
    const [one, other] = [
      { table: "signing_key", key: key.kid },
      { table: "key_event", key: keyOf(added) },
    ];
    report({ code: "ROW_CHANGED", ...one, columns: [ofKey], detail: `${other.table} ${other.key}` });
    report({ code: "ROW_CHANGED", ...other, columns: [ofEvent], detail: `${one.table} ${one.key}` });
  };
  if (added.at !== key.created_at) differ("created_at", "at");
  if (added.reason !== key.reason) differ("reason", "reason");
}

type Known = Readonly<{ isKnown: boolean; report: Tools["report"] }>;

/** Each event has its entry, and each entry its event; that certificates were set is not in the log. */
function compareEvents(
  kid: string,
  own: readonly EventRow[],
  entries: readonly KeyEntry[],
  { isKnown, report }: Known,
): void {
  const left = [...entries];
  const strange = own.filter((row) => {
    if (row.event === "CERTIFIED" && isKnown && row.moment === null) return false;
    const at = left.findIndex((entry) => entry.event === row.event && isAt(row.moment, momentOf(entry)));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  for (const row of strange) {
    const where = { table: "key_event", key: keyOf(row) };
    // One that lacks and one too many are one that was changed.
    const entry = left.shift();
    if (!entry) report({ code: "ROW_UNLOGGED", ...where });
    else {
      const columns = [
        ...(entry.event === row.event ? [] : ["event"]),
        ...(isAt(row.moment, momentOf(entry)) ? [] : ["moment"]),
      ];
      report({ code: "ROW_CHANGED", ...where, columns });
    }
  }
  for (const { event } of left) report({ code: "ROW_MISSING", table: "key_event", key: `of ${kid}`, detail: event });
}

function keyOf({ id, kid }: EventRow): string {
  return `${id} (${kid})`;
}

/** The end or the compromise an event brought, as its row has it. */
function momentOf({ event, until, compromised }: KeyEntry): number | undefined {
  return { ADDED: undefined, ENDED: until, COMPROMISED: compromised }[event];
}

/** Whether a column holds that second, to the millisecond; undefined: nothing. */
function isAt(text: string | null, seconds: number | undefined): boolean {
  if (text === null || seconds === undefined) return text === null && seconds === undefined;
  try {
    return toIso(text) === new Date(seconds * 1000).toISOString();
  } catch (error) {
    // An instant outside of what a Date can hold.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
