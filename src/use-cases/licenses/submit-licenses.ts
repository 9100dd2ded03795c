import { type Caller, checkMay } from "../../domain/access/caller.ts";
import {
  type AcceptedIssue,
  type BatchDecision,
  contentKey,
  decideBatch,
  type Entry,
  nextIdentifier,
  type StoredKnowledge,
} from "../../domain/licenses/batch.ts";
import { checkReferences } from "../../domain/licenses/collecting.ts";
import { isIssuing } from "../../domain/licenses/license.ts";
import { checkForm, type RawRecord, recordLimits } from "../../domain/licenses/license-record.ts";
import { businessLicenseTypeCode, type LicenseType } from "../../domain/licenses/license-type.ts";
import { isRefused, type Problem } from "../../domain/licenses/problem.ts";
import { HubError } from "../../errors.ts";
import { digestOf } from "../../proof/canonical-json.ts";
import type { LicenseClaimsInput } from "../../proof/license-jws.ts";
import { rowsOf, type SignedIssue, type SubmissionFacts } from "../../store/licenses/collecting-rows.ts";
import type { CollectingStore, StoredSubmission } from "../../store/licenses/collecting-store.ts";
import type { StoredResult } from "../../store/tables/license-tables.ts";

/** What submitting needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  newSerial: () => string;
  catalogue: () => Promise<SubmissionCatalogue>;
  findClient: (id: string) => Promise<{ department: string; active: boolean } | undefined>;
  /** One transaction, tried again when another one came in between. */
  transaction: (run: (store: CollectingStore) => Promise<SubmissionOutcome>) => Promise<SubmissionOutcome>;
  /** Signs with the hub's present license key, in its name. */
  sign: (license: Omit<LicenseClaimsInput, "issuerUrl">) => Promise<{ jws: string; kid: string }>;
  /** Places on status lists for new licenses: unique for ever, unpredictable. */
  takeStatusPlaces: (
    store: CollectingStore,
    count: number,
  ) => Promise<readonly { list: number; index: number; uri: string }[]>;
}>;

/** What the catalogue says about types, issuers and regions. */
export type SubmissionCatalogue = Readonly<{
  typeOf: (code: string) => LicenseType | undefined;
  departmentOf: (code: string) => { name: string } | undefined;
  hasRegion: (code: string) => boolean;
}>;

/** A batch handed in. *Trust*: everything in it is whatever the client sent. */
export type SubmissionInput = Readonly<{
  batchId: string;
  records: readonly RawRecord[];
  /** Records that could not be read whole, by their place: refused with these problems. */
  unreadable?: ReadonlyMap<number, readonly Problem[]>;
}>;

/** What became of a batch; `replayed`: this is the first answer given again. */
export type SubmissionOutcome = StoredSubmission & Readonly<{ replayed: boolean }>;

/** Limits of a batch. */
export const submissionLimits = { maxRecords: 1_000, maxBatchIdCharacters: 128 } as const;

/**
 * 归集: decides each record, signs and stores what is accepted, all in one transaction. A record that is refused never
 * stops the others; the same batchId again from the same client is answered with the first outcome.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, BATCH_TOO_LARGE, INPUT_INVALID (batchId).
 */
