import type { FetchStatusList } from "../proof/status/lists-at-hand.ts";
import { readBody } from "./bounded-body.ts";

/** How a status list is fetched. *Units*: milliseconds, bytes. A list of a million licenses has some 350 kB at most. */
const limits = { timeoutMs: 10_000, maxBytes: 2 * 1024 * 1024 } as const;

/**
 * Fetches status lists over the network: over HTTPS, or from this machine.
 * *Source*: Token Status List §8.1, §8.4.
 */
export const fetchStatusList: FetchStatusList = async (uri, at) => {
  const url = new URL(uri);
  if (url.protocol !== "https:" && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) return undefined;
  if (at) url.searchParams.set("time", String(Math.floor(at.getTime() / 1000)));
  try {
    const response = await fetch(url, {
      headers: { accept: "application/statuslist+jwt" },
      redirect: "error",
      signal: AbortSignal.timeout(limits.timeoutMs),
    });
    if (!response.ok) return undefined;
    return (await readBody(response, limits.maxBytes))?.toString("utf8");
  } catch {
    return undefined;
  }
};
