import { type ApolloServer, HeaderMap } from "@apollo/server";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { Limits } from "../../limits.ts";
import type { Context } from "../context.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { checkBodyShape, parseJsonBody, watchBody } from "../guard/json-body.ts";
import { largeBodyLane } from "../guard/large-bodies.ts";
import { withinDeadline } from "../guard/request-deadline.ts";
import { isGateway, isOperator, traceHeader, wantedTrace } from "../guard/schema-guard.ts";
import { isHashOnly, registeredText, type TrustedDocuments } from "../guard/trusted-documents.ts";
import { makeLoaders } from "../loaders.ts";

/** What answering GraphQL needs. */
export type GraphqlParts = Readonly<{
  hub: Hub;
  apollo: ApolloServer<Context>;
  callerOf: ChargedCaller;
  limits: Limits;
  /** Undefined: any operation runs. */
  trusted: TrustedDocuments | undefined;
}>;

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/**
 * `POST /graphql`. What can be refused early is: the media type and the caller before the body, the body while it
 * comes, the query before it is parsed, the operation before it runs, and the work when its time is over.
 */
export function graphqlRoutes(parts: GraphqlParts): FastifyPluginAsync {
  const { hub, apollo, callerOf, limits } = parts;
  const inLane = largeBodyLane();
  const mostBytes = (caller: Caller) =>
    caller.kind === "STRANGER" ? limits.maxAnonymousBodyBytes : limits.maxBodyBytes;

  const admit = async (request: FastifyRequest): Promise<void> => {
    // A page of another site can send forms and plain text without asking first; JSON it can not.
    if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) throw new HubError("MEDIA_TYPE");
    const limit = mostBytes(await callerOf(request));
    if (Number(request.headers["content-length"] ?? 0) > limit) throw new HubError("BODY_TOO_LARGE", { limit });
  };

  const parse = async (request: FastifyRequest, bytes: Buffer): Promise<unknown> => {
    const points = Math.floor(bytes.length / limits.bytesPerPoint);
    if (points > 0) await hub.charge(request.caller ?? { kind: "STRANGER" }, { address: request.ip, points });
    checkBodyShape(request, bytes, limits);
    return inLane(bytes.length, () => parseJsonBody(bytes));
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const caller = request.caller ?? { kind: "STRANGER" };
    const headers = new HeaderMap();
    headers.set("content-type", "application/json");
    if (request.headers.accept) headers.set("accept", request.headers.accept);
    const trace = wantedTrace(request.headers[traceHeader], caller);
    if (trace) headers.set(traceHeader, trace);
    const body = readOperation(request.body, caller, parts);
    const response = await withinDeadline(limits.maxRequestMs, reply, () =>
      apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: "POST", headers, search: "", body },
        context: async () => ({ caller, hub, loaders: makeLoaders(hub, caller) }),
      }),
    );
    for (const [name, value] of response.headers) reply.header(name, value);
    reply.header("cache-control", "no-store").code(response.status ?? 200);
    return response.body.kind === "complete" ? response.body.string : "";
  };

  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(/^application\/json\s*(;|$)/i, { parseAs: "buffer" }, parse);
    app.route({
      method: "POST",
      url: "/graphql",
      bodyLimit: limits.maxBodyBytes,
      // The points may be long in coming, too.
      onRequest: (request, reply) => withinDeadline(limits.maxRequestMs, reply, () => admit(request)),
      preParsing: async (request, _reply, payload) =>
        watchBody(request, payload, mostBytes(request.caller ?? { kind: "STRANGER" }), limits),
      handler: answer,
    });
  };
}

/**
 * The body as Apollo shall see it: with the text of the operation, and nothing that asks for stored ones.
 * *Throws* BAD_REQUEST, QUERY_TOO_LONG, DOCUMENT_NOT_REGISTERED, PERSISTED_QUERY_NOT_SUPPORTED.
 */
function readOperation(body: unknown, caller: Caller, { limits, trusted }: GraphqlParts): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new HubError("BAD_REQUEST");
  const { documentId, extensions, ...rest }: Readonly<Record<string, unknown>> = { ...body };
  const { query } = rest;
  if (typeof query === "string" && query.length > limits.maxQueryCharacters) {
    const details = { name: "maxQueryCharacters", limit: limits.maxQueryCharacters, found: query.length };
    throw new HubError("QUERY_TOO_LONG", details);
  }
  // The gateway makes its own queries; operators look at the schema.
  const isFree = trusted === undefined || isGateway(caller) || isOperator(caller);
  if (isFree && isHashOnly({ query, extensions })) throw new HubError("PERSISTED_QUERY_NOT_SUPPORTED");
  return isFree ? rest : { ...rest, query: registeredText(trusted, { query, documentId, extensions }) };
}
