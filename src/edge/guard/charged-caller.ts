import type { FastifyRequest } from "fastify";
import type { Caller } from "../../domain/access/caller.ts";
import type { Hub } from "../../hub.ts";
import { type FindCaller, senderHeaders } from "../caller.ts";

/** Tells who sends a request, and takes a point for it. *Throws* as `FindCaller`; RATE_LIMITED, BUSY. */
export type ChargedCaller = (request: FastifyRequest) => Promise<Caller>;

/** Makes the first step of every route that knows its caller: found, charged, and noted for the log. */
export function chargedCaller(hub: Pick<Hub, "charge">, findCaller: FindCaller): ChargedCaller {
  return async (request) => {
    const { ip: address } = request;
    const caller = await findCaller(senderHeaders(request)).catch(async (error: unknown) => {
      // Guessing tokens costs a stranger's points.
      await hub.charge({ kind: "STRANGER" }, { address, points: 1 });
      throw error;
    });
    request.caller = caller;
    await hub.charge(caller, { address, points: 1 });
    return caller;
  };
}
