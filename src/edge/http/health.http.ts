import type { FastifyPluginAsync } from "fastify";
import type { Hub } from "../../hub.ts";

/** `/healthz`: the process answers. `/readyz`: the database answers and every migration is done, else 503. */
export function healthRoutes(hub: Hub): FastifyPluginAsync {
  return async (app) => {
    app.get("/healthz", async () => ({ status: "alive" }));
    app.get("/readyz", async (_request, reply) => {
      const isReady = await hub.isReady().catch(() => false);
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "not ready" });
    });
  };
}
