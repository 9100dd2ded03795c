import type { ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import { type DocumentNode, GraphQLError, visit } from "graphql";
import { type Caller, may } from "../../domain/access/caller.ts";
import { type ErrorCode, HubError } from "../../errors.ts";
import type { Context } from "../context.ts";
import { refusalExtensions } from "../limits/limits.ts";

/** The header by which a gateway asks for a trace of its subgraph's part. *Source*: Apollo's federated tracing. */
export const traceHeader = "apollo-federation-include-trace";

/** What a document asks of the schema itself. */
type Secrets = Readonly<{ introspects: boolean; readsSdl: boolean }>;

const secretsOf = new WeakMap<DocumentNode, Secrets>();

/**
 * Refuses what shows the schema, before anything runs: introspection to all but operators, outside of a demo; the
 * federated schema (`_service`) to all but the gateway.
 */
export function schemaGuard(demo: boolean): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, contextValue: { caller } }) {
          const secrets = secretsOf.get(document) ?? findSecrets(document);
          secretsOf.set(document, secrets);
          if (secrets.introspects && !demo && !isOperator(caller)) throw refuse("SCHEMA_HIDDEN");
          if (secrets.readsSdl && !isGateway(caller)) throw refuse("SCHEMA_HIDDEN");
        },
      };
    },
  };
}

/** Adds a trace to an answer when its request was let ask for one; other requests pay nothing for it. */
export function tracePlugin(): ApolloServerPlugin<Context> {
  const inline: ApolloServerPlugin<Context> = ApolloServerPluginInlineTrace({ includeErrors: { masked: true } });
  return {
    async requestDidStart(request) {
      const isAsked = request.request.http?.headers.get(traceHeader) !== undefined;
      return isAsked ? inline.requestDidStart?.(request) : undefined;
    },
  };
}

/** The header's value, when it is there and the caller may ask for traces. *Throws* SCHEMA_HIDDEN. */
export function wantedTrace(header: string | readonly string[] | undefined, caller: Caller): string | undefined {
  if (header === undefined) return undefined;
  if (!isGateway(caller)) throw new HubError("SCHEMA_HIDDEN");
  return String(header);
}

/** Whether a caller is the gateway itself, by a token of its own. */
export function isGateway(caller: Caller): boolean {
  return may(caller, "READ_SCHEMA") === "ALLOWED";
}

/** Whether a caller is an operator. */
export function isOperator(caller: Caller): boolean {
  return may(caller, "MANAGE_CLIENTS") === "ALLOWED";
}

/** These fields stand at the root of a query only, so their names tell, wherever they are written. */
function findSecrets(document: DocumentNode): Secrets {
  const names = new Set<string>();
  visit(document, { Field: (node) => void names.add(node.name.value) });
  return { introspects: names.has("__schema") || names.has("__type"), readsSdl: names.has("_service") };
}

function refuse(code: ErrorCode): GraphQLError {
  const cause = new HubError(code);
  return new GraphQLError(cause.message, { originalError: cause, extensions: refusalExtensions(cause) });
}
