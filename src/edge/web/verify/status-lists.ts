import type { FetchStatusList } from "../../../proof/status/lists-at-hand.ts";

/** Units: milliseconds. Without a network the verdict waits no longer than this for the state. */
const patience = 5_000;

/**
 * Fetches the status list a license names from the hub that serves this page, and from no other place: below its own
 * address, by the number the license says. The list says by its signature whose it is.
 */
export const fetchOwnStatusList: FetchStatusList = async (uri, at) => {
  const number = /\/status-lists\/(0|[1-9]\d{0,8})$/.exec(uri)?.[1];
  if (number === undefined) return undefined;
  const time = at ? `?time=${Math.floor(at.getTime() / 1000)}` : "";
  try {
    const signal = AbortSignal.timeout(patience);
    const answer = await fetch(`../status-lists/${number}${time}`, { cache: "no-cache", credentials: "omit", signal });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
};
