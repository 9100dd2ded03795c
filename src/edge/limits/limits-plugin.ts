import type { ApolloServerOptionsWithSchema, ApolloServerPlugin, BaseContext } from "@apollo/server";
import { type DocumentNode, GraphQLError, type GraphQLSchema, type ValidationRule } from "graphql";
import { HubError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { refusal, refusalExtensions } from "./limits.ts";
import type { Variables } from "./limits-arguments.ts";
import { checkCost } from "./limits-cost.ts";
import { checkStructure } from "./limits-structure.ts";

/**
 * Refuses a document that breaks any limit: first by its shape, then by what it would answer with these variables.
 * Stops at the first limit broken.
 *
 * Trust: everything but the schema is attacker-chosen. `variables` are raw; `undefined` when not known yet.
 * Throws: a GraphQLError with HTTP status 400 and a code of the error table, see `refusal`.
 */
export type DocumentCheck = (
  document: DocumentNode,
  schema: GraphQLSchema,
  variables: Variables | undefined,
  operationName?: string,
) => void;

/** The limits of one process, as its GraphQL server takes them. */
export function limitsGuard(limits: Limits) {
  // Documents whose shape was found good; Apollo keeps validated documents and hands out the same object again.
  const wellShaped = new WeakSet<DocumentNode>();

  const checkDocument: DocumentCheck = (document, schema, variables, operationName) => {
    if (!wellShaped.has(document)) {
      checkStructure(limits, document);
      wellShaped.add(document);
    }
    checkCost(limits, document, schema, variables, operationName);
  };

  /**
   * Validation rule that looks at the shape before any other rule does real work. To delete the document (`null`) is
   * the visitor's own way to keep it from the rules that would walk it: throwing here would answer 500.
   */
  const limitsRule: ValidationRule = (context) => ({
    Document(document) {
      try {
        checkStructure(limits, document);
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        context.reportError(error);
        return null;
      }
      wellShaped.add(document);
      return undefined;
    },
  });

  return {
    checkDocument,
    /** The shape alone, for a server that has its own way to validate. */
    checkShape: (document: DocumentNode) => checkStructure(limits, document),
    /**
     * Options of ApolloServer that belong to the limits; spread them beside `plugins: [plugin, ...]`.
     * Leave `maxRecursiveSelections` unset: with it Apollo runs other rules before this one.
     */
    options: {
      parseOptions: { maxTokens: limits.maxTokens },
      validationRules: [limitsRule],
      validationOptions: { maxErrors: limits.maxErrors },
      executionOptions: { maxCoercionErrors: limits.maxErrors },
      allowBatchedHttpRequests: false,
    } satisfies Partial<ApolloServerOptionsWithSchema<BaseContext>>,
    /**
     * Checks the cost once variables are known and gives every refusal its own code. Put it first: plugins after it,
     * and `formatError`, then see the final code and message.
     */
    plugin: {
      async requestDidStart() {
        return {
          async didResolveOperation({ document, schema, request }) {
            checkDocument(document, schema, request.variables ?? {}, request.operationName);
          },
          async didEncounterErrors({ errors }) {
            for (const error of errors) restoreRefusal(limits, error);
          },
        };
      },
    } satisfies ApolloServerPlugin,
  };
}

/** Apollo renames whatever parsing and validation report; this puts our code back and bounds what is echoed. */
function restoreRefusal(limits: Limits, error: GraphQLError): void {
  const { code } = error.extensions;
  const { originalError } = error;
  if (code === "GRAPHQL_VALIDATION_FAILED" && originalError instanceof HubError) {
    Object.assign(error.extensions, refusalExtensions(originalError));
  }
  if (
    code === "GRAPHQL_PARSE_FAILED" &&
    /^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(error.message)
  ) {
    const tooLong = refusal(limits, "QUERY_TOO_LONG", "maxTokens", limits.maxTokens + 1);
    error.message = tooLong.message;
    Object.assign(error.extensions, tooLong.extensions);
  }
  if (error.message.length > limits.maxMessageLength) {
    error.message = `${error.message.slice(0, limits.maxMessageLength)}…`;
  }
}