export async function submitLicenses(tools: Tools, caller: Caller, input: SubmissionInput): Promise<SubmissionOutcome> {
  checkMay(caller, "SUBMIT_LICENSES");
  checkBatch(input);
  const client = await tools.findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  const catalogue = await tools.catalogue();
  const { batchId } = input;
  const { clientId } = caller;

  return tools.transaction(async (store) => {
    const id = tools.newId();
    const receivedAt = tools.now();
    const fresh = await store.begin({ id, clientId, batchId, receivedAt, department: client.department });
    if (!fresh) return { ...(await firstOutcome(store, clientId, batchId)), replayed: true };

    const problems = new Map<number, readonly Problem[]>(input.unreadable);
    const entries = readRecords(input.records, catalogue, client.department, receivedAt, problems);
    const decision = decideBatch(entries, await loadKnowledge(store, entries, clientId, receivedAt), tools.newSerial);
    const submission = { id, clientId, receivedAt };
    await warnOfNames(store, decision.issues, problems);
    const signed = await signIssues(tools, store, catalogue, decision.issues, input.records, submission);
    await store.save(rowsOf(decision, signed, entries, input.records, submission));

    const results = input.records.map((raw, index) => resultOf(raw, index, problems.get(index) ?? [], decision));
    const count = (outcome: StoredResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
    const counts = {
      ...{ accepted: count("ACCEPTED"), unchanged: count("UNCHANGED") },
      ...{ rejected: count("REJECTED"), pending: count("PENDING") },
    };
    await store.finish(id, counts, results);
    return { id, clientId, batchId, receivedAt: receivedAt.toISOString(), ...counts, results, replayed: false };
  });
}

function checkBatch({ batchId, records }: SubmissionInput): void {
  if (records.length > submissionLimits.maxRecords) {
    throw new HubError("BATCH_TOO_LARGE", { found: records.length, limit: submissionLimits.maxRecords });
  }
  const isFit =
    batchId.trim() !== "" &&
    batchId.length <= submissionLimits.maxBatchIdCharacters &&
    /^[\x20-\x7e\u4e00-\u9fff]+$/.test(batchId);
  if (!isFit)
    throw new HubError("INPUT_INVALID", { argument: "batchId", limit: submissionLimits.maxBatchIdCharacters });
  if (records.length === 0) throw new HubError("INPUT_INVALID", { argument: "records" });
}

async function firstOutcome(store: CollectingStore, clientId: string, batchId: string): Promise<StoredSubmission> {
  const first = await store.findSubmission(clientId, { batchId });
  if (!first) throw new HubError("INTERNAL");
  return first;
}

/** The first two stages; what they find goes into `problems`, what passes comes back. What has problems already is refused. */
function readRecords(
  records: readonly RawRecord[],
  catalogue: SubmissionCatalogue,
  department: string,
  now: Date,
  problems: Map<number, readonly Problem[]>,
): readonly Entry[] {
  return records.flatMap((raw, index) => {
    if (problems.has(index)) return [];
    const form = checkForm(raw, now);
    if (!form.record) {
      problems.set(index, form.problems);
      return [];
    }
    const found = checkReferences(form.record, { ...catalogue, department });
    problems.set(index, found);
    return isRefused(found) ? [] : [{ index, record: form.record, contentDigest: contentDigestOf(raw) }];
  });
}

/** Digest of what a record says, whenever, under whichever source id and for whichever identifier it says so. */
function contentDigestOf(raw: RawRecord): string {
  const { sourceRecordId: _id, sourceUpdatedAt: _at, identifier: _identifier, ...content } = raw;
  return digestOf(
    Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null && value !== undefined)),
  );
}

async function loadKnowledge(
  store: CollectingStore,
  entries: readonly Entry[],
  clientId: string,
  now: Date,
): Promise<StoredKnowledge> {
  const own = new Set<string>();
  const others = new Set<string>();
  const unnamed: Entry[] = [];
  for (const entry of entries) {
    const { record } = entry;
    if (record.identifier !== undefined) own.add(record.identifier);
    else unnamed.push(entry);
    if (record.kind === "EVENT" || record.predecessor === undefined) continue;
    others.add(record.predecessor);
    const next = nextIdentifier(record, record.predecessor);
    if (record.identifier === undefined && next) others.add(next);
  }
  if (entries.length === 0) return { licenses: [], bySourceRecord: new Map(), byContent: new Map(), waiting: [] };
  const known = await store.findKnown({
    identifiers: [...own, ...others],
    clientId,
    sourceRecordIds: unnamed.map((entry) => entry.record.sourceRecordId),
    issuer: unnamed[0]?.record.issuer ?? "",
    contentDigests: unnamed.map((entry) => entry.contentDigest),
  });
  const pending = own.size > 0 ? await store.findPending([...own]) : [];
  const mine = Map.groupBy(
    known.filter((row) => row.clientId === clientId),
    (row) => row.sourceRecordId,
  );
  return {
    licenses: known.map((row) => row.license),
    bySourceRecord: new Map([...mine].map(([sourceId, rows]) => [sourceId, rows.map((row) => row.license)])),
    byContent: new Map(known.map((row) => [contentKey(row.license.issuer, row.license.contentDigest), row.license])),
    waiting: pending.flatMap((row) => {
      const { record } = checkForm(row.record, now);
      if (record?.kind !== "EVENT") return [];
      const { content_digest: contentDigest, submission_id: submissionId, client_id, received_at: receivedAt } = row;
      return [{ record, contentDigest, submissionId, clientId: client_id, receivedAt }];
    }),
  };
}

