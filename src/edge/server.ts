import { Transform } from "node:stream";
import { ApolloServer, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Caller } from "../domain/access/caller.ts";
import { type ErrorCode, HubError } from "../errors.ts";
import type { Hub } from "../hub.ts";
import { isUnavailable } from "../store/database.ts";
import { callerFinder, challengeOf, type SenderHeaders } from "./caller.ts";
import type { Context } from "./context.ts";
import { describeError, errorBody, errorFormatter } from "./format-error.ts";
import { docsRoutes } from "./http/docs.http.ts";
import { healthRoutes } from "./http/health.http.ts";
import { keyRoutes } from "./http/keys.http.ts";
import { limits } from "./limits/limits.ts";
import { limitsOptions, limitsPlugin } from "./limits/limits-plugin.ts";
import { makeLoaders } from "./loaders.ts";
import { demoLogin } from "./oauth/demo-login.ts";
import { oauthRoutes } from "./oauth/oauth.http.ts";
import type { RealNameLogin } from "./oauth/real-name-login.ts";
import { makeSchema } from "./schema.ts";

/** What the outside sees of the hub. */
export type ServerOptions = Readonly<{
  hub: Hub;
  tokenIssuer: string;
  tokenAudience: string;
  /** Serves GraphiQL and answers introspection. */
  demo: boolean;
  logger: FastifyBaseLogger;
  /** How holders prove who they are; absent: in a demo by picking somebody, elsewhere not at all. */
  realNameLogin?: RealNameLogin | undefined;
}>;

/** Deadlines on what outsiders can make slow. *Units*: milliseconds. */
const serverDeadlines = { request: 30_000, keepAlive: 65_000 } as const;

/** Builds the HTTP server, not yet listening. Closing it waits for requests under way. */
export async function makeServer({
  hub,
  tokenIssuer,
  tokenAudience,
  demo,
  logger,
  realNameLogin,
}: ServerOptions): Promise<FastifyInstance> {
  const issuers = [...(demo ? [tokenIssuer] : []), ...(hub.tokenIssuer ? [hub.tokenIssuer] : [])];
  const { publicUrl } = hub;
  const findCaller = callerFinder(hub, { issuers, audience: tokenAudience, publicUrl, mayBeUnbound: demo });
  const logUnexpected = (error: unknown): string => {
    const id = hub.newId();
    logger.error({ errorId: id, ...describeError(error) }, "unexpected error");
    return id;
  };
  const apollo = new ApolloServer<Context>({
    schema: makeSchema().schema,
    ...limitsOptions,
    plugins: [limitsPlugin(), ...idlePluginsDisabled()],
    introspection: demo,
    hideSchemaDetailsFromClientErrors: !demo,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    formatError: errorFormatter(logUnexpected),
  });
  await apollo.start();

  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: hub.newId,
    frameworkErrors: (_error, request, reply) => replyError(new HubError("BAD_REQUEST"), request, reply),
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: serverDeadlines.request,
    keepAliveTimeout: serverDeadlines.keepAlive,
    forceCloseConnections: "idle",
  });
  app.decorateRequest("caller", null);
  app.addHook("onResponse", logResponse);
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("referrer-policy", "no-referrer");
  });
  app.setErrorHandler((error, request, reply) => replyError(toHubError(error, logUnexpected), request, reply));
  app.setNotFoundHandler((request, reply) => replyError(new HubError("NOT_FOUND"), request, reply));
  app.addHook("onClose", () => apollo.stop());

  app.route({
    method: "POST",
    url: "/graphql",
    // Before the body is read: a stranger may not make the hub read much.
    onRequest: async (request) => {
      const caller = await findCaller(senderHeaders(request));
      request.caller = caller;
      if (Number(request.headers["content-length"] ?? 0) > mostBytes(caller)) throw tooLarge(caller);
    },
    // A body without a length is counted as it comes.
    preParsing: async (request, _reply, payload) => {
      const caller = request.caller ?? { kind: "STRANGER" };
      return request.headers["content-length"] === undefined ? payload.pipe(counting(caller)) : payload;
    },
    handler: async (request, reply) => {
      const caller: Caller = request.caller ?? { kind: "STRANGER" };
      refuseLongQuery(request.body);
      const headers = new HeaderMap();
      headers.set("content-type", request.headers["content-type"] ?? "");
      if (request.headers.accept) headers.set("accept", request.headers.accept);
      const {
        status,
        headers: answerHeaders,
        body,
      } = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: "POST", headers, search: "", body: request.body },
        context: async () => ({ caller, hub, loaders: makeLoaders(hub, caller) }),
      });
      for (const [name, value] of answerHeaders) reply.header(name, value);
      reply.header("cache-control", "no-store").code(status ?? 200);
      return body.kind === "complete" ? body.string : "";
    },
  });
  await app.register(healthRoutes(hub));
  await app.register(keyRoutes(hub));
  if (hub.authorization) {
    const { key, store } = hub.authorization;
    const login = realNameLogin ?? (demo ? demoLogin(hub) : undefined);
    const parts = { hub, key, store, audience: tokenAudience, demo, login, logUnexpected };
    await app.register(oauthRoutes(parts));
  }
  if (demo) await app.register(docsRoutes);
  return app;
}

