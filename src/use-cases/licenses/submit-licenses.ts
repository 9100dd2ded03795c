import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { type Origin, renamed } from "../../domain/conflicts/conflict.ts";
import {
  type AcceptedIssue,
  contentKey,
  decideBatch,
  type Entry,
  isBatchId,
  maxBatchIdCharacters,
  nextIdentifier,
  type StoredKnowledge,
} from "../../domain/licenses/batch.ts";
import type { SubmissionCatalogue } from "../../domain/licenses/collecting.ts";
import { differentNames, enterprisesOf } from "../../domain/licenses/holder-names.ts";
import { checkForm } from "../../domain/licenses/license-record.ts";
import type { Problem } from "../../domain/licenses/problem.ts";
import { type LineReading, type ReadBatch, rawsOf } from "../../domain/licenses/record-line.ts";
import { HubError } from "../../errors.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import type { LicenseClaimsInput } from "../../proof/license-jws.ts";
import { claimsOf } from "../../store/conflicts/claim-store.ts";
import { aliasesOf } from "../../store/conflicts/deciding-store.ts";
import {
  licenseRows,
  loggedEvents,
  rowsOf,
  type SignedIssue,
  type SubmissionFacts,
  stateUpdates,
} from "../../store/licenses/collecting-rows.ts";
import type { CollectingStore, StoredSubmission } from "../../store/licenses/collecting-store.ts";
import { deskRowsOf } from "../../store/licenses/problem-rows.ts";
import type { ProblemKeeping } from "../../store/licenses/problem-store.ts";
import { resultsOf, withoutMade } from "../../store/licenses/submission-results.ts";
import type { StoredResult } from "../../store/tables/license-tables.ts";
import { together } from "../../store/together.ts";

/** What submitting needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  newSerial: () => string;
  /** Each 128 random bits, base64url. */
  newSalts: (count: number) => readonly string[];
  catalogue: () => Promise<SubmissionCatalogue>;
  /** Form and references: the stages before what is stored. */
  read: (caller: Caller, records: readonly LineReading[]) => Promise<ReadBatch>;
  /** One transaction, tried again when another one came in between. */
  transaction: (
    run: (store: CollectingStore, desk: ProblemKeeping) => Promise<SubmissionOutcome>,
  ) => Promise<SubmissionOutcome>;
  /** Signs with the hub's present license key, in its name. */
  sign: (license: Omit<LicenseClaimsInput, "issuerUrl">) => Promise<{ jws: string; kid: string }>;
  /** Places on status lists for new licenses: unique for ever, unpredictable. */
  takeStatusPlaces: (
    store: CollectingStore,
    count: number,
  ) => Promise<readonly { list: number; index: number; uri: string }[]>;
}>;

/**
 * A batch handed in, or a part of one that comes as a stream. *Trust*: everything in it is whatever the client sent.
 * `firstIndex`: where the part begins in its batch; `digest`: of its lines, to know them again.
 */
export type SubmissionInput = Readonly<{
  batchId: string;
  records: readonly LineReading[];
  firstIndex?: number;
  digest?: string;
  /** The same records, when they were read already. */
  read?: ReadBatch;
  /** True: everything is decided and nothing signed or stored. */
  isDryRun?: boolean;
  /** The problem that the batch, of one record, is the answer to. */
  corrects?: number | undefined;
  /** True: the hub's own word about a license, not its source's: it is no record a source has told, and leaves nothing at the desk. */
  isHubsWord?: boolean;
}>;

/** What became of a batch; `replayed`: this is the first answer given again. */
export type SubmissionOutcome = StoredSubmission & Readonly<{ replayed: boolean }>;

/** Limits of a batch. */
export const submissionLimits = { maxRecords: 1_000 } as const;

/**
 * 归集: decides each record, signs and stores what is accepted, all in one transaction. A record that is refused never
 * stops the others; the same batchId again from the same client is answered with the first outcome.
 * What is refused or doubtful is kept at the desk of the department, what was mended leaves it.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, BATCH_TOO_LARGE, INPUT_INVALID (batchId); PROBLEM_NOT_FOUND and
 * PROBLEM_CORRECTED when it `corrects` one.
 */
