import type { EntryRange, LogReader } from "../../connectors/log-reader.ts";
import { HubError } from "../../errors.ts";
import { openLogNote } from "../../proof/audit/log-note.ts";
import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { base64 } from "../../proof/bytes/base64.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import { parseCheckpoint } from "../../proof/log/checkpoint.ts";
import { unpackEntries } from "../../proof/log/entry-bundle.ts";
import { entryBytes, entrySecret, type LogEntry, licenseEntry, parseEntry } from "../../proof/log/log-entry.ts";
import { isSame, leafHash } from "../../proof/log/merkle.ts";
import { type NoteKey, parseNote } from "../../proof/log/signed-note.ts";
import { tilePath, tileWidth } from "../../proof/log/tile.ts";
import { treeEdge } from "../../proof/log/tree-edge.ts";
import type { AuditedEvent, AuditStore } from "../../store/audit/audit-store.ts";
import type { Row } from "../../store/database.ts";
import { factsOf } from "../../store/log/entry-store.ts";

/** What comparing needs. `log`: the log's own tables, as files. */
export type Tools = Readonly<{ log: LogReader; store: AuditStore; report: (finding: TableFinding) => void }>;

/** `damaged`: paths whose content is known to be wrong; `keys`: the log's, undefined when nobody named them. */
export type LogToCompare = Readonly<{
  size: number;
  damaged: ReadonlySet<string>;
  keys: readonly NoteKey[] | undefined;
}>;

/** What the log says of other tables than the licenses'. */
export type Logged = Readonly<{
  rows: number;
  days: ReadonlyMap<string, Readonly<{ count: number; root: string }>>;
  /** By `CLIENT KID`: what last happened to the key. */
  recordKeys: ReadonlyMap<string, "ADDED" | "RETIRED">;
  /** By `kid`: all that happened to a key of the hub, in the order of the log. */
  keys: ReadonlyMap<string, readonly Extract<LogEntry, { kind: "KEY" }>[]>;
}>;

/**
 * Compares every entry of the log with the row it was made of, every event with its entry, and every checkpoint with the
 * tree. One pass, in the order of the log. For whoever owns the database.
 */
export async function compareLogRows(tools: Tools, { size, damaged, keys }: LogToCompare): Promise<Logged> {
  const { log, store, report } = tools;
  const compare = eventComparer(report);
  const events = await reading(store.events());
  const checkpoints = await reading(store.checkpoints());
  const judge = checkpointJudge(report, keys);
  const days = new Map<string, Readonly<{ count: number; root: string }>>();
  const recordKeys = new Map<string, "ADDED" | "RETIRED">();
  const hubKeys = new Map<string, Extract<LogEntry, { kind: "KEY" }>[]>();
  const note = (entry: LogEntry | undefined) => {
    if (entry?.kind === "KEY") hubKeys.set(entry.kid, [...(hubKeys.get(entry.kid) ?? []), entry]);
    if (entry?.kind === "ACCESS_DAY") days.set(entry.day, { count: entry.count, root: entry.root });
    if (entry?.kind === "RECORD_KEY") recordKeys.set(`${entry.client} ${entry.kid}`, entry.event);
  };
  const edge = treeEdge();
  let isWhole = true;
  const meetCheckpoints = async (reached: number) => {
    for (let row = checkpoints.now(); row && Number(row.size) <= reached; row = checkpoints.now()) {
      await judge(row, isWhole && Number(row.size) === reached ? edge.root() : undefined);
      await checkpoints.next();
    }
  };
  for await (const range of log.readRanges(0, size, true)) {
    const { bundle, tile } = soundParts(range, damaged);
    for (let at = 0; at < range.width; at += 1) {
      const place = range.index * tileWidth + at;
      const next = checkpoints.now();
      if (next && Number(next.size) <= place) await meetCheckpoints(place);
      const own: AuditedEvent[] = [];
      for (let event = events.now(); event && placeOf(event) <= place; event = events.now()) {
        if (placeOf(event) === place) own.push(event);
        else compare.elsewhere(event);
        await events.next();
      }
      const served = bundle?.[at];
      const hashed = served && leafHash(served);
      const leaf = tile?.[at] ?? hashed;
      // Of a damaged bundle, the entries that are as the tree has them.
      const bytes = hashed && leaf && isSame(hashed, leaf) ? served : undefined;
      const entry = bytes && parseEntry(bytes);
      if (bytes) compare.withEntry(place, entry, own);
      else if (leaf) compare.withLeaf(leaf, own);
      note(entry);
      if (leaf && isWhole) edge.add(leaf);
      else isWhole = false;
    }
  }
  await meetCheckpoints(size);
  await meetCheckpoints(Number.POSITIVE_INFINITY);
  await compareUnplaced(tools, events, compare);
  for await (const { entries, count } of store.waiting())
    for (const bytes of unpackEntries(entries, count) ?? []) note(parseEntry(bytes));
  return { rows: events.count() + checkpoints.count(), days, recordKeys, keys: hubKeys };
}

