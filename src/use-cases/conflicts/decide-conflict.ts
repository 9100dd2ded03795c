import { type Caller, checkMay, scopesOfKind } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import {
  type ConflictDecision,
  decisionReasonLimits,
  endingOperation,
  isEndable,
} from "../../domain/conflicts/conflict.ts";
import type { Entry } from "../../domain/licenses/batch.ts";
import type { EventRecord, RawRecord } from "../../domain/licenses/license-record.ts";
import type { LineReading, ReadBatch } from "../../domain/licenses/record-line.ts";
import { isPlainText } from "../../domain/plain-text.ts";
import { HubError } from "../../errors.ts";
import { conflictFactsDigest } from "../../proof/records/conflict-facts.ts";
import { recordDigests } from "../../proof/records/record-digest.ts";
import type { DecisionRecord, Sides } from "../../store/conflicts/conflict-store.ts";
import type { DecidingStore } from "../../store/conflicts/deciding-store.ts";
import { factsOf } from "../../store/conflicts/sides.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";

type Batch = Readonly<{
  batchId: string;
  records: readonly LineReading[];
  read: ReadBatch;
  corrects?: number | undefined;
  isHubsWord?: boolean;
}>;
type Submit = (caller: Caller, batch: Batch) => Promise<StoredSubmission>;

/** What deciding needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  findClient: (id: string) => Promise<{ active: boolean; kind: string } | undefined>;
  /** Both sides, as the operator's client sees them. */
  find: (clientId: string, claim: number) => Promise<Sides | undefined>;
  /** Form and references of records: what needs nothing of what is stored. */
  readRecords: (caller: Caller, records: readonly LineReading[]) => Promise<ReadBatch>;
  /** One transaction; `submit` is the ordinary verb, inside of it. */
  transaction: <T>(run: (deciding: DecidingStore, submit: Submit) => Promise<T>) => Promise<T>;
}>;

/** A clerk's decision about a claim. `facts`: as they were when the clerk looked. */
export type DecisionInput = Readonly<{
  conflict: number;
  claim: number;
  decision: ConflictDecision;
  reason: string;
  facts: string;
}>;

/**
 * 标识冲突裁定. KEEP_STANDING refuses the claim for good. BOTH_RIGHT stores it as a license of its own, under an identifier the
 * hub makes; CLAIM_RIGHT does so too and revokes the license that stands. All of it, with the decision, is one transaction;
 * what is signed is never rewritten, and no two licenses ever have one identifier.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, CONFLICT_NOT_FOUND, CONFLICT_CLOSED, CONFLICT_CHANGED,
 * CLAIM_NOT_ACCEPTABLE, STANDING_ENDED.
 */
export async function decideConflict(tools: Tools, caller: Caller, input: DecisionInput): Promise<DecisionRecord> {
  checkMay(caller, "DECIDE_CONFLICTS");
  const operator = await tools.findClient(caller.clientId);
  if (operator?.kind !== "OPERATOR" || !operator.active) throw new HubError("FORBIDDEN");
  if (!isPlainText(input.reason, decisionReasonLimits)) throw new HubError("INPUT_INVALID", { argument: "reason" });
  const seen = checkDecidable(await tools.find(caller.clientId, input.claim), input);
  const batch = input.decision === "KEEP_STANDING" ? undefined : await prepareClaim(tools, seen);

  return tools.transaction(async (deciding, submit) => {
    const sides = checkDecidable(await deciding.lock(seen), input);
    const at = tools.now();
    const id = await deciding.takeNumber();
    // Closed first: what mends the problem record below must not take the claim for withdrawn.
    await deciding.endClaim(sides.claim.id, batch ? "GIVEN" : "REFUSED", at);
    const given = batch ? await storeClaim(submit, sides, batch) : null;
    if (given !== null) await deciding.saveAlias(sides, batch?.brought ?? "", given, id);
    if (input.decision === "CLAIM_RIGHT") {
      const ending = endingBatch(sides, { id, at, batchId: `decision-${id}-${tools.newId()}` });
      const [ended] = (await submit(asClient(caller.clientId), ending)).results;
      if (ended?.outcome !== "ACCEPTED") throw new HubError("STANDING_ENDED", { state: sides.standing.state });
    }
    const note = noteOf(id, given, input.reason);
    await deciding.noteProblem(sides, note, caller.clientId, at, given === null);
    const person = caller.kind === "OPERATOR" ? (caller.person ?? null) : null;
    const decision = toDecision(sides, input, { id, at, given, operator: caller.clientId, person });
    await deciding.save(decision);
    return decision;
  });
}

/** *Throws* CONFLICT_NOT_FOUND, CONFLICT_CLOSED, CONFLICT_CHANGED, STANDING_ENDED. */
function checkDecidable(sides: Sides | undefined, { conflict, decision, facts }: DecisionInput): Sides {
  if (sides?.claim.conflictId !== conflict) throw new HubError("CONFLICT_NOT_FOUND");
  if (sides.claim.status !== "OPEN") throw new HubError("CONFLICT_CLOSED", { status: sides.claim.status });
  if (conflictFactsDigest(factsOf(sides)) !== facts) throw new HubError("CONFLICT_CHANGED");
  const { state, successor } = sides.standing;
  if (decision === "CLAIM_RIGHT" && !isEndable(state, successor !== null))
    throw new HubError("STANDING_ENDED", { state });
  return sides;
}

