import type { Socket } from "node:net";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
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
import type { LoginConfig } from "../config.ts";
import { type ErrorCode, errorTable, HubError, type LocalizedText } from "../errors.ts";
import type { Hub } from "../hub.ts";
import { type Limits, limitRows, standardLimits } from "../limits.ts";
import { type Outage, outageOf } from "../store/outage.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { callerFinder, challengeOf } from "./caller.ts";
import type { Context } from "./context.ts";
import { describeError, errorBody, errorFormatter } from "./format-error.ts";
import { chargedCaller } from "./guard/charged-caller.ts";
import { limitRequestTime } from "./guard/request-time.ts";
import { schemaGuard, tracePlugin } from "./guard/schema-guard.ts";
import { securityHeaders } from "./guard/security-headers.ts";
import { readTrustedDocuments } from "./guard/trusted-documents.ts";
import { accessRecordRoutes } from "./http/access-records.http.ts";
import { docsRoutes } from "./http/docs.http.ts";
import { graphqlRoutes } from "./http/graphql.http.ts";
import { healthRoutes } from "./http/health.http.ts";
import { ingestRoutes } from "./http/ingest.http.ts";
import { keyRoutes } from "./http/keys.http.ts";
import { logRoutes } from "./http/log.http.ts";
import { problemRecordRoutes } from "./http/problem-records.http.ts";
import { reconcilingRoutes } from "./http/reconciling.http.ts";
import { statusListRoutes } from "./http/status-lists.http.ts";
import { limitsGuard } from "./limits/limits-plugin.ts";
import { cityLogin } from "./oauth/city-login.ts";
import { demoLogin } from "./oauth/demo-login.ts";
import { oauthRoutes } from "./oauth/oauth.http.ts";
import type { RealNameLogin } from "./oauth/real-name-login.ts";
import { makeSchema } from "./schema.ts";
import { readBranding } from "./web/branding.ts";
import { homeRoutes } from "./web/home.http.ts";
import { verifyRoutes } from "./web/verify.http.ts";

/** What the outside sees of the hub. */
export type ServerOptions = Readonly<{
  hub: Hub;
  tokenIssuer: string;
  tokenAudience: string;
  /** Serves GraphiQL, answers introspection, lets holders sign in by picking somebody. */
  demo: boolean;
  /** Whether the tokens of `npm run token` count, bound to no key; absent: in a demo. */
  acceptDemoTokens?: boolean;
  logger: FastifyBaseLogger;
  /** Absent: the standard ones. */
  limits?: Limits;
  /** Where the hub is reached, absent: as it calls itself; HTTPS there means HSTS here. */
  publicUrl?: string;
  /** File or folder of registered operations; absent: any operation runs. */
  trustedDocuments?: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[];
  /** Whose hub it is, as its pages say; absent: nobody's. */
  cityName?: LocalizedText | undefined;
  /** File of the city's emblem: SVG or PNG. */
  emblem?: string | undefined;
  /** The city's OpenID Provider, by which holders prove who they are; absent: in a demo by picking somebody, elsewhere not at all. */
  login?: LoginConfig | undefined;
}>;

/** When who was turned away by a 503 may come again: nobody frees a disk in five seconds. *Units*: seconds. */
const busyRetrySeconds = "5";
const fullRetrySeconds = "60";

/** How long an idle connection is kept for its next request: longer than a balancer keeps it. *Units*: milliseconds. */
const keepAliveMs = 65_000;

/** Builds the HTTP server, not yet listening. Closing it waits for requests under way. */
export async function makeServer(options: ServerOptions): Promise<FastifyInstance> {
  const { hub, tokenIssuer, tokenAudience, demo, logger } = options;
  const { limits = standardLimits, trustedProxies = [] } = options;
  const { acceptDemoTokens = demo, publicUrl = hub.publicUrl } = options;
  const issuers = [...(acceptDemoTokens ? [tokenIssuer] : []), ...(hub.tokenIssuer ? [hub.tokenIssuer] : [])];
  const rules = { issuers, audience: tokenAudience, publicUrl: hub.publicUrl, mayBeUnbound: acceptDemoTokens };
  const callerOf = chargedCaller(hub, callerFinder(hub, rules));
  const logUnexpected = (error: unknown): string => {
    const id = hub.newId();
    logger.error({ errorId: id, ...describeError(error) }, "unexpected error");
    return id;
  };
  const { schema } = makeSchema();
  const trusted = options.trustedDocuments && (await readTrustedDocuments(options.trustedDocuments, schema));
  if (!trusted && !demo) logger.warn("any operation runs: TRUSTED_DOCUMENTS is not set");
  const limiting = limitsGuard(limits);
  const apollo = new ApolloServer<Context>({
    schema,
    ...limiting.options,
    plugins: [limiting.plugin, schemaGuard(demo), tracePlugin(), statusPlugin, ...idlePluginsDisabled()],
    // Who may introspect is decided by schemaGuard, whose refusal has a code.
    introspection: true,
    hideSchemaDetailsFromClientErrors: true,
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
    clientErrorHandler: refuseClient,
    bodyLimit: limits.maxBodyBytes,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: 0,
    http: { headersTimeout: limits.maxHeaderMs, connectionsCheckingInterval: Math.min(1_000, limits.maxHeaderMs) },
    keepAliveTimeout: keepAliveMs,
    forceCloseConnections: "idle",
  });
  app.decorateRequest("caller", null);
  limitRequestTime(app, limits, ({ raw }) => refuseClient({ code: "ERR_HTTP_REQUEST_TIMEOUT" }, raw.socket));
  app.addHook("onResponse", logResponse);
  app.setErrorHandler((error, request, reply) => replyError(toHubError(error, logUnexpected), request, reply));
  const methodsAt = allowedMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(request.url);
    if (allowed !== undefined) reply.header("allow", allowed);
    return replyError(new HubError(allowed === undefined ? "NOT_FOUND" : "METHOD_NOT_ALLOWED"), request, reply);
  });
  app.addHook("onClose", () => apollo.stop());
  await securityHeaders(app, publicUrl);
  await app.register(accessRecordRoutes(hub, callerOf));
  await app.register(problemRecordRoutes(hub, callerOf));
  await app.register(graphqlRoutes({ hub, apollo, callerOf, limits, trusted: trusted || undefined }));
  const asHubError = (error: unknown) => toHubError(error, logUnexpected);
  await app.register(ingestRoutes({ hub, callerOf, limits, toHubError: asHubError }));
  await app.register(reconcilingRoutes(hub, callerOf, limits));
  await app.register(healthRoutes(hub));
  await app.register(keyRoutes(hub));
  await app.register(logRoutes(hub));
  await app.register(statusListRoutes(hub));
  const branding = await readBranding(options.cityName, options.emblem);
  await app.register(verifyRoutes(branding));
  await app.register(homeRoutes({ hub, branding, graphiql: demo }));
  if (hub.authorization) {
    const { keys, store } = hub.authorization;
    const login = await configuredLogin(options);
    const logClientFault = (facts: object) => logger.warn(facts, "a client did not prove itself");
    const parts = {
      hub,
      keys,
      store,
      audience: tokenAudience,
      demo,
      login,
      branding,
      logUnexpected,
      logClientFault,
    };
    await app.register(oauthRoutes(parts));
  }
  if (demo) await app.register(docsRoutes);
  return app;
}

