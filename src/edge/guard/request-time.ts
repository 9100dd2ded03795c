import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Limits } from "../../limits.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A body that may come for hours: its route looks after its pauses itself. */
    isStream?: boolean;
    /** It reads on for a moment after a refusal, so that its sender sees it. */
    lingers?: boolean;
  }
}

/** Past the body's own time, whose refusal is the better one. *Units*: milliseconds. */
const graceMs = 1_000;

/**
 * Gives every request its time to come in, whatever becomes of it; Node's own clock knows no routes. A stream is exempt.
 * @param refuse answers a request that is still coming in, and ends its connection
 */
export function limitRequestTime(
  app: FastifyInstance,
  { maxBodyMs, maxHeaderMs }: Limits,
  refuse: (request: FastifyRequest) => void,
): void {
  const ms = Math.max(maxBodyMs, maxHeaderMs) + graceMs;
  app.addHook("onRequest", (request, reply, done) => {
    if (!request.routeOptions.config.isStream) {
      const timer = setTimeout(() => {
        if (!request.raw.complete) refuse(request);
      }, ms).unref();
      reply.raw
        .once("close", () => clearTimeout(timer))
        .once("finish", () => {
          if (request.raw.complete) clearTimeout(timer);
        });
    }
    done();
  });
}