/** HOLDER_NAME_MISMATCH: against the business licenses stored, and those of the same batch. */
async function warnOfNames(
  store: CollectingStore,
  issues: readonly AcceptedIssue[],
  problems: Map<number, readonly Problem[]>,
): Promise<void> {
  const enterprises = issues.filter(({ record }) => record.holder.idType === "USCC");
  if (enterprises.length === 0) return;
  const names = new Map(await store.findHolderNames([...new Set(enterprises.map(({ record }) => record.holder.id))]));
  for (const { record } of enterprises) {
    if (record.licenseType === businessLicenseTypeCode) names.set(record.holder.id, record.holder.name);
  }
  for (const { record, index } of enterprises) {
    const name = names.get(record.holder.id);
    if (name === undefined || name === record.holder.name) continue;
    problems.set(index, [...(problems.get(index) ?? []), { code: "HOLDER_NAME_MISMATCH", path: "holder.name" }]);
  }
}

async function signIssues(
  tools: Tools,
  store: CollectingStore,
  catalogue: SubmissionCatalogue,
  issues: readonly AcceptedIssue[],
  raws: readonly RawRecord[],
  { clientId, receivedAt }: SubmissionFacts,
): Promise<readonly SignedIssue[]> {
  const places = await tools.takeStatusPlaces(store, issues.length);
  return Promise.all(
    issues.map(async (issue, position) => {
      const { record, identifier, version, index } = issue;
      const place = places[position];
      const type = catalogue.typeOf(record.licenseType);
      if (!place || !type) throw new HubError("INTERNAL");
      const { holder, number, region, issuedOn, validFrom, validUntil, attributes, predecessor = null } = record;
      const issuer = { code: record.issuer, name: catalogue.departmentOf(record.issuer)?.name ?? record.issuer };
      const { jws, kid } = await tools.sign({
        identifier,
        issuedAt: receivedAt,
        status: { uri: place.uri, idx: place.index },
        type: { code: type.code, name: type.name },
        ...{ number, holder, issuer, region, issuedOn, validFrom, validUntil, version, predecessor, attributes },
        source: { client: clientId, recordId: record.sourceRecordId, digest: digestOf(receivedForm(raws[index])) },
      });
      return { issue, jws, kid, place };
    }),
  );
}

/** The record as it came, without the members that were not sent. */
function receivedForm(raw: RawRecord | undefined): object {
  return Object.fromEntries(Object.entries(raw ?? {}).filter(([, value]) => value !== undefined));
}

function resultOf(raw: RawRecord, index: number, problems: readonly Problem[], decision: BatchDecision): StoredResult {
  const verdict = decision.verdicts.get(index);
  const sourceRecordId = legible(raw.sourceRecordId);
  if (!verdict)
    return {
      index,
      sourceRecordId,
      outcome: "REJECTED",
      identifier: isIssuing(raw.operation) ? null : (legible(raw.identifier) ?? null),
      problems,
    };
  const all = verdict.outcome === "REJECTED" ? [...problems, verdict.problem] : problems;
  const identifier = verdict.outcome === "REJECTED" ? (legible(raw.identifier) ?? null) : (verdict.identifier ?? null);
  return { index, sourceRecordId, outcome: verdict.outcome, identifier, problems: all };
}

/** A text of a refused record as it may be kept and shown: cut, and without what no database or screen takes. */
function legible<Text extends string | null | undefined>(text: Text): Text | string {
  if (typeof text !== "string") return text;
  return text
    .slice(0, recordLimits.maxCharacters.identifier)
    .toWellFormed()
    .replace(/\p{Cc}/gu, "\ufffd");
}
