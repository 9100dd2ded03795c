import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
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
        // What is hijacked loses the headers that every answer has.
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) reply.raw.setHeader(name, value);
        // A wallet may ask for its answer as a form that is sent on.
        reply.raw.setHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
        await handle(request.raw, reply.raw);
      };
      for (const [url, ...method] of endpoints(parts)) raw.route({ method, url, handler });
    });
  };
}

/** Where the authorization server answers what; whatever else is asked of it is not there. */
function endpoints({ login }: OauthParts): readonly (readonly [string, ...HTTPMethods[]])[] {
  return [
    ["/oauth/authorize", "GET"],
    ["/oauth/authorize/:uid", "GET"],
    ["/oauth/jwks", "GET", "OPTIONS"],
    ["/oauth/par", "POST", "OPTIONS"],
    ["/oauth/token", "POST", "OPTIONS"],
    ["/oauth/revoke", "POST", "OPTIONS"],
    ["/.well-known/oauth-authorization-server", "GET", "OPTIONS"],
    // Where nobody can sign in there is no OpenID Provider.
    ...(login ? ([["/.well-known/openid-configuration", "GET", "OPTIONS"]] as const) : []),
  ];
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
