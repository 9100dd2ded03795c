import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { HubError } from "../../errors.ts";
import type { Branding } from "../web/branding.ts";
import { interactionRoutes } from "./interaction.http.ts";
import { type AuthorizationParts, authorizationServer, pathOf } from "./provider.ts";
import type { RealNameLogin } from "./real-name-login.ts";

/** What the routes need besides. `login` undefined: holders can not sign in. */
export type OauthParts = AuthorizationParts & Readonly<{ login: RealNameLogin | undefined; branding: Branding }>;

/**
 * `/oauth/*` and its discovery documents: the authorization server reads the raw request itself, in a plugin of its own,
 * so that no parser, error page or body limit of the hub gets between.
 */
export function oauthRoutes(parts: OauthParts): FastifyPluginAsync {
  const server = authorizationServer(parts);
  const speakAs = publicSpeaker(parts.hub.publicUrl);

  return async (app) => {
    // Who asks for tokens has none yet: it is counted by its address, like any stranger.
    app.addHook("onRequest", async (request) => {
      await parts.hub.charge({ kind: "STRANGER" }, { address: request.ip, points: 1 });
    });
    await app.register(interactionRoutes(parts, () => server().provider, speakAs));
    await app.register(async (raw) => {
      raw.removeAllContentTypeParsers();
      raw.setErrorHandler((error, _request, reply) => {
        const status = error instanceof HubError ? error.status : 500;
        const seconds = error instanceof HubError ? error.details["retryAfterSeconds"] : undefined;
        reply.header("retry-after", String(seconds ?? 5)).header("cache-control", "no-store");
        return reply.code(status).send({ error: status < 500 ? "temporarily_unavailable" : "server_error" });
      });
      raw.addContentTypeParser("*", (_request, _payload, done) => done(null));
      const handler = async (request: FastifyRequest, reply: FastifyReply) => {
        const { handle } = server();
        reply.hijack();
        speakAs(request.raw);
        // Everything but the authorization endpoint talks to programs: whatever they accept, they get JSON.
        if (!request.url.startsWith("/oauth/authorize")) request.raw.headers.accept = "application/json";
        reply.raw.setHeader("x-content-type-options", "nosniff");
        reply.raw.setHeader("referrer-policy", "no-referrer");
        reply.raw.setHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
        await handle(request.raw, reply.raw);
      };
      for (const url of ["/oauth/*", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])
        raw.route({ method: ["GET", "POST", "OPTIONS"], url, handler });
    });
  };
}

/** Tells the authorization server which address it goes by: PUBLIC_URL, whatever Host or proxy headers a request brings. */
function publicSpeaker(publicUrl: string): (request: IncomingMessage) => void {
  const { host, protocol } = new URL(publicUrl);
  const path = pathOf(publicUrl);
  return (request) => {
    request.headers.host = host;
    request.headers["x-forwarded-host"] = host;
    request.headers["x-forwarded-proto"] = protocol.slice(0, -1);
    Object.assign(request, { originalUrl: `${path}${request.url}` });
  };
}
