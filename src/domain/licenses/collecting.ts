import type { CalendarDate } from "../calendar.ts";
import { type StoredState, stateAfterEvent, stateAfterSuccession } from "./license.ts";
import { checkStatusOf } from "./license-identifier.ts";
import type { EventRecord, FormedRecord, IssuingRecord } from "./license-record.ts";
import { holderIdProblems, type LicenseType } from "./license-type.ts";
import type { Problem } from "./problem.ts";

/** What the reference stage looks records up in. */
export type References = Readonly<{
  typeOf: (code: string) => LicenseType | undefined;
  hasRegion: (code: string) => boolean;
  /** The department the submitting client speaks for. */
  department: string;
}>;

/** What the catalogue says about types, issuers and regions. */
export type SubmissionCatalogue = Readonly<{
  typeOf: (code: string) => LicenseType | undefined;
  departmentOf: (code: string) => { name: string } | undefined;
  hasRegion: (code: string) => boolean;
}>;

/** Second stage: reference data. All problems together; warnings among them do not refuse the record. */
export function checkReferences(record: FormedRecord, references: References): readonly Problem[] {
  const type = references.typeOf(record.licenseType);
  if (!type) return [{ code: "LICENSE_TYPE_UNKNOWN", path: "licenseType" }];
  const problems: Problem[] = [];
  if (!type.issuers.includes(record.issuer) || record.issuer !== references.department) {
    problems.push({ code: "ISSUER_NOT_AUTHORISED", path: "issuer" });
  }
  return record.kind === "EVENT" ? problems : [...problems, ...issuingReferences(record, type, references)];
}

function issuingReferences(record: IssuingRecord, type: LicenseType, references: References): readonly Problem[] {
  const problems: Problem[] = [];
  if (record.region !== null && !references.hasRegion(record.region))
    problems.push({ code: "REGION_UNKNOWN", path: "region" });
  if (!type.holderIdTypes.includes(record.holder.idType))
    problems.push({ code: "HOLDER_ID_FORMAT", path: "holder.idType" });
  else
    for (const code of holderIdProblems(record.holder.idType, record.holder.id))
      problems.push({ code, path: "holder.id" });
  if (!type.fitsNumber(record.number, record.holder.id)) problems.push({ code: "NUMBER_FORMAT", path: "number" });
  for (const fault of type.checkAttributes(record.attributes)) {
    problems.push({ code: `ATTRIBUTE_${fault.kind}`, path: fault.path ? `attributes.${fault.path}` : "attributes" });
  }
  if (record.identifier !== undefined && checkStatusOf(record.identifier) !== "VALID") {
    problems.push({ code: "IDENTIFIER_CHECK", path: "identifier" });
  }
  return problems;
}

/** What is known of a license while records are being decided. */
export type KnownLicense = {
  readonly identifier: string;
  readonly licenseType: string;
  readonly issuer: string;
  readonly holderId: string;
  readonly version: number;
  readonly issuedOn: CalendarDate;
  /** Digest of the content the version was accepted with. */
  readonly contentDigest: string;
  /** Digests of the events already applied. */
  readonly eventDigests: ReadonlySet<string>;
  readonly state: StoredState;
  readonly stateSince: CalendarDate;
  readonly hasSuccessor: boolean;
  /** The newest sourceUpdatedAt of the version and its events. */
  readonly sourceUpdatedAt: Date;
};

/** Outcome of the last two stages for one record. */
export type Verdict =
  | Readonly<{ outcome: "ACCEPTED"; state: StoredState; predecessorState?: StoredState }>
  | Readonly<{ outcome: "UNCHANGED" | "PENDING" }>
  | Readonly<{ outcome: "REJECTED"; problem: Problem }>;

const rejected = (code: Problem["code"], path: string): Verdict => ({ outcome: "REJECTED", problem: { code, path } });

/**
 * Third and fourth stage for a new version: what is stored, then the transition of its predecessor.
 * @param known the license standing under the record's identifier, whoever issued it
 * @param predecessor the license under the record's predecessor
 */
export function decideIssuing(
  record: IssuingRecord,
  contentDigest: string,
  known: KnownLicense | undefined,
  predecessor: KnownLicense | undefined,
): Verdict {
  if (known) {
    if (known.contentDigest === contentDigest && known.issuer === record.issuer) return { outcome: "UNCHANGED" };
    const isOwn = known.issuer === record.issuer;
    if (isOwn && record.sourceUpdatedAt < known.sourceUpdatedAt) return rejected("STALE_UPDATE", "sourceUpdatedAt");
    // What brings no identifier is known by its source's own id, which is then what was used twice.
    if (isOwn) return rejected("IDENTIFIER_TAKEN", record.identifier === undefined ? "sourceRecordId" : "identifier");
  }
  const verdict = decideSuccession(record, predecessor);
  // Another department's license is only met where it really is in the way.
  return known && verdict.outcome === "ACCEPTED" ? rejected("IDENTIFIER_TAKEN", "identifier") : verdict;
}

function decideSuccession(record: IssuingRecord, predecessor: KnownLicense | undefined): Verdict {
  if (record.operation === "ISSUE") return { outcome: "ACCEPTED", state: "VALID" };
  if (!predecessor || !sameSubject(record, predecessor)) return rejected("PREDECESSOR_NOT_FOUND", "predecessor");
  if (record.sourceUpdatedAt < predecessor.sourceUpdatedAt) return rejected("STALE_UPDATE", "sourceUpdatedAt");
  if (record.issuedOn < predecessor.stateSince) return rejected("VALIDITY_ORDER", "issuedOn");
  const predecessorState = stateAfterSuccession(predecessor.state, record.operation, predecessor.hasSuccessor);
  if (!predecessorState) return rejected("TRANSITION_NOT_ALLOWED", "predecessor");
  return { outcome: "ACCEPTED", state: "VALID", predecessorState };
}

function sameSubject(record: IssuingRecord, predecessor: KnownLicense): boolean {
  return predecessor.licenseType === record.licenseType && predecessor.holderId === record.holder.id;
}

/**
 * Third and fourth stage for an event. A license of another issuer is answered like one that does not exist:
 * the event waits, and nobody learns what others hold.
 */
export function decideEvent(record: EventRecord, contentDigest: string, known: KnownLicense | undefined): Verdict {
  if (!known || known.issuer !== record.issuer || known.licenseType !== record.licenseType)
    return { outcome: "PENDING" };
  const state = stateAfterEvent(known.state, record.operation, record.outcome, known.hasSuccessor);
  // The same words can be said of a second suspension on the same day: newer, and possible, means that it is one.
  const isPossible = state !== undefined && record.effectiveOn >= known.stateSince;
  const isSecond = isPossible && record.sourceUpdatedAt > known.sourceUpdatedAt;
  if (known.eventDigests.has(contentDigest) && !isSecond) return { outcome: "UNCHANGED" };
  if (record.sourceUpdatedAt < known.sourceUpdatedAt) return rejected("STALE_UPDATE", "sourceUpdatedAt");
  if (record.effectiveOn < known.issuedOn) return rejected("VALIDITY_ORDER", "effectiveOn");
  if (record.effectiveOn < known.stateSince) return rejected("TRANSITION_NOT_ALLOWED", "effectiveOn");
  return state ? { outcome: "ACCEPTED", state } : rejected("TRANSITION_NOT_ALLOWED", "operation");
}