export async function submitLicenses(tools: Tools, caller: Caller, input: SubmissionInput): Promise<SubmissionOutcome> {
  checkMay(caller, "SUBMIT_LICENSES");
  checkBatch(input);
  const { batchId, firstIndex = 0, digest = null, isDryRun = false, corrects, isHubsWord = false } = input;
  const { clientId } = caller;
  const read = input.read ?? (await tools.read(caller, input.records));
  const { department } = read;
  const raws = rawsOf(read);
  const catalogue = await tools.catalogue();

  return tools.transaction(async (store, desk) => {
    const id = tools.newId();
    const receivedAt = tools.now();
    const part = { id, clientId, batchId, firstIndex, digest, receivedAt: receivedAt.toISOString() };
    if (!isDryRun && !(await store.begin({ ...part, department })))
      return { ...(await firstOutcome(store, part)), replayed: true };
    if (corrects !== undefined) await checkCorrectable(desk, department, corrects);

    const problems = new Map(read.problems);
    const { entries, origins, ...stored } = await loadKnowledge(store, read.entries, clientId, receivedAt);
    const decision = decideBatch(entries, stored, tools.newSerial);
    const isLogged = !isDryRun && decision.issues.length + decision.changes.length > 0;
    const submission = { id, clientId, receivedAt, log: isLogged ? await store.takeLogBatch() : 0 };
    await warnOfNames(store, decision.issues, problems);
    const results = resultsOf(input.records, firstIndex, problems, decision);
    const count = (outcome: StoredResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
    const counts = {
      ...{ accepted: count("ACCEPTED"), unchanged: count("UNCHANGED") },
      ...{ rejected: count("REJECTED"), pending: count("PENDING") },
    };
    if (!isDryRun) {
      const places = await tools.takeStatusPlaces(store, decision.issues.length);
      const rows = rowsOf(decision, entries, raws, submission);
      const isType = (code: string) => catalogue.typeOf(code) !== undefined;
      const left = deskRowsOf({ department, lines: input.records, results, decision, submission, isType });
      const claims = claimsOf({ entries, decision, origins, raws, results, department, submission, corrects });
      const leave = async () => {
        await desk.save({ ...left, department, receivedAt, clientId }, corrects);
        await desk.saveClaims(claims);
      };
      // What needs no signature is stored while the licenses are signed.
      await together([
        store.save(isHubsWord ? { ...rows, told: [] } : rows),
        store.finish(id, counts, results),
        isHubsWord ? Promise.resolve() : leave(),
        signIssues(tools, catalogue, decision.issues, { places, entries, submission }).then((signed) =>
          together([
            store.saveLicenses(licenseRows(signed, submission), stateUpdates(decision), receivedAt),
            store.logEvents(
              { id: submission.log, secret: tools.newSalts(1)[0] ?? "" },
              loggedEvents(decision, submission),
              signed.map(({ jws }) => payloadDigest(jws)),
            ),
          ]),
        ),
      ]);
    }
    return { ...part, ...counts, results: isDryRun ? withoutMade(results, raws) : results, replayed: false };
  });
}

function checkBatch({ batchId, records }: SubmissionInput): void {
  if (records.length > submissionLimits.maxRecords) {
    throw new HubError("BATCH_TOO_LARGE", { found: records.length, limit: submissionLimits.maxRecords });
  }
  if (!isBatchId(batchId)) throw new HubError("INPUT_INVALID", { argument: "batchId", limit: maxBatchIdCharacters });
  if (records.length === 0) throw new HubError("INPUT_INVALID", { argument: "records" });
}

async function checkCorrectable(desk: ProblemKeeping, department: string, id: number): Promise<void> {
  const problem = await desk.lockForCorrection(department, id);
  if (!problem) throw new HubError("PROBLEM_NOT_FOUND");
  if (problem.status === "CORRECTED") throw new HubError("PROBLEM_CORRECTED");
}

async function firstOutcome(
  store: CollectingStore,
  { clientId, batchId, firstIndex }: Pick<StoredSubmission, "clientId" | "batchId" | "firstIndex">,
): Promise<StoredSubmission> {
  const first = await store.findSubmission(clientId, { batchId, firstIndex });
  if (!first) throw new HubError("INTERNAL");
  return first;
}

/** What is stored of the licenses a batch names, its records read as their source means them, and where those come from. */
type NamedKnowledge = StoredKnowledge & Readonly<{ entries: readonly Entry[]; origins: ReadonlyMap<string, Origin> }>;

async function loadKnowledge(
  store: CollectingStore,
  entries: readonly Entry[],
  clientId: string,
  now: Date,
  isRenamed = false,
): Promise<NamedKnowledge> {
  const own = new Set<string>();
  const others = new Set<string>();
  const unnamed: Entry[] = [];
  for (const entry of entries) {
    const { record } = entry;
    if (record.identifier !== undefined) own.add(record.identifier);
    else unnamed.push(entry);
    if (entry.brought !== undefined) own.add(entry.brought);
    if (record.kind === "EVENT" || record.predecessor === undefined) continue;
    others.add(record.predecessor);
    const next = nextIdentifier(record, record.predecessor);
    if (record.identifier === undefined && next) others.add(next);
  }
  const none = { licenses: [], bySourceRecord: new Map(), byContent: new Map(), waiting: [] };
  if (entries.length === 0) return { entries, origins: new Map(), ...none };
  const known = await store.findKnown({
    identifiers: [...own, ...others],
    clientId,
    sourceRecordIds: unnamed.map((entry) => entry.record.sourceRecordId),
    // Whoever may send a batch speaks for one issuer.
    issuer: entries[0]?.record.issuer ?? "",
    contentDigests: unnamed.map((entry) => entry.contentDigest),
  });
  const meant = isRenamed ? entries : renamed(entries, aliasesOf(known), clientId);
  if (meant !== entries) return loadKnowledge(store, meant, clientId, now, true);
  const pending = own.size > 0 ? await store.findPending([...own]) : [];
  const mine = Map.groupBy(
    known.filter((row) => row.clientId === clientId),
    (row) => row.sourceRecordId,
  );
  return {
    entries,
    origins: new Map(
      known.map(({ license, sourceRecordId, clientId: from }) => [
        license.identifier,
        { clientId: from, sourceRecordId },
      ]),
    ),
    licenses: known.map((row) => row.license),
    bySourceRecord: new Map([...mine].map(([sourceId, rows]) => [sourceId, rows.map((row) => row.license)])),
    byContent: new Map(known.map((row) => [contentKey(row.license.issuer, row.license.contentDigest), row.license])),
    waiting: pending.flatMap((row) => {
      const { record } = checkForm(row.record, now);
      if (record?.kind !== "EVENT") return [];
      const { content_digest: contentDigest, submission_id: submissionId, client_id, received_at: receivedAt } = row;
      return [{ record, raw: row.record, contentDigest, submissionId, clientId: client_id, receivedAt }];
    }),
  };
}

/** HOLDER_NAME_MISMATCH: against the business licenses stored, and those of the same batch. */
async function warnOfNames(
  store: CollectingStore,
  issues: readonly AcceptedIssue[],
  problems: Map<number, readonly Problem[]>,
): Promise<void> {
  const holders = enterprisesOf(issues);
  if (holders.length === 0) return;
  for (const index of differentNames(issues, await store.findHolderNames(holders)))
    problems.set(index, [...(problems.get(index) ?? []), { code: "HOLDER_NAME_MISMATCH", path: "holder.name" }]);
}

/** How many are signed at once: in between, the database is told what to do next. */
const signedAtOnce = 100;

async function signIssues(
  tools: Tools,
  catalogue: SubmissionCatalogue,
  issues: readonly AcceptedIssue[],
  { places, entries, submission }: Signing,
): Promise<readonly SignedIssue[]> {
  const { clientId, receivedAt } = submission;
  const salts = tools.newSalts(issues.length);
  const byIndex = new Map(entries.map((entry) => [entry.index, entry]));
  const signOne = async (issue: AcceptedIssue, position: number): Promise<SignedIssue> => {
    const { record, identifier, version, index } = issue;
    const [place, entry] = [places[position], byIndex.get(index)];
    const type = catalogue.typeOf(record.licenseType);
    if (!place || !type || !entry) throw new HubError("INTERNAL");
    const { holder, number, region, issuedOn, validFrom, validUntil, attributes, predecessor = null } = record;
    const issuer = { code: record.issuer, name: catalogue.departmentOf(record.issuer)?.name ?? record.issuer };
    const { jws, kid } = await tools.sign({
      identifier,
      issuedAt: receivedAt,
      status: { uri: place.uri, idx: place.index },
      type: { code: type.code, name: type.name },
      ...{ number, holder, issuer, region, issuedOn, validFrom, validUntil, version, predecessor, attributes },
      source: {
        ...{ client: clientId, recordId: record.sourceRecordId, digest: entry.receivedDigest },
        ...(entry.signature && { kid: entry.signature.kid }),
      },
      salt: salts[position],
    });
    return { issue, jws, kid, place };
  };
  const signed: SignedIssue[] = [];
  for (let begin = 0; begin < issues.length; begin += signedAtOnce) {
    const some = issues.slice(begin, begin + signedAtOnce);
    signed.push(...(await Promise.all(some.map((issue, place) => signOne(issue, begin + place)))));
  }
  return signed;
}

/** What signing needs beside what was decided. */
type Signing = Readonly<{
  places: Awaited<ReturnType<Tools["takeStatusPlaces"]>>;
  entries: readonly Entry[];
  submission: SubmissionFacts;
}>;
