import { createHash } from "node:crypto";
import type { Caller, KnownCaller } from "./caller.ts";

/** What is counted: points of requests in a minute; identifiers asked for in vain in an hour. */
export type RateKind = "request" | "miss";

/** Length of a window. *Units*: seconds. */
export const windowSeconds: Readonly<Record<RateKind, number>> = { request: 60, miss: 3_600 };

/** A stretch of time in which a count begins at zero; the same on every copy of the hub. */
export type RateWindow = Readonly<{ startsAt: Date; endsAt: Date }>;

/** The window an instant lies in. */
export function windowOf(kind: RateKind, at: Date): RateWindow {
  const length = windowSeconds[kind] * 1000;
  const startsAt = Math.floor(at.getTime() / length) * length;
  return { startsAt: new Date(startsAt), endsAt: new Date(startsAt + length) };
}

/** When to come back. *Units*: whole seconds, at least 1. */
export function retryAfterSeconds(window: RateWindow, at: Date): number {
  return Math.max(1, Math.ceil((window.endsAt.getTime() - at.getTime()) / 1000));
}

/**
 * Who a count is held against: the client; for a holder the person or enterprise, since all of them come through one
 * wallet; for a stranger the address. *Trust*: the address is the one the connection comes from, or a trusted proxy's word.
 */
export function rateSubject(caller: Caller, address: string): string {
  if (caller.kind === "STRANGER") return `address:${networkOf(address)}`;
  if (caller.kind !== "HOLDER") return `client:${caller.clientId}`;
  // A digest: a count needs no personal identifier.
  const { idType, id } = caller.holder;
  return `holder:${createHash("sha256").update(`${idType} ${id}`).digest("base64url")}`;
}

/** An IPv4 address itself; of IPv6 the /64, which is what one subscriber gets. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(":")) return address;
  const [before = "", after] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = (text: string) => text.split(":").filter(Boolean);
  const [front, back] = [groups(before), groups(after ?? "")];
  const zeros = after === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const all = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

/**
 * How many points a copy of the hub takes at once, so that most requests need no round trip: a fiftieth of the limit.
 * What a copy has left at the window's end is lost to the client, which is why it is not more.
 */
export function leaseOf(points: number, limit: number): number {
  return Math.max(points, Math.ceil(limit / 50));
}

/**
 * How many of the wanted points lie within the limit, when the shared count stands at `taken` after they were added.
 * Every lease is an interval of its own below `taken`, so what all copies are granted together never passes the limit.
 */
export function grantedOf(taken: number, wanted: number, limit: number): number {
  return Math.max(0, Math.min(wanted, limit - (taken - wanted)));
}

/** How use cases tell of identifiers that were asked for in vain. */
export type Misses = Readonly<{
  /** Before looking anything up. *Throws* RATE_LIMITED, BUSY. */
  check: (caller: Caller) => Promise<void>;
  /** Before answering, outside of any transaction. *Throws* RATE_LIMITED, BUSY. */
  note: (caller: KnownCaller, misses: number) => Promise<void>;
}>;
