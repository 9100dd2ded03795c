import type { Caller, KnownCaller } from "../../domain/access/caller.ts";
import { rateSubject, retryAfterSeconds, windowOf } from "../../domain/access/rate.ts";
import { type ErrorDetails, HubError } from "../../errors.ts";
import type { MissCounts } from "../../store/access/miss-counts.ts";
import { outageOf } from "../../store/outage.ts";

/** What counting needs. `refuse` records a refusal and throws it. */
export type Tools = Readonly<{
  now: () => Date;
  limit: number;
  counts: MissCounts;
  refuse: (caller: KnownCaller, details: ErrorDetails) => Promise<never>;
}>;

/**
 * Stops a client that asked for too many identifiers in vain, before anything is looked up: from then on it is not
 * told what exists, whether it does or not. *Throws* RATE_LIMITED, BUSY, STORAGE_FULL.
 */
export async function checkMisses(tools: Tools, caller: Caller): Promise<void> {
  if (caller.kind === "STRANGER") return;
  const isOver = await tools.counts.isOver(rateSubject(caller, "")).catch(orBusy);
  if (isOver) throw new HubError("RATE_LIMITED", untilNextWindow(tools));
}

/**
 * Counts identifiers that were asked for and do not exist or are not granted, before the caller is told so. The answer
 * that would pass the limit is not given; the passing is on record, once. *Throws* RATE_LIMITED, BUSY, STORAGE_FULL.
 */
export async function noteMisses(tools: Tools, caller: KnownCaller, misses: number): Promise<void> {
  if (misses === 0) return;
  const total = await tools.counts.add(rateSubject(caller, ""), misses).catch(orBusy);
  if (total <= tools.limit) return;
  const details = untilNextWindow(tools);
  if (total - misses <= tools.limit) return tools.refuse(caller, details);
  throw new HubError("RATE_LIMITED", details);
}

function untilNextWindow({ now }: Tools): ErrorDetails {
  const at = now();
  return { retryAfterSeconds: retryAfterSeconds(windowOf("miss", at), at) };
}

function orBusy(cause: unknown): never {
  throw new HubError(outageOf(cause) ?? "BUSY", {}, { cause });
}
