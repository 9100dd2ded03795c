import type { Action, Caller, Purpose } from "../domain/access/caller.ts";
import type { ActingHolder } from "../domain/access/member.ts";
import type { Misses } from "../domain/access/rate.ts";
import { dateOf } from "../domain/calendar.ts";
import type { CorrectionTerms } from "../domain/corrections/correction.ts";
import type { WorkingCalendar } from "../domain/working-days.ts";
import type { Limits } from "../limits.ts";
import { type Admit, accessStore, type Permit } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import type { Catalogue } from "../store/catalogue/catalogue-cache.ts";
import { type CorrectionStore, correctionStore } from "../store/corrections/correction-store.ts";
import { type Database, type Sql, tryAgain } from "../store/database.ts";
import { licenseStore } from "../store/licenses/license-store.ts";
import { enter, type Reader } from "../store/reader.ts";
import { type Answer, answerCorrection } from "../use-cases/corrections/answer-correction.ts";
import { countCorrections } from "../use-cases/corrections/count-corrections.ts";
import { escalateCorrections } from "../use-cases/corrections/escalate-corrections.ts";
import { type Objection, objectToLicense } from "../use-cases/corrections/object-to-license.ts";
import { readCorrectionEvents } from "../use-cases/corrections/read-correction-events.ts";
import { type CorrectionQuery, readCorrections } from "../use-cases/corrections/read-corrections.ts";
import { readLicenseObjections } from "../use-cases/corrections/read-license-objections.ts";

/** What the verbs of corrections are made of. */
export type CorrectionParts = Readonly<{
  database: Database;
  now: () => Date;
  limits: Limits;
  terms: CorrectionTerms;
  calendar: WorkingCalendar;
  permit: Permit;
  permitMember: (caller: Caller, action: Action) => Promise<ActingHolder>;
  admit: Admit;
  misses: Misses;
  catalogue: () => Promise<Catalogue>;
}>;

/** The verbs about what licenses should say, wired to their tools. */
export function correctionVerbs({ database, now, limits, catalogue, ...parts }: CorrectionParts) {
  const stores = (db: Sql) => ({
    ...{ access: accessStore(db), licenses: licenseStore(db), corrections: correctionStore(db) },
  });
  const readAll = <T>(reader: Reader, run: (inside: ReturnType<typeof stores>) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(stores(db));
    });
  const read = <T>(reader: Reader, run: (corrections: CorrectionStore) => Promise<T>) =>
    readAll(reader, ({ corrections }) => run(corrections));
  const { findClient } = accessStore(database.sql());
  const findAnyClient = clientStore(database.sql()).find;
  const attributes = async () => {
    const { licenseTypes } = await catalogue();
    return (licenseType: string) => {
      const schema = licenseTypes.get(licenseType)?.attributesSchema;
      const properties: unknown = schema && "properties" in schema ? schema.properties : undefined;
      return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
    };
  };
  return {
    objectToLicense: (caller: Caller, objection: Objection) =>
      objectToLicense(
        { ...parts, now, maxOpen: limits.maxOpenCorrections, attributes, read: readAll },
        caller,
        objection,
      ),
    answerCorrection: (caller: Caller, answer: Answer) =>
      answerCorrection(
        {
          ...{ ...parts, now, findClient },
          read: (clientId, run) => read({ mode: "CLIENT", clientId, procedure: "", day: dateOf(now()) }, run),
        },
        caller,
        answer,
      ),
    readCorrections: (caller: Caller, query: CorrectionQuery) =>
      readCorrections({ now, read, findClient: findAnyClient, permitMember: parts.permitMember }, caller, query),
    readCorrectionEvents: (caller: Caller, ids: readonly number[]) => readCorrectionEvents({ now, read }, caller, ids),
    readLicenseObjections: (caller: Caller, question: { identifiers: readonly string[]; purpose: Purpose }) =>
      readLicenseObjections({ now, read }, caller, question),
    countCorrections: (caller: Caller) => countCorrections({ now, read, findClient: findAnyClient }, caller),
    /** A round, to be run every few minutes; any copy may do it at any time. */
    escalateCorrections: () =>
      escalateCorrections({ now, transaction: (run) => tryAgain(() => read({ mode: "COLLECT" }, run)) }),
  };
}
