import { decideEvent, decideIssuing, type KnownLicense, type Verdict } from "./collecting.ts";
import type { StoredState } from "./license.ts";
import { makeLicenseIdentifier, parseLicenseIdentifier } from "./license-identifier.ts";
import type { EventRecord, FormedRecord, IssuingRecord, RawRecord } from "./license-record.ts";

/** Longest batch id. *Units*: characters. */
export const maxBatchIdCharacters = 128;

/** Whether a client may call a batch so: printable, and something to read. */
export function isBatchId(text: string): boolean {
  return text.trim() !== "" && text.length <= maxBatchIdCharacters && /^[\x20-\x7e\u4e00-\u9fff]+$/.test(text);
}

/** A record that passed form and references, ready to be decided against what is stored. */
export type Entry = Readonly<{
  index: number;
  record: FormedRecord;
  contentDigest: string;
  /** Of the record as it came. */
  receivedDigest: string;
  /** Its source's signature over it, which held. `jws`: with the record inside. */
  signature?: Readonly<{ jws: string; kid: string }>;
  /** The identifier its source calls it by, when the hub gives it another: events that wait for that one are its own. */
  brought?: string;
}>;

/** An event that waited for its license, read from the store again. */
export type WaitingEvent = Readonly<{
  record: EventRecord;
  /** The same, as it came. */
  raw: RawRecord;
  contentDigest: string;
  submissionId: string;
  clientId: string;
  receivedAt: string;
}>;

/** What the store knows of the licenses a batch names. */
export type StoredKnowledge = Readonly<{
  licenses: readonly KnownLicense[];
  /** Licenses of this client by the source's own record id, for records that bring no identifier. */
  bySourceRecord: ReadonlyMap<string, readonly KnownLicense[]>;
  /** Licenses by issuer and content digest, as `contentKey` makes it: the same content again, whatever its source calls it. */
  byContent: ReadonlyMap<string, KnownLicense>;
  waiting: readonly WaitingEvent[];
}>;

/** A new version to be signed and stored. */
export type AcceptedIssue = Readonly<{
  index: number;
  record: IssuingRecord;
  contentDigest: string;
  identifier: string;
  version: number;
}>;

/** A change of state to be written as a row of its own. `index` undefined: an event that had waited. */
export type AcceptedChange = Readonly<{
  index: number | undefined;
  identifier: string;
  holderId: string;
  state: StoredState;
  effectiveOn: string;
  record: FormedRecord;
  contentDigest: string;
  waited: WaitingEvent | undefined;
}>;

/** The outcome of a whole batch. */
export type BatchDecision = Readonly<{
  verdicts: ReadonlyMap<number, Verdict & { identifier?: string | undefined }>;
  issues: readonly AcceptedIssue[];
  changes: readonly AcceptedChange[];
  /** Events that waited and were decided, whatever came of them: they wait no more. In the order they were decided. */
  decidedWaiting: readonly Readonly<{ event: WaitingEvent; verdict: Verdict }>[];
  /** Successor by predecessor. */
  successors: ReadonlyMap<string, string>;
  /** Every license after the batch, by identifier. */
  ledger: ReadonlyMap<string, KnownLicense>;
}>;

/**
 * Decides a batch against what is stored and against itself, in the order given. A record that waits for another one
 * of the same batch (an event before its license, a renewal before its predecessor) is looked at again after it.
 * @param newSerial a fresh serial for a license that brings no identifier: digits and upper-case letters
 */
export function decideBatch(
  entries: readonly Entry[],
  stored: StoredKnowledge,
  newSerial: () => string,
): BatchDecision {
  const batch = new Batch(stored, newSerial);
  let open = entries;
  for (;;) {
    for (const entry of open) if (!batch.isSettled(entry)) batch.decide(entry);
    const waiting = open.filter((entry) => !batch.isSettled(entry));
    if (waiting.length === 0 || waiting.length === open.length) return batch;
    open = waiting;
  }
}

/** Key of `StoredKnowledge.byContent`. */
export function contentKey(issuer: string, contentDigest: string): string {
  return `${issuer} ${contentDigest}`;
}

/**
 * The identifier of the version after the predecessor's, for a record that brings none; undefined when the
 * predecessor's does not allow one: not of this type and issuer, not standard, or the last version there can be.
 */