type PreparedClaim = Batch & Readonly<{ brought: string }>;

/** The claim's record as it came, to be stored as if it had brought no identifier. *Throws* CLAIM_NOT_ACCEPTABLE. */
async function prepareClaim(tools: Tools, { claim, raw }: Sides): Promise<PreparedClaim> {
  if (!(await tools.findClient(claim.clientId))?.active)
    throw new HubError("CLAIM_NOT_ACCEPTABLE", { problems: ["CLIENT_SUSPENDED"] });
  if (!raw) throw new HubError("INTERNAL");
  const brought = raw.identifier ?? claim.identifier;
  const records = [{ raw }];
  const read = await tools.readRecords(asClient(claim.clientId), records);
  const entries = read.entries.map(
    (entry): Entry =>
      entry.record.kind === "ISSUING"
        ? { ...entry, record: { ...entry.record, identifier: undefined }, brought }
        : entry,
  );
  // What is wrong with an identifier that is not used is wrong with nothing.
  const problems = new Map(
    [...read.problems].map(([place, found]) => [place, found.filter(({ code }) => code !== "IDENTIFIER_CHECK")]),
  );
  const batchId = `conflict-${claim.conflictId}-${claim.id}-${tools.newId()}`;
  const corrects = claim.problemId ?? undefined;
  return { batchId, records, read: { ...read, entries, problems }, corrects, brought };
}

/** @returns the identifier of the claim's license. *Throws* CLAIM_NOT_ACCEPTABLE, which leaves no trace. */
async function storeClaim(submit: Submit, { claim }: Sides, { brought: _, ...batch }: PreparedClaim): Promise<string> {
  const [result] = (await submit(asClient(claim.clientId), batch)).results;
  const isHeld = result?.outcome === "ACCEPTED" || result?.outcome === "UNCHANGED";
  if (isHeld && result.identifier !== null) return result.identifier;
  throw new HubError("CLAIM_NOT_ACCEPTABLE", { problems: (result?.problems ?? []).map(({ code }) => code) });
}

/** The event that revokes the license that stands: the hub's word, which names the decision and nothing of the claim. */
function endingBatch(
  { standing }: Sides,
  { id, at, batchId }: Readonly<{ id: number; at: Date; batchId: string }>,
): Batch {
  const { identifier, fields } = standing;
  // A source's clock may run ahead of ours: what it said last is not newer than this.
  const updatedAt = new Date(Math.max(at.getTime(), Date.parse(standing.sourceUpdatedAt)));
  const said = {
    ...{
      sourceRecordId: `conflict-decision-${id}`,
      licenseType: fields.licenseType,
      issuer: fields.issuer,
      identifier,
    },
    ...{ ...endingOperation, effectiveOn: dateOf(at), reason: `标识冲突裁定第${id}号` },
  } as const;
  const raw: RawRecord = { ...said, sourceUpdatedAt: updatedAt.toISOString() };
  const record: EventRecord = { ...said, kind: "EVENT", sourceUpdatedAt: updatedAt };
  const records = [{ raw }];
  const { received: receivedDigest, content: contentDigest } = recordDigests(raw);
  const entries = [{ index: 0, record, contentDigest, receivedDigest }];
  return {
    ...{ batchId, records, isHubsWord: true },
    read: { department: fields.issuer, lines: records, entries, problems: new Map() },
  };
}

/** A client as the one who hands a batch in: the hub speaks for it once a clerk has decided. */
function asClient(clientId: string): Caller {
  return { kind: "DEPARTMENT", clientId, scopes: new Set(scopesOfKind.DEPARTMENT) };
}

/** What the claim's own department reads: nothing of the other side, nor whether that one was right. */
function noteOf(id: number, given: string | null, reason: string): string {
  return given === null
    ? `标识冲突裁定第${id}号：不予采纳。${reason}`
    : `标识冲突裁定第${id}号：以标识 ${given} 归集。${reason}`;
}

function toDecision(
  { claim, standing }: Sides,
  { decision, reason, facts }: DecisionInput,
  made: Readonly<{ id: number; at: Date; given: string | null; operator: string; person: string | null }>,
): DecisionRecord {
  const { id, at, given, operator, person } = made;
  return {
    ...{ id, conflictId: claim.conflictId, claimId: claim.id, identifier: claim.identifier, decision, reason },
    ...{ operator, person, decidedAt: at.toISOString(), department: claim.department, clientId: claim.clientId },
    ...{ sourceRecordId: claim.sourceRecordId, claimDigest: claim.contentDigest },
    ...{ standingDigest: standing.contentDigest, standingIssuer: standing.fields.issuer },
    ...{ standingState: standing.state, facts, given },
  };
}
