import { join } from "node:path";
import type { Entry, StoredKnowledge, WaitingEvent } from "../../../src/domain/licenses/batch.ts";
import type { KnownLicense, References } from "../../../src/domain/licenses/collecting.ts";
import { makeLicenseIdentifier } from "../../../src/domain/licenses/license-identifier.ts";
import {
  checkForm,
  type EventRecord,
  type IssuingRecord,
  type RawRecord,
} from "../../../src/domain/licenses/license-record.ts";
import { prepareLicenseType } from "../../../src/domain/licenses/license-type.ts";
import { readCatalogueFiles } from "../../../src/store/catalogue/catalogue-files.ts";

/** The moment every record of these tests is handed in: noon in Asia/Shanghai. */
export const now = new Date("2026-11-22T12:00:00+08:00");

const root = join(import.meta.dirname, "../../..");

/** The catalogue of the package. */
export const catalogue = await readCatalogueFiles({
  catalogue: join(root, "migrations/data/catalogue"),
  licenseTypeSchemas: join(root, "schema/license-types"),
});

/** 旅行社业务经营许可证 of the catalogue, and the one department that issues it. */
export const travelAgency = "11100000XXXX00166LX01";
export const issuer = "11371000XXXX010118";
/** Issues other types. */
export const otherIssuer = "11371000XXXX0110XK";
export const identityCard = "111000000000131433001";

/** A right identifier of the sample type. */
export const identifierOf = (serial: string | number, version = 1, of = issuer) =>
  makeLicenseIdentifier({ type: travelAgency, issuer: of, serial: String(serial), version });

/** A new license that nothing is wrong with. */
export const rawIssue = (changes: Partial<RawRecord> = {}): RawRecord => ({
  sourceRecordId: "travel-1",
  operation: "ISSUE",
  sourceUpdatedAt: "2025-05-24T09:00:00+08:00",
  identifier: identifierOf(1),
  licenseType: travelAgency,
  number: "L-SD-WH60718",
  holder: { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" },
  issuer,
  region: "371073",
  issuedOn: "2025-05-24",
  validFrom: "2025-05-24",
  validUntil: null,
  attributes: { businessScope: "国内旅游业务", qualityDeposit: "20万元" },
  ...changes,
});

/** The next version of `predecessor`. */
export const rawRenewal = (predecessor: string, changes: Partial<RawRecord> = {}): RawRecord =>
  rawIssue({
    ...{ sourceRecordId: "travel-2", operation: "RENEW", predecessor, sourceUpdatedAt: "2026-05-24T09:00:00+08:00" },
    ...{ identifier: identifierOf(1, 2), issuedOn: "2026-05-24", validFrom: "2026-05-24", ...changes },
  });

/** A suspension of the sample license. */
export const rawEvent = (changes: Partial<RawRecord> = {}): RawRecord => ({
  sourceRecordId: "travel-1-E",
  operation: "SUSPEND",
  sourceUpdatedAt: "2026-02-01T10:00:00+08:00",
  identifier: identifierOf(1),
  licenseType: travelAgency,
  issuer,
  effectiveOn: "2026-02-01",
  reason: "责令停业整顿",
  ...changes,
});

/** The record in its form, which must be right. */
export function formed(raw: RawRecord) {
  const { record, problems } = checkForm(raw, now);
  if (!record) throw new Error(JSON.stringify(problems));
  return record;
}

export function issuing(raw: RawRecord): IssuingRecord {
  const record = formed(raw);
  if (record.kind !== "ISSUING") throw new Error(record.kind);
  return record;
}

export function event(raw: RawRecord): EventRecord {
  const record = formed(raw);
  if (record.kind !== "EVENT") throw new Error(record.kind);
  return record;
}

/** What a record says, whenever and under whichever source id: stands in for the digest of the real thing. */
export function contentOf({ sourceRecordId: _id, sourceUpdatedAt: _at, ...content }: RawRecord): string {
  return JSON.stringify(Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Records as a batch sees them that passed form and references. */
export const entriesOf = (raws: readonly RawRecord[]): readonly Entry[] =>
  raws.map((raw, index) => ({ index, record: formed(raw), contentDigest: contentOf(raw), receivedDigest: "" }));

export type Known = KnownLicense;

/** The sample license as the store knows it. */
export function known(raw: RawRecord = rawIssue(), changes: Partial<KnownLicense> = {}): KnownLicense {
  const record = issuing(raw);
  return {
    ...{ identifier: record.identifier ?? "", licenseType: record.licenseType, issuer: record.issuer, version: 1 },
    ...{ holderId: record.holder.id, issuedOn: record.issuedOn, contentDigest: contentOf(raw), state: "VALID" },
    ...{ eventDigests: new Set(), stateSince: record.issuedOn, hasSuccessor: false },
    sourceUpdatedAt: record.sourceUpdatedAt,
    ...changes,
  };
}

/** A store that holds these licenses. */
export const storeOf = (...licenses: readonly KnownLicense[]): StoredKnowledge => ({
  licenses,
  bySourceRecord: new Map(),
  byContent: new Map(),
  waiting: [],
});

const types = new Map(catalogue.licenseTypes.map((row) => [row.code, prepareLicenseType(row)]));
const regions = new Set(catalogue.regions.map((region) => region.code));

/** Looks things up in the catalogue, for a client of the issuer. */
export const references: References = {
  typeOf: (code) => types.get(code),
  hasRegion: (code) => regions.has(code),
  department: issuer,
};

/** An event that was handed in earlier and found no license. */
export const waitingEvent = (raw: RawRecord): WaitingEvent => ({
  ...{ record: event(raw), raw, contentDigest: contentOf(raw), clientId: "earlier-client" },
  ...{ submissionId: "00000000-0000-4000-8000-000000000001", receivedAt: "2026-11-01T00:00:00.000Z" },
});
