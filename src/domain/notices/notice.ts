import type { CalendarDate } from "../calendar.ts";
import type { StoredState } from "../licenses/license.ts";

/**
 * What a client is told: a license it took into a case of its own is in another state; or it is in the same, and the text that
 * was taken is no good any more. Nothing of its holder.
 */
export type NoticeFacts = Readonly<{
  /** Names the notice for ever, whichever try it is: `webhook-id`. */
  messageId: string;
  identifier: string;
  state: StoredState;
  previousState: StoredState;
  effectiveOn: CalendarDate;
  /** Since when the hub knows. *Shape*: RFC 3339. */
  knownAt: string;
  /** 1, 2, 3 … for the changes of one license in one case: later ones count, in whatever order they come. */
  change: number;
  procedure: string;
  caseNumber: string;
}>;

/** The name of a message, as it goes over the wire. */
export function wireId(messageId: string): string {
  return `msg_${messageId.replaceAll("-", "")}`;
}

/** The body of a notice: the same bytes at every try. *Shape*: Standard Webhooks, "payload structure". */
export function noticeBody(notice: NoticeFacts): string {
  const { identifier, state, previousState, effectiveOn, knownAt, change, procedure, caseNumber } = notice;
  const data = { license: identifier, state, previousState, effectiveOn, knownAt, change, procedure, caseNumber };
  return JSON.stringify({ type: noticeType(notice), timestamp: knownAt, data });
}

/** What a notice tells of: the license is in another state, or it is in the same and has to be fetched again. */
export function noticeType({ state, previousState }: Pick<NoticeFacts, "state" | "previousState">): string {
  return state === previousState ? "license.signed_again" : "license.state_changed";
}

/** The body of a test: tells that the endpoint and its secret fit, and nothing else. */
export function testBody(at: Date): string {
  return JSON.stringify({ type: "hub.test", timestamp: at.toISOString(), data: {} });
}