export function nextIdentifier(record: IssuingRecord, predecessor: string): string | undefined {
  const before = parseLicenseIdentifier(predecessor);
  if (!before || before.version >= 999) return undefined;
  const { licenseType: type, issuer } = record;
  if (before.type !== type || before.issuer !== issuer) return undefined;
  return makeLicenseIdentifier({ type, issuer, serial: before.serial, version: before.version + 1 });
}

class Batch implements BatchDecision {
  readonly verdicts = new Map<number, Verdict & { identifier?: string | undefined }>();
  readonly issues: AcceptedIssue[] = [];
  readonly changes: AcceptedChange[] = [];
  readonly decidedWaiting: { event: WaitingEvent; verdict: Verdict }[] = [];
  readonly successors = new Map<string, string>();
  readonly ledger: Map<string, KnownLicense>;
  readonly #bySourceRecord: Map<string, readonly KnownLicense[]>;
  readonly #byContent: Map<string, KnownLicense>;
  readonly #waiting: ReadonlyMap<string, readonly WaitingEvent[]>;
  /** Events of this batch whose license has not come yet. */
  readonly #early = new Map<string, Set<Entry>>();
  readonly #newSerial: () => string;

  constructor(stored: StoredKnowledge, newSerial: () => string) {
    this.ledger = new Map(stored.licenses.map((license) => [license.identifier, license]));
    this.#bySourceRecord = new Map(stored.bySourceRecord);
    this.#byContent = new Map(stored.byContent);
    this.#waiting = Map.groupBy(stored.waiting, (event) => event.record.identifier);
    this.#newSerial = newSerial;
  }

  /** Whether a record has its answer; one that waits for another record has only one for now. */
  isSettled({ index }: Entry): boolean {
    const verdict = this.verdicts.get(index);
    if (!verdict || verdict.outcome === "PENDING") return false;
    return !(verdict.outcome === "REJECTED" && verdict.problem.code === "PREDECESSOR_NOT_FOUND");
  }

  decide(entry: Entry): void {
    const { record } = entry;
    const [verdict, identifier] = record.kind === "EVENT" ? this.#event(entry, record) : this.#issuing(entry, record);
    this.verdicts.set(entry.index, { ...verdict, identifier });
  }