/** Nothing is reported anywhere, no traces go out, and what nobody uses costs nothing. */
function idlePluginsDisabled() {
  return [
    ApolloServerPluginCacheControlDisabled(),
    ApolloServerPluginInlineTraceDisabled(),
    ApolloServerPluginLandingPageDisabled(),
    ApolloServerPluginSchemaReportingDisabled(),
    ApolloServerPluginUsageReportingDisabled(),
  ];
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

function senderHeaders({ method, url, headers }: FastifyRequest): SenderHeaders {
  const { authorization, dpop } = headers;
  const [path = ""] = url.split("?", 1);
  return { method, path, authorization, dpop: Array.isArray(dpop) ? dpop.join(", ") : dpop };
}

function mostBytes(caller: Caller): number {
  return caller.kind === "STRANGER" ? limits.maxAnonymousBodyBytes : limits.maxBodyBytes;
}

function tooLarge(caller: Caller): HubError {
  return new HubError("BODY_TOO_LARGE", { limit: mostBytes(caller) });
}

/** Longest query text, in characters: 2,000 tokens have room in it, and what is longer is not even hashed. */
const maxQueryCharacters = 32 * 1024;

function refuseLongQuery(body: unknown): void {
  const query = typeof body === "object" && body !== null && "query" in body ? body.query : undefined;
  if (typeof query !== "string" || query.length <= maxQueryCharacters) return;
  throw new HubError("QUERY_TOO_LONG", { limit: maxQueryCharacters, found: query.length });
}

/** Lets through what a caller may send, and breaks off at the first byte more. */
function counting(caller: Caller): Transform {
  let read = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      read += chunk.length;
      if (read > mostBytes(caller)) done(tooLarge(caller));
      else done(null, chunk);
    },
  });
}

/** One line a request: never a query, a variable, a token or an identifier. */
async function logResponse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const client = request.caller && request.caller.kind !== "STRANGER" ? request.caller.clientId : undefined;
  const { method, routeOptions } = request;
  request.log.info({
    method,
    route: routeOptions.url ?? "none",
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    client,
  });
}

const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE",
  FST_ERR_CTP_EMPTY_JSON_BODY: "BAD_REQUEST",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "BAD_REQUEST",
  FST_ERR_CTP_INVALID_JSON_BODY: "BAD_REQUEST",
};

function toHubError(error: unknown, log: (error: unknown) => string): HubError {
  if (error instanceof HubError) return error;
  const code =
    typeof error === "object" && error !== null && "code" in error ? fastifyCodes[String(error.code)] : undefined;
  if (code) return new HubError(code);
  if (isUnavailable(error)) {
    log(error);
    return new HubError("BUSY");
  }
  const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) return new HubError("BAD_REQUEST");
  return new HubError("INTERNAL", { id: log(error) });
}

function replyError(error: HubError, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.status === 401) reply.header("www-authenticate", challengeOf(error));
  if (error.status === 503) reply.header("retry-after", "5");
  return reply.code(error.status).header("cache-control", "no-store").send(errorBody(error));
}