/** The city's own login; without one, in a demo, a page to pick somebody on. */
async function configuredLogin({ hub, demo, login, logger }: ServerOptions): Promise<RealNameLogin | undefined> {
  if (login) return cityLogin(login, hub.now, (facts, words) => logger.warn(facts, words));
  return demo ? demoLogin(hub) : undefined;
}

/** Nothing is reported anywhere, and what nobody uses costs nothing. Traces are added by `tracePlugin` alone. */
function idlePluginsDisabled() {
  return [
    ApolloServerPluginCacheControlDisabled(),
    ApolloServerPluginInlineTraceDisabled(),
    ApolloServerPluginLandingPageDisabled(),
    ApolloServerPluginSchemaReportingDisabled(),
    ApolloServerPluginUsageReportingDisabled(),
  ];
}

/** A client that is stopped in the middle of a request, or whose database is away, learns so by the status, too. */
const statusPlugin: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ errors, response }) {
        const thrown = errors?.map(({ originalError }) => originalError) ?? [];
        const stopped = thrown.find(isRateLimited);
        const outage = thrown.map(outageIn).find((found) => found !== undefined);
        if (stopped) {
          response.http.status = stopped.status;
          response.http.headers.set("retry-after", String(stopped.details["retryAfterSeconds"]));
        } else if (outage) {
          response.http.status = errorTable[outage].status;
          response.http.headers.set("retry-after", retrySeconds(outage));
        }
      },
    };
  },
};

function outageIn(error: unknown): Outage | undefined {
  if (!(error instanceof HubError)) return outageOf(error);
  return error.code === "BUSY" || error.code === "STORAGE_FULL" ? error.code : undefined;
}

function retrySeconds(code: ErrorCode): string {
  return code === "STORAGE_FULL" ? fullRetrySeconds : busyRetrySeconds;
}

function isRateLimited(error: unknown): error is HubError {
  return error instanceof HubError && error.code === "RATE_LIMITED";
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
  if (error instanceof HubError) {
    if (error.cause !== undefined && error.status >= 500) log(error.cause);
    return error;
  }
  const code =
    typeof error === "object" && error !== null && "code" in error ? fastifyCodes[String(error.code)] : undefined;
  if (code) return new HubError(code);
  const outage = outageOf(error);
  if (outage) {
    log(error);
    return new HubError(outage);
  }
  const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) return new HubError("BAD_REQUEST");
  return new HubError("INTERNAL", { id: log(error) });
}

function replyError(error: HubError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.status === 401) reply.header("www-authenticate", challengeOf(error));
  if (error.status === 503) reply.header("retry-after", retrySeconds(error.code));
  if (error.code === "RATE_LIMITED") reply.header("retry-after", String(error.details["retryAfterSeconds"]));
  if (isEndless(request, error)) reply.header("connection", "close");
  return reply.code(error.status).header("cache-control", "no-store").send(errorBody(error));
}

/**
 * Whether the rest of a body is not worth waiting for. Otherwise it is let in, unread, so that its sender sees the answer
 * and not a connection that broke.
 */
function isEndless({ raw, headers, routeOptions }: FastifyRequest, { code }: HubError): boolean {
  if (raw.complete !== false || (routeOptions.config.lingers && code !== "REQUEST_TIMEOUT")) return false;
  const length = Number(headers["content-length"] ?? Number.POSITIVE_INFINITY);
  return code === "REQUEST_TIMEOUT" || length > limitRows.maxBodyBytes.value;
}

/** Answers what is no HTTP request, or none in time, and ends the connection. */
function refuseClient(problem: Pick<NodeJS.ErrnoException, "code">, socket: Socket): void {
  if (problem.code === "ECONNRESET" || socket.destroyed) return;
  const error = new HubError(problem.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "REQUEST_TIMEOUT" : "BAD_REQUEST");
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "connection: close",
  ];
  if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