  #event(entry: Entry, record: EventRecord): [Verdict, string] {
    const { identifier } = record;
    const known = this.ledger.get(identifier);
    const verdict = decideEvent(record, entry.contentDigest, known);
    if (known && verdict.outcome === "ACCEPTED") {
      this.#applyEvent(known, record, entry.contentDigest, verdict.state, entry.index);
    }
    if (!known) this.#early.set(identifier, (this.#early.get(identifier) ?? new Set()).add(entry));
    return [verdict, identifier];
  }

  #issuing(entry: Entry, record: IssuingRecord): [Verdict, string | undefined] {
    const { contentDigest, index } = entry;
    const predecessor = record.predecessor === undefined ? undefined : this.ledger.get(record.predecessor);
    const known =
      record.identifier === undefined ? this.#sameLicense(record, contentDigest) : this.ledger.get(record.identifier);
    const verdict = decideIssuing(record, contentDigest, known, predecessor);
    if (verdict.outcome !== "ACCEPTED") return [verdict, known?.identifier ?? record.identifier];
    const { identifier, version } = this.#identify(record, predecessor);
    this.issues.push({ index, record, contentDigest, identifier, version });
    const license = newLicense(record, identifier, version, contentDigest);
    this.ledger.set(identifier, license);
    const same = this.#bySourceRecord.get(record.sourceRecordId) ?? [];
    this.#bySourceRecord.set(record.sourceRecordId, [...same, license]);
    this.#byContent.set(contentKey(record.issuer, contentDigest), license);
    if (predecessor && verdict.predecessorState)
      this.#succeed(predecessor, record, identifier, verdict.predecessorState, entry);
    this.#applyWaiting(identifier);
    if (entry.brought !== undefined) this.#applyWaiting(identifier, entry.brought);
    return [verdict, identifier];
  }

  /** A record without an identifier is known by its content, or, for ISSUE, by the source's own id. */
  #sameLicense(record: IssuingRecord, contentDigest: string): KnownLicense | undefined {
    const identical = this.#byContent.get(contentKey(record.issuer, contentDigest));
    const same = record.operation === "ISSUE" ? this.#bySourceRecord.get(record.sourceRecordId) : undefined;
    return identical ?? same?.at(-1);
  }

  #identify(record: IssuingRecord, predecessor: KnownLicense | undefined): { identifier: string; version: number } {
    const version = predecessor ? predecessor.version + 1 : 1;
    if (record.identifier !== undefined) {
      return { identifier: record.identifier, version: parseLicenseIdentifier(record.identifier)?.version ?? version };
    }
    const next = predecessor && nextIdentifier(record, predecessor.identifier);
    if (next && !this.ledger.has(next)) return { identifier: next, version };
    const parts = { type: record.licenseType, issuer: record.issuer, version: Math.min(version, 999) };
    return { identifier: makeLicenseIdentifier({ ...parts, serial: this.#newSerial() }), version };
  }

  #succeed(
    predecessor: KnownLicense,
    record: IssuingRecord,
    successor: string,
    state: StoredState,
    entry: Entry,
  ): void {
    this.successors.set(predecessor.identifier, successor);
    const { identifier, holderId } = predecessor;
    const { contentDigest, index } = entry;
    this.changes.push({
      index,
      identifier,
      holderId,
      state,
      effectiveOn: record.issuedOn,
      record,
      contentDigest,
      waited: undefined,
    });
    this.ledger.set(identifier, {
      ...after(predecessor, state, record.issuedOn, record.sourceUpdatedAt, contentDigest),
      hasSuccessor: true,
    });
  }

  #applyEvent(
    known: KnownLicense,
    record: EventRecord,
    contentDigest: string,
    state: StoredState,
    index?: number,
    waited?: WaitingEvent,
  ): void {
    const { identifier, holderId } = known;
    this.changes.push({
      index,
      identifier,
      holderId,
      state,
      effectiveOn: record.effectiveOn,
      record,
      contentDigest,
      waited,
    });
    this.ledger.set(identifier, after(known, state, record.effectiveOn, record.sourceUpdatedAt, contentDigest));
  }

  /** Events that came before their license, in earlier batches or in this one, in the order of their source. */
  #applyWaiting(identifier: string, brought = identifier): void {
    const stored = (this.#waiting.get(brought) ?? []).map((event) => ({ at: event.record.sourceUpdatedAt, event }));
    const early = [...(this.#early.get(brought) ?? [])].map((entry) => ({
      at: entry.record.sourceUpdatedAt,
      entry,
    }));
    this.#early.delete(brought);
    for (const each of [...stored, ...early].toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
      if ("entry" in each) this.decide(each.entry);
      else this.#applyStored(identifier, each.event);
    }
  }

  #applyStored(identifier: string, event: WaitingEvent): void {
    const known = this.ledger.get(identifier);
    const verdict = decideEvent(event.record, event.contentDigest, known);
    // Another issuer's license is none to it: it goes on waiting.
    if (verdict.outcome !== "PENDING") this.decidedWaiting.push({ event, verdict });
    if (known && verdict.outcome === "ACCEPTED") {
      this.#applyEvent(known, event.record, event.contentDigest, verdict.state, undefined, event);
    }
  }
}

function newLicense(record: IssuingRecord, identifier: string, version: number, contentDigest: string): KnownLicense {
  return {
    ...{ identifier, version, contentDigest, licenseType: record.licenseType, issuer: record.issuer },
    ...{ holderId: record.holder.id, issuedOn: record.issuedOn, state: "VALID", stateSince: record.issuedOn },
    ...{ hasSuccessor: false, eventDigests: new Set<string>(), sourceUpdatedAt: record.sourceUpdatedAt },
  };
}

function after(
  license: KnownLicense,
  state: StoredState,
  since: string,
  updatedAt: Date,
  digest: string,
): KnownLicense {
  const sourceUpdatedAt = updatedAt > license.sourceUpdatedAt ? updatedAt : license.sourceUpdatedAt;
  return {
    ...license,
    state,
    stateSince: since,
    sourceUpdatedAt,
    eventDigests: new Set([...license.eventDigests, digest]),
  };
}
