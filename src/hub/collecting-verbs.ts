import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Caller } from "../domain/access/caller.ts";
import { dateOf } from "../domain/calendar.ts";
import type { RawRecord } from "../domain/licenses/license-record.ts";
import type { LineReading } from "../domain/licenses/record-line.ts";
import { HubError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { buildLicenseClaims, type LicenseClaimsInput } from "../proof/license-jws.ts";
import { signLicense } from "../proof/signing/sign-license.ts";
import { statusIndexBits, statusIndexOf } from "../proof/status/status-index.ts";
import { accessStore } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import type { Catalogue } from "../store/catalogue/catalogue-cache.ts";
import { type Database, type Sql, tryAgain } from "../store/database.ts";
import { recordKeyStore } from "../store/keys/record-key-store.ts";
import { type CollectingStore, collectingStore } from "../store/licenses/collecting-store.ts";
import { type ProblemDesk, type ProblemFilter, problemDesk } from "../store/licenses/problem-desk-store.ts";
import { type ProblemKeeping, problemKeeping } from "../store/licenses/problem-store.ts";
import { enter } from "../store/reader.ts";
import type { Charge } from "../use-cases/access/limit-rate.ts";
import { type Correction, correctRecord } from "../use-cases/desk/correct-record.ts";
import { countProblems } from "../use-cases/desk/count-problems.ts";
import { dismissProblem } from "../use-cases/desk/dismiss-problem.ts";
import { exportProblems } from "../use-cases/desk/export-problems.ts";
import { type Period, rateQuality } from "../use-cases/desk/rate-quality.ts";
import { type ProblemQuery, readProblems } from "../use-cases/desk/read-problems.ts";
import { tendDesk } from "../use-cases/desk/tend-desk.ts";
import { type IngestInput, ingestLicenses, type LineSource } from "../use-cases/licenses/ingest-licenses.ts";
import { readRecords } from "../use-cases/licenses/read-records.ts";
import { type SubmissionInput, type SubmissionOutcome, submitLicenses } from "../use-cases/licenses/submit-licenses.ts";
import { conflictVerbs } from "./conflict-verbs.ts";
import type { HubKeys } from "./keys/open-keys.ts";
import { statusListUri } from "./status-verbs.ts";

/** What the verbs of collecting are made of. */
export type CollectingParts = Readonly<{
  database: Database;
  keys: HubKeys;
  publicUrl: string;
  now: () => Date;
  newId: () => string;
  limits: Limits;
  charge: (caller: Caller, charged: Charge) => Promise<void>;
  catalogue: () => Promise<Catalogue>;
}>;

/** What else belongs into the transaction that stores a batch; what it throws rolls all of it back. */
export type AlsoInTransaction = (db: Sql, outcome: SubmissionOutcome) => Promise<void>;

/** Submits inside a transaction that is open already. */
export type SubmitWithin = (caller: Caller, input: SubmissionInput) => Promise<SubmissionOutcome>;

/** Records as GraphQL brings them: whole, and read already. */
type Batch = Readonly<{ batchId: string; records: readonly RawRecord[] }>;

/** The verbs that bring licenses in, wired to their tools. */
export function collectingVerbs({ database, keys, publicUrl, now, newId, limits, charge, catalogue }: CollectingParts) {
  const { findClient } = accessStore(database.sql());
  const { findSender } = recordKeyStore(database.sql());
  const collect = <T>(run: (store: CollectingStore, desk: ProblemKeeping, db: Sql) => Promise<T>) =>
    tryAgain(() =>
      database.transaction(async (db) => {
        await enter(db, { mode: "COLLECT" });
        return run(collectingStore(db), problemKeeping(db), db);
      }),
    );

  const sign = async (license: Omit<LicenseClaimsInput, "issuerUrl">) => {
    // By the date it carries: a license that was begun just before its key ended is still signed with that one.
    const key = keys.signer("license", license.issuedAt);
    const jws = await signLicense(buildLicenseClaims({ ...license, issuerUrl: key.issuer }), key);
    return { jws, kid: key.kid };
  };

  // A list's key is read in the batch's own transaction each time: one that is rolled back must leave nothing behind.
  const takeStatusPlaces = async (store: CollectingStore, count: number) => {
    if (count === 0) return [];
    const places = (await store.takeStatusSequence(count)).map((number) => ({
      list: Math.floor(number / 2 ** statusIndexBits),
      place: number % 2 ** statusIndexBits,
    }));
    const keysOfLists = new Map<number, Uint8Array>();
    for (const list of new Set(places.map((place) => place.list))) {
      const key = await store.statusListKey(list, () => randomBytes(32).toString("base64url"));
      keysOfLists.set(list, Buffer.from(key, "base64url"));
    }
    return places.map(({ list, place }) => {
      const key = keysOfLists.get(list) ?? new Uint8Array();
      return { list, uri: statusListUri(publicUrl, list), index: statusIndexOf(place, key) };
    });
  };

  const submissionCatalogue = async () => {
    const { licenseTypes, departments, regions } = await catalogue();
    const typeOf = (code: string) => licenseTypes.get(code);
    return {
      typeOf,
      departmentOf: (code: string) => departments.get(code),
      hasRegion: (code: string) => regions.has(code),
    };
  };

  const read = (caller: Caller, records: readonly LineReading[]) =>
    readRecords({ now, catalogue: submissionCatalogue, findSender }, caller, records);

  const submitting = { now, newId, newSerial, newSalts, catalogue: submissionCatalogue, read, sign, takeStatusPlaces };
  const submit = (caller: Caller, input: SubmissionInput, also?: AlsoInTransaction) =>
    submitLicenses(
      {
        ...submitting,
        transaction: (run) =>
          collect(async (store, desk, db) => {
            const outcome = await run(store, desk);
            await also?.(db, outcome);
            return outcome;
          }),
      },
      caller,
      input,
    );

  const submitUncharged = (caller: Caller, { batchId, records }: Batch) =>
    submit(caller, { batchId, records: records.map((raw) => ({ raw })) });

  const submitCorrection: Parameters<typeof correctRecord>[0]["submit"] = (caller, { record, ...batch }) =>
    submit(caller, { ...batch, records: [{ raw: record }] });

  // A decision is one transaction with what it stores: its batches are read before it begins, and run inside of it.
  const decide = async <T>(run: (db: Sql, submitWithin: SubmitWithin) => Promise<T>): Promise<T> => {
    const facts = await submissionCatalogue();
    return collect((store, desk, db) => {
      const tools = { ...submitting, catalogue: async () => facts };
      return run(db, (caller, input) =>
        submitLicenses({ ...tools, transaction: (each) => each(store, desk) }, caller, input),
      );
    });
  };

  const findAnyClient = clientStore(database.sql()).find;
  // No purpose is stated: a department's own records, and counts.
  const readDesk = <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, { mode: "CLIENT", clientId, procedure: "", day: dateOf(now()) });
      return run(problemDesk(db));
    });

  // A token stands behind whoever hands records in, or the submission is refused: the address is of no use.
  const chargeRecords = async (caller: Caller, records: number) => {
    const points = Math.floor(records / limits.recordsPerPoint);
    if (caller.kind !== "STRANGER" && points > 0) await charge(caller, { address: "", points });
  };

  /** Somebody who sends a stream is not turned away when its minute is used up, but waited for. */
  const patiently = async (take: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await take();
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== "RATE_LIMITED") throw error;
        await setTimeout(Number(error.details["retryAfterSeconds"]) * 1_000);
      }
    }
  };

  return {
    submit,
    submitLicenses: async (caller: Caller, batch: Batch) => {
      await chargeRecords(caller, batch.records.length);
      return submitUncharged(caller, batch);
    },
    /** The same, of the hub's own first data. */
    submitUncharged,
    /** Takes the points that reading so many bytes of a stream costs. */
    chargeStream: (caller: Caller, bytes: number) =>
      patiently(() => charge(caller, { address: "", points: Math.ceil(bytes / limits.bytesPerPoint) })),
    readProblems: (caller: Caller, query: ProblemQuery) => readProblems({ findClient, read: readDesk }, caller, query),
    exportProblems: (caller: Caller, filter: ProblemFilter) =>
      exportProblems({ findClient, read: readDesk }, caller, filter),
    correctRecord: (caller: Caller, correction: Correction) =>
      correctRecord({ newId, submit: submitCorrection, read: readDesk }, caller, correction),
    dismissProblem: (caller: Caller, input: Parameters<typeof dismissProblem>[2]) =>
      dismissProblem({ now, findClient, read: readDesk }, caller, input),
    countProblems: (caller: Caller) => countProblems({ now, findClient: findAnyClient, read: readDesk }, caller),
    rateQuality: (caller: Caller, period: Period) =>
      rateQuality({ findClient: findAnyClient, read: readDesk }, caller, period),
    // 标识冲突
    ...conflictVerbs({ database, now, newId, read, decide }),
    /** A round, to be run every few minutes; any copy may do it at any time. */
    tendDesk: () => tendDesk({ now, transaction: (run) => collect((_, desk) => run(desk)) }),
    ingestLicenses: (caller: Caller, input: IngestInput, source: LineSource) =>
      ingestLicenses(
        {
          ...{ read, submit, findClient },
          charge: (sender, records) => patiently(() => chargeRecords(sender, records)),
          findPart: (clientId, batchId, firstIndex) =>
            collect((store) => store.findSubmission(clientId, { batchId, firstIndex })),
        },
        caller,
        input,
        source,
      ),
  };
}

/** 128 random bits each, drawn together. */
export function newSalts(count: number): readonly string[] {
  const bytes = randomBytes(16 * count);
  return Array.from({ length: count }, (_, at) => bytes.toString("base64url", 16 * at, 16 * at + 16));
}

/** Serial of a license identifier: 20 digits and upper-case letters, 100 random bits. */
function newSerial(): string {
  const alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWX";
  return Array.from(randomBytes(20), (byte) => alphabet[byte % 32]).join("");
}
