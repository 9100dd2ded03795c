import type { CalendarDate } from "../calendar.ts";

/** States that are stored; EXPIRED is derived from VALID and the validity end. *Source*: GB/T 36904, C 0131. */
export const storedStates = [
  "VALID",
  "SUSPENDED",
  "REVOKED",
  "CANCELLED",
  "ANNULLED",
  "LAPSED",
  "TRANSFERRED",
  "SUPERSEDED",
  "OTHER",
] as const;
export type StoredState = (typeof storedStates)[number];

/** Every state a reader can see. */
export const licenseStates = [...storedStates, "EXPIRED"] as const;
export type LicenseState = (typeof licenseStates)[number];

/** Operations that bring a new license version into being. */
export const issuingOperations = ["ISSUE", "RENEW", "CHANGE", "TRANSFER_IN"] as const;
export type IssuingOperation = (typeof issuingOperations)[number];

/** Operations on a license that already stands. */
export const eventOperations = ["SUSPEND", "REINSTATE", "CANCEL", "LAPSE", "CANCEL_TRANSFER", "OTHER"] as const;
export type EventOperation = (typeof eventOperations)[number];

export const licenseOperations = [...issuingOperations, ...eventOperations] as const;
export type LicenseOperation = (typeof licenseOperations)[number];

/**
 * Everything that can stand in a license's history: what a record did, and SIGN_AGAIN, the hub's own: another key has signed
 * the same words. State and day of such a change are those of the one before it.
 */
export const historyOperations = [...licenseOperations, "SIGN_AGAIN"] as const;
export type HistoryOperation = (typeof historyOperations)[number];

/** What CANCEL may end in. */
export const cancelOutcomes = ["CANCELLED", "REVOKED", "ANNULLED", "TRANSFERRED"] as const;
export type CancelOutcome = (typeof cancelOutcomes)[number];

/** Whether the operation brings a new version (and so a new signature). */
export function isIssuing(operation: HistoryOperation): operation is IssuingOperation {
  return issuingOperations.some((issuing) => issuing === operation);
}

/** Whether the operation must name the version it follows. */
export function needsPredecessor(operation: LicenseOperation): boolean {
  return operation === "RENEW" || operation === "CHANGE" || operation === "TRANSFER_IN";
}

/** Whether the text is an outcome CANCEL may name. */
export function isCancelOutcome(text: string | null | undefined): text is CancelOutcome {
  return cancelOutcomes.some((outcome) => outcome === text);
}

const standing: readonly StoredState[] = ["VALID", "SUSPENDED", "LAPSED", "OTHER"];

/** From which states each event operation may start, and where it leads (CANCEL leads to its outcome). */
const transitions: Readonly<Record<EventOperation, { from: readonly StoredState[]; to?: StoredState }>> = {
  SUSPEND: { from: ["VALID"], to: "SUSPENDED" },
  REINSTATE: { from: ["SUSPENDED"], to: "VALID" },
  CANCEL: { from: standing },
  LAPSE: { from: ["VALID", "OTHER"], to: "LAPSED" },
  CANCEL_TRANSFER: { from: ["TRANSFERRED"], to: "VALID" },
  OTHER: { from: ["VALID", "LAPSED"], to: "OTHER" },
};

/** What a successor does to the version before it. A suspended license is not laundered by a new version. */
const successions: Readonly<
  Record<Exclude<IssuingOperation, "ISSUE">, { from: readonly StoredState[]; to: StoredState }>
> = {
  RENEW: { from: ["VALID", "LAPSED", "OTHER"], to: "SUPERSEDED" },
  CHANGE: { from: ["VALID", "OTHER"], to: "SUPERSEDED" },
  TRANSFER_IN: { from: ["VALID", "TRANSFERRED", "OTHER"], to: "TRANSFERRED" },
};

/**
 * The state an event leads to, or undefined when the present state does not allow it.
 * A version that already has a successor is final whatever its state.
 */
export function stateAfterEvent(
  present: StoredState,
  operation: EventOperation,
  outcome: CancelOutcome | undefined,
  hasSuccessor = false,
): StoredState | undefined {
  const { from, to } = transitions[operation];
  if (hasSuccessor || !from.includes(present)) return undefined;
  // What is suspended stays so until it is reinstated or ended: it does not become something else that can be revived.
  if (operation === "CANCEL" && present === "SUSPENDED" && outcome === "TRANSFERRED") return undefined;
  return to ?? outcome;
}

/** The state of the predecessor once a successor stands, or undefined when it may not be succeeded. */
export function stateAfterSuccession(
  present: StoredState,
  operation: Exclude<IssuingOperation, "ISSUE">,
  hasSuccessor = false,
): StoredState | undefined {
  const { from, to } = successions[operation];
  return hasSuccessor || !from.includes(present) ? undefined : to;
}

/** The state a reader sees on a day. *Rule*: any stored state other than VALID wins over expiry; validUntil is inclusive. */
export function visibleState(stored: StoredState, validUntil: CalendarDate | null, day: CalendarDate): LicenseState {
  return stored === "VALID" && validUntil !== null && day > validUntil ? "EXPIRED" : stored;
}

/** One step in a license's life. *Order*: by effectiveOn, which never decreases. */
export type StateChange = Readonly<{ effectiveOn: CalendarDate; state: StoredState }>;

/**
 * The state on any day from the license's own changes, expiry included.
 * @param changes in order; the first is the issue.
 * @returns undefined before the license was issued.
 */
export function stateOn(
  changes: readonly StateChange[],
  validUntil: CalendarDate | null,
  day: CalendarDate,
): LicenseState | undefined {
  const last = changes.findLast((change) => change.effectiveOn <= day);
  return last && visibleState(last.state, validUntil, day);
}
