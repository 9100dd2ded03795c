import type { AcceptedIssue, BatchDecision, Entry } from "../../domain/licenses/batch.ts";
import { checkStatusOf } from "../../domain/licenses/license-identifier.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { businessLicenseTypeCode } from "../../domain/licenses/license-type.ts";
import type { LoggedEvent } from "../log/entry-store.ts";
import type { ToldRecord } from "../reconciling/told-records.ts";
import type { CollectingStore, NewEvent, NewLicense, NewPendingEvent, SeenHolder } from "./collecting-store.ts";
import { carriedSignatures, signatureRows } from "./record-signatures.ts";
import type { StateUpdate } from "./save-states.ts";

/** The batch a row comes from. `log`: where its events are left to the public log; 0 when there are none. */
export type SubmissionFacts = Readonly<{ id: string; clientId: string; receivedAt: Date; log: number }>;

/** A new version with everything that was made for it. */
export type SignedIssue = Readonly<{
  issue: AcceptedIssue;
  jws: string;
  kid: string;
  place: Readonly<{ list: number; index: number }>;
}>;

type BatchRows = Parameters<CollectingStore["save"]>[0];

/** The rows of a decided batch, table by table; but for the licenses, which are signed first. */
export function rowsOf(
  decision: BatchDecision,
  entries: readonly Entry[],
  raws: readonly (RawRecord | undefined)[],
  submission: SubmissionFacts,
): BatchRows {
  const pending = pendingRows(decision, entries, raws, submission);
  const events = eventRows(decision, submission).map((event, log_place) => ({
    ...event,
    ...{ log_batch: submission.log, log_place },
  }));
  const became = [...decision.issues, ...decision.changes, ...waitingOf(decision, entries)];
  return {
    holders: holderRows(decision.issues),
    events,
    signatures: signatureRows(entries, became, submission),
    carried: carriedSignatures(decision),
    told: toldRows(decision, entries, submission),
    pending,
    decidedPending: decision.decidedWaiting.map(({ event }) => ({
      identifier: event.record.identifier,
      content_digest: event.contentDigest,
      source_updated_at: event.record.sourceUpdatedAt.toISOString(),
    })),
  };
}

/**
 * One row a holder: the name on its business license wins over any other. In the order of their codes: batches of several
 * departments lock those they share in one order, and so never wait for each other in a ring.
 */
function holderRows(issues: readonly AcceptedIssue[]): readonly SeenHolder[] {
  const holders = new Map<string, SeenHolder>();
  for (const { record, identifier } of issues) {
    const isRegistration = record.licenseType === businessLicenseTypeCode;
    const { id: code, idType: id_type, name } = record.holder;
    if (!isRegistration && holders.has(code)) continue;
    holders.set(code, { code, id_type, name, region: record.region, name_license: isRegistration ? identifier : null });
  }
  return [...holders.values()].toSorted((one, other) => (one.code < other.code ? -1 : 1));
}

/** The new versions, signed. */
export function licenseRows(signed: readonly SignedIssue[], submission: SubmissionFacts): readonly NewLicense[] {
  return signed.map((issue, log_place) => ({ ...licenseRow(issue, submission), log_batch: submission.log, log_place }));
}

/** The events of a batch with those they come from, as the public log has them; the first ones brought the licenses. */
export function loggedEvents(decision: BatchDecision, submission: SubmissionFacts): readonly LoggedEvent[] {
  const from = [...decision.issues, ...decision.changes];
  return eventRows(decision, submission).map((row, place) => ({ row, issuer: from[place]?.record.issuer ?? "" }));
}

function eventRows(decision: BatchDecision, submission: SubmissionFacts): readonly EventRow[] {
  return [...issueEvents(decision, submission), ...changeEvents(decision, submission)];
}

type Unplaced<Placed> = Omit<Placed, "log_batch" | "log_place">;
type EventRow = Unplaced<NewEvent>;

function licenseRow({ issue, jws, kid, place }: SignedIssue, submission: SubmissionFacts): Unplaced<NewLicense> {
  const { record, identifier, version, contentDigest } = issue;
  return {
    holder_code: record.holder.id,
    identifier,
    type_code: record.licenseType,
    number: record.number,
    holder_id_type: record.holder.idType,
    holder_name: record.holder.name,
    issuer_code: record.issuer,
    region: record.region,
    issued_on: record.issuedOn,
    valid_from: record.validFrom,
    valid_until: record.validUntil,
    version,
    predecessor: record.predecessor ?? null,
    successor: null,
    attributes: record.attributes,
    state: "VALID",
    state_since: record.issuedOn,
    check_status: checkStatusOf(identifier),
    jws,
    kid,
    status_list: place.list,
    status_index: place.index,
    content_digest: contentDigest,
    client_id: submission.clientId,
    source_record_id: record.sourceRecordId,
    source_updated_at: record.sourceUpdatedAt.toISOString(),
    received_at: submission.receivedAt.toISOString(),
    submission_id: submission.id,
  };
}

