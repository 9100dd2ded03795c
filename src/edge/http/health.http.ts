import type { FastifyPluginAsync } from "fastify";
import { errorTable } from "../../errors.ts";
import type { Hub } from "../../hub.ts";

/**
 * `/healthz`: the process answers. `/readyz`: the database answers and every migration is done, else 503. `problem` says in
 * a line what is wrong; a hub whose database is full goes on answering, and is ready all the same.
 */
export function healthRoutes(hub: Hub): FastifyPluginAsync {
  return async (app) => {
    app.get("/healthz", async () => ({ status: "alive" }));
    app.get("/readyz", async (_request, reply) => {
      const problem = await hub.findTrouble();
      // Without a database nothing is answered; with a full one, or a log that is not signed, most things are.
      const status = problem === "BUSY" || problem === "MIGRATING" ? "not ready" : "ready";
      return reply
        .code(status === "ready" ? 200 : 503)
        .send({ status, ...(problem !== undefined && { problem: lineOf(problem) }) });
    });
  };
}

function lineOf(problem: NonNullable<Awaited<ReturnType<Hub["findTrouble"]>>>): string {
  if (problem === "MIGRATING") return "MIGRATING: The database is not at this version yet.";
  if (problem === "LOG_ROLLED_BACK" || problem === "LOG_FORKED") return `${problem}: ${logTroubles[problem]}`;
  return `${problem}: ${errorTable[problem].message.en}`;
}

const logTroubles = {
  LOG_ROLLED_BACK: "The database holds less of the public log than was signed before; nothing is signed.",
  LOG_FORKED: "The database holds another public log than was signed before; nothing is signed.",
} as const;
