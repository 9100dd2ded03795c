import type { Caller } from "../../domain/access/caller.ts";
import { rateSubject, retryAfterSeconds } from "../../domain/access/rate.ts";
import { HubError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { RateAnswer } from "../../store/access/rate-leases.ts";
import { outageOf } from "../../store/outage.ts";

/** What limiting needs. */
export type Tools = Readonly<{
  now: () => Date;
  limits: Pick<Limits, "maxPointsPerMinute" | "maxStrangerPointsPerMinute">;
  take: (subject: string, points: number, limit: number) => Promise<RateAnswer>;
}>;

/** What something costs, and the address it comes from: a stranger is known by nothing else. */
export type Charge = Readonly<{ address: string; points: number }>;

/**
 * Lets a caller go on while it has points left in this minute. When nobody can tell, nobody goes on.
 * *Throws* RATE_LIMITED, BUSY, STORAGE_FULL.
 */
export async function limitRate(tools: Tools, caller: Caller, { address, points }: Charge): Promise<void> {
  const { maxPointsPerMinute, maxStrangerPointsPerMinute } = tools.limits;
  const limit = caller.kind === "STRANGER" ? maxStrangerPointsPerMinute : maxPointsPerMinute;
  const answer = await tools.take(rateSubject(caller, address), points, limit).catch((cause: unknown) => {
    throw new HubError(outageOf(cause) ?? "BUSY", {}, { cause });
  });
  if (answer.isTaken) return;
  throw new HubError("RATE_LIMITED", { retryAfterSeconds: retryAfterSeconds(answer.window, tools.now()) });
}
