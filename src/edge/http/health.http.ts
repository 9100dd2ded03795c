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
      const status = problem === undefined || problem === "STORAGE_FULL" ? "ready" : "not ready";
      return reply
        .code(status === "ready" ? 200 : 503)
        .send({ status, ...(problem !== undefined && { problem: lineOf(problem) }) });
    });
  };
}

function lineOf(problem: NonNullable<Awaited<ReturnType<Hub["findTrouble"]>>>): string {
  if (problem === "MIGRATING") return "MIGRATING: The database is not at this version yet.";
  return `${problem}: ${errorTable[problem].message.en}`;
}