type Comparer = ReturnType<typeof eventComparer>;

/** Events behind the last place: their batch waits, or is gone, or they never had one. */
async function compareUnplaced({ store }: Tools, events: Reading<AuditedEvent>, compare: Comparer): Promise<void> {
  let waiting: Readonly<{ batch: number; entries: readonly Uint8Array[] }> | undefined;
  for (let event = events.now(); event; event = events.now()) {
    const batch = Number(event.batch);
    if (event.batch === null || event.first_index !== null || event.log_place === null) compare.elsewhere(event);
    else {
      if (waiting?.batch !== batch) {
        const packed = await store.findWaiting(batch);
        waiting = { batch, entries: (packed && unpackEntries(packed, event.batch_count ?? 0)) ?? [] };
      }
      const bytes = waiting.entries[event.log_place];
      if (bytes) compare.withEntry(-1, parseEntry(bytes), [event]);
      else compare.elsewhere(event);
    }
    await events.next();
  }
}

function soundParts({ index, width, entries, nodes }: EntryRange, damaged: ReadonlySet<string>) {
  const isBundle = !damaged.has(tilePath({ level: "entries", index, width }));
  const tile = typeof nodes === "object" && !damaged.has(tilePath({ level: 0, index, width })) ? nodes : undefined;
  return { bundle: typeof entries !== "string" && (isBundle || tile) ? entries : undefined, tile };
}

function placeOf({ first_index, log_place, batch_count }: AuditedEvent): number {
  const isInBatch = first_index !== null && log_place !== null && log_place >= 0 && log_place < (batch_count ?? 0);
  // A place outside of its batch is nobody's: it is looked at when it comes.
  if (first_index === null || log_place === null) return Number.POSITIVE_INFINITY;
  return isInBatch ? Number(first_index) + log_place : Number(first_index) + log_place + 0.5;
}

/** Compares events with entries. What several events would say of one license or batch is said once. */
function eventComparer(report: Tools["report"]) {
  const told = new Set<string>();
  const once = (finding: TableFinding) => {
    const name = `${finding.code} ${finding.table} ${finding.key} ${finding.columns?.join() ?? ""}`;
    if (!told.has(name)) report(finding);
    told.add(name);
  };
  const missLicense = (event: AuditedEvent): void => {
    if (event.license_identifier === null)
      once({ code: "ROW_MISSING", table: "license", key: event.identifier, detail: keyOf(event) });
  };
  const elsewhere = (event: AuditedEvent): void => {
    missLicense(event);
    if (event.log_batch === null) once({ code: "ROW_UNLOGGED", table: "license_event", key: keyOf(event) });
    else {
      if (event.batch === null) once({ code: "ROW_MISSING", table: "log_batch", key: String(event.log_batch) });
      const detail = `log_batch ${event.log_batch}, log_place ${event.log_place ?? "none"}`;
      once({ code: "PLACE_WRONG", table: "license_event", key: keyOf(event), detail });
    }
  };
  const withLicense = (event: AuditedEvent, entry: LicenseEntry, made: LicenseEntry) => {
    if (event.license_identifier === null) return;
    const key = event.identifier;
    const columns: string[] = [];
    if (made.issuer !== entry.issuer) columns.push("issuer_code");
    if (entry.kind === "LICENSE") {
      const later = signedLater(event);
      const isOther = made.kind !== "LICENSE" || made.digest !== entry.digest;
      if (isOther && later) once({ code: "ROW_CHANGED", table: "license_event", key: `${later.id} (${key})` });
      if (isOther && !later) columns.push("jws");
      if (!later && Number(event.license_batch) !== Number(event.log_batch)) columns.push("log_batch");
      if (!later && event.license_place !== event.log_place) columns.push("log_place");
    }
    if (columns.length > 0) once({ code: "ROW_CHANGED", table: "license", key, columns });
  };
  const one = (event: AuditedEvent, entry: LicenseEntry): void => {
    missLicense(event);
    const key = keyOf(event);
    const batch = { table: "log_batch", key: String(event.batch) };
    const made = event.secret === null ? undefined : entryOf(event, entry.kind === "LICENSE");
    if (event.secret === null) once({ code: "ROW_CHANGED", ...batch, columns: ["secret"] });
    else if (made === undefined) once({ code: "ROW_DAMAGED", table: "license_event", key });
    // Without its batch's secret nothing of an event can be recomputed: the batch is named.
    else if (made.salt !== entry.salt) once({ code: "ROW_CHANGED", ...batch, columns: ["secret"] });
    else {
      if (made.event !== entry.event || made.holder !== entry.holder)
        once({ code: "ROW_CHANGED", table: "license_event", key });
      withLicense(event, entry, made);
    }
  };
  return {
    elsewhere,
    /** The entry is lost, its hash is not. */
    withLeaf: (leaf: Uint8Array, own: readonly AuditedEvent[]): void => {
      for (const event of own) {
        missLicense(event);
        const made = [true, false].map((isLicense) => entryOf(event, isLicense));
        if (!made.some((entry) => entry && isSame(leafHash(entryBytes(entry)), leaf)))
          once({ code: "ROW_CHANGED", table: "license_event", key: keyOf(event) });
      }
    },
    withEntry: (place: number, entry: LogEntry | undefined, own: readonly AuditedEvent[]): void => {
      if (!entry || !isOfLicense(entry)) {
        for (const event of own) elsewhere(event);
        return;
      }
      if (own.length === 0) once({ code: "ROW_MISSING", table: "license_event", key: `entry ${place}` });
      for (const event of own) one(event, entry);
    },
  };
}

