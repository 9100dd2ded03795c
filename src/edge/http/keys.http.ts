import type { FastifyPluginAsync } from "fastify";
import { keyTimes } from "../../domain/keys/key-life.ts";
import type { Hub } from "../../hub.ts";

/** `/.well-known/jwks.json`: every key that ever signed and those that will, with the period of their use. *Source*: RFC 7517 §5. */
export function keyRoutes(hub: Hub): FastifyPluginAsync {
  return async (app) => {
    app.get("/.well-known/jwks.json", async (_request, reply) =>
      reply
        .header("cache-control", `public, max-age=${keyTimes.keySetFreshSeconds}`)
        .header("access-control-allow-origin", "*")
        .header("cross-origin-resource-policy", "cross-origin")
        .type("application/jwk-set+json")
        .send(JSON.stringify({ keys: hub.publicKeys() })),
    );
  };
}
