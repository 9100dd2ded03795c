import type { LocalizedText } from "../../errors.ts";
import { type Finding, found, type VerificationCode } from "../verification.ts";
import { judgeListed, type OpenStatusList, type StatusList, type StatusReference } from "./status-list.ts";

/** The step STATUS of a license, by lists from elsewhere; undefined: none of them is about it. */
export type StatusOf = (claims: StatusReference, at: Date) => Promise<Finding | undefined>;

/**
 * Gets a status list from its address: the newest, or the one that held at `at`. Undefined: it can not be had.
 * Trust: the address is a verified license's; what comes is whatever the server sends.
 */
export type FetchStatusList = (uri: string, at: Date | undefined) => Promise<string | undefined>;

/** Judges by lists somebody has given; of several of one address by the newest. */
export function statusByLists(lists: readonly StatusList[]): StatusOf {
  const newest = new Map<string, StatusList>();
  for (const list of lists.toSorted((one, other) => one.issuedAt - other.issuedAt)) newest.set(list.uri, list);
  return async (claims, at) => {
    const list = newest.get(claims.status.status_list.uri);
    return list && judgeListed({ list }, claims, at);
  };
}

/**
 * Judges by the list at the address a license names, when that is an address of its issuer. What can not be had, or is no
 * list that can be relied on, says nothing about the license: the step is then not made, and never failed. Each list is
 * fetched once.
 */
export function statusByFetching(fetchList: FetchStatusList, open: OpenStatusList, now: () => Date): StatusOf {
  const fetched = new Map<string, ReturnType<OpenStatusList> | Promise<undefined>>();
  const get = async (uri: string, at: Date | undefined) => {
    const token = await fetchList(uri, at);
    return token === undefined ? undefined : await open(token);
  };
  return async (claims, at) => {
    const { uri } = claims.status.status_list;
    if (!isOfIssuer(uri, claims.iss)) return found("STATUS", "NOT_CHECKED", elsewhere);
    const isPast = at < now();
    const key = `${uri} ${isPast ? at.getTime() : ""}`;
    const opening = await (fetched.get(key) ?? remember(fetched, key, get(uri, isPast ? at : undefined)));
    if (opening === undefined) return found("STATUS", "NOT_CHECKED", notHad);
    // Nobody knows a state to come: the present one is told.
    const finding = judgeListed(opening, claims, isPast ? at : now());
    return finding.code !== undefined && aboutTheList.has(finding.code)
      ? found("STATUS", "NOT_CHECKED", { en: `${unfit.en} ${finding.code}`, zh: `${unfit.zh}${finding.code}` })
      : finding;
  };
}

function remember<Value>(known: Map<string, Value>, key: string, value: Value): Value {
  known.set(key, value);
  return value;
}

/** Whether an address lies below the issuer's: no other place is asked about a license. */
function isOfIssuer(uri: string, issuer: string): boolean {
  return uri.startsWith(`${issuer}/`) && /^https?:/.test(uri);
}

/** What speaks of the list, and not of the license. */
const aboutTheList: ReadonlySet<VerificationCode> = new Set<VerificationCode>([
  "STATUS_LIST_EXPIRED",
  "STATUS_LIST_FOREIGN",
  "STATUS_LIST_SIGNATURE",
  "STATUS_LIST_MALFORMED",
  "STATUS_LIST_TOO_LARGE",
]);

const elsewhere: LocalizedText = {
  en: "the license names a list at another address than its issuer's, which is not asked",
  zh: "证照所指状态列表不在签发方地址之下，未予获取",
};
const notHad: LocalizedText = {
  en: "the status list could not be fetched",
  zh: "未能获取状态列表",
};
const unfit: LocalizedText = {
  en: "what was fetched is no list to rely on:",
  zh: "所获取的内容不是可采信的状态列表：",
};