type LicenseEntry = Extract<LogEntry, { kind: "LICENSE" | "STATE" }>;

function isOfLicense(entry: LogEntry): entry is LicenseEntry {
  return entry.kind === "LICENSE" || entry.kind === "STATE";
}

/** The entry an event's row leads to. Undefined: the row holds what no event can. */
function entryOf(event: AuditedEvent, isLicense: boolean): LicenseEntry | undefined {
  try {
    const parts = { issuer: event.issuer_code ?? "", facts: factsOf(event) };
    const secret = entrySecret(event.secret ?? "", event.log_place ?? 0);
    const digest = () => signedLater(event)?.replaced ?? digestOf(event.jws);
    const made = licenseEntry({ secret, ...parts }, isLicense ? digest() : undefined);
    return isOfLicense(made) ? made : undefined;
  } catch (error) {
    // An instant outside of what a Date can hold.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The event by which the text that an event brought was replaced, and that text's digest. Undefined: the license has it still. */
function signedLater(event: AuditedEvent): Readonly<{ id: string; replaced: string }> | undefined {
  const [id, replaced] = event.signed_again?.find(([again]) => BigInt(again) > BigInt(event.id)) ?? [];
  return id === undefined || replaced === undefined ? undefined : { id, replaced };
}

function digestOf(jws: string | null): string {
  try {
    return jws === null ? "" : payloadDigest(jws);
  } catch (error) {
    if (error instanceof HubError) return "";
    throw error;
  }
}

function keyOf({ id, identifier }: AuditedEvent): string {
  return `${id} (${identifier})`;
}

function checkpointJudge(report: Tools["report"], keys: readonly NoteKey[] | undefined) {
  let before = "";
  let origin: string | undefined;
  return async (row: Row<"log_checkpoint">, root: Uint8Array | undefined): Promise<void> => {
    const where = { table: "log_checkpoint", key: String(row.size) };
    const note = parseNote(row.note);
    const said = note && parseCheckpoint(note.text);
    if (!said) {
      report({ code: "ROW_DAMAGED", ...where, columns: ["note"] });
      return;
    }
    origin ??= said.origin;
    const columns: string[] = [];
    if (said.size !== Number(row.size)) columns.push("size");
    if (base64.encode(said.root) !== row.root) columns.push("root");
    if (said.origin !== origin || (root && !isSame(root, said.root))) columns.push("note");
    if (row.signed_at < before) columns.push("signed_at");
    else before = row.signed_at;
    if (columns.length > 0) report({ code: "ROW_CHANGED", ...where, columns, detail: `size ${said.size}` });
    const opened = keys && (await openLogNote(row.note, keys));
    if (opened && "code" in opened) report({ code: "SIGNATURE_WRONG", ...where, columns: ["note"] });
  };
}

/** A stream that shows what comes next. */
type Reading<T> = Readonly<{ now: () => T | undefined; next: () => Promise<void>; count: () => number }>;

async function reading<T>(stream: AsyncGenerator<T>): Promise<Reading<T>> {
  let current = await stream.next();
  let count = 0;
  return {
    now: () => (current.done ? undefined : current.value),
    next: async () => {
      count += 1;
      current = await stream.next();
    },
    count: () => count,
  };
}