function issueEvents(decision: BatchDecision, submission: SubmissionFacts): readonly EventRow[] {
  return decision.issues.map(({ record, identifier, contentDigest }) => ({
    holder_code: record.holder.id,
    identifier,
    operation: record.operation,
    state: "VALID",
    effective_on: record.issuedOn,
    reason: null,
    client_id: submission.clientId,
    source_record_id: record.sourceRecordId,
    source_updated_at: record.sourceUpdatedAt.toISOString(),
    received_at: submission.receivedAt.toISOString(),
    content_digest: contentDigest,
    submission_id: submission.id,
  }));
}

function changeEvents(decision: BatchDecision, submission: SubmissionFacts): readonly EventRow[] {
  return decision.changes.map(({ record, identifier, holderId, state, effectiveOn, contentDigest, waited }) => ({
    holder_code: holderId,
    identifier,
    operation: record.operation,
    state,
    effective_on: effectiveOn,
    reason: record.kind === "EVENT" ? record.reason : null,
    client_id: waited?.clientId ?? submission.clientId,
    source_record_id: record.sourceRecordId,
    source_updated_at: record.sourceUpdatedAt.toISOString(),
    received_at: waited?.receivedAt ?? submission.receivedAt.toISOString(),
    content_digest: contentDigest,
    submission_id: waited?.submissionId ?? submission.id,
  }));
}

/** The licenses that were there, or came, and that a change has met. */
export function stateUpdates(decision: BatchDecision): readonly StateUpdate[] {
  const touched = new Map(decision.changes.map((change) => [change.identifier, change.holderId]));
  return [...touched].flatMap(([identifier, holder_code]) => {
    const license = decision.ledger.get(identifier);
    if (!license) return [];
    const update = {
      holder_code,
      identifier,
      state: license.state,
      state_since: license.stateSince,
      successor: decision.successors.get(identifier) ?? null,
      source_updated_at: license.sourceUpdatedAt.toISOString(),
    };
    return [update];
  });
}

/** The events of the batch that wait for their license. */
function waitingOf(decision: BatchDecision, entries: readonly Entry[]) {
  return entries.flatMap(({ record, index, contentDigest }) =>
    record.kind === "EVENT" && decision.verdicts.get(index)?.outcome === "PENDING"
      ? [{ record, index, identifier: record.identifier, contentDigest }]
      : [],
  );
}

function pendingRows(
  decision: BatchDecision,
  entries: readonly Entry[],
  raws: readonly (RawRecord | undefined)[],
  submission: SubmissionFacts,
): readonly NewPendingEvent[] {
  return waitingOf(decision, entries).flatMap(({ record, index, identifier, contentDigest }) => {
    const raw = raws[index];
    if (!raw) return [];
    const row = {
      identifier,
      content_digest: contentDigest,
      source_updated_at: record.sourceUpdatedAt.toISOString(),
      issuer_code: record.issuer,
      client_id: submission.clientId,
      record: raw,
      received_at: submission.receivedAt.toISOString(),
      submission_id: submission.id,
    };
    return [row];
  });
}

/** The newest the source has told of each of its records, refused ones apart: a repeat tells when it was last so. */
function toldRows(
  decision: BatchDecision,
  entries: readonly Entry[],
  submission: SubmissionFacts,
): readonly ToldRecord[] {
  const newest = new Map<string, ToldRecord>();
  for (const { record, index, contentDigest } of entries) {
    if (decision.verdicts.get(index)?.outcome === "REJECTED") continue;
    const updatedAt = record.sourceUpdatedAt.toISOString();
    const before = newest.get(record.sourceRecordId);
    if (before && before.source_updated_at >= updatedAt) continue;
    newest.set(record.sourceRecordId, {
      ...{ client_id: submission.clientId, source_record_id: record.sourceRecordId, license_type: record.licenseType },
      ...{ source_updated_at: updatedAt, content_digest: contentDigest },
    });
  }
  return [...newest.values()];
}
