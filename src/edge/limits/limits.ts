import { type ASTNode, GraphQLError } from "graphql";
import { type ErrorCode, errorTable, HubError } from "../../errors.ts";

/** What one request may ask for at most. Each number has its reason beside it; a refusal names the limit it broke. */
export const limits = {
  /** Tokens of a document. GraphiQL's introspection query has about 300, our longest sample query 250. */
  maxTokens: 2_000,
  /** Nested fields. Enterprises → edges → node → licenses → edges → node → predecessor → type → name is nine. */
  maxDepth: 12,
  /** Aliases, those of a fragment counted at every spread. A page that shows one field sixty times is a loop. */
  maxAliases: 60,
  /** Fields at the top of the operation: each is a use case with its own permission check and statements. */
  maxRootFields: 60,
  /** Fields side by side elsewhere. The widest type has about 30; graphql-js compares them in pairs. */
  maxFieldsPerSet: 200,
  /** Answer fields. 50 enterprises × 20 licenses × 15 fields are about 16,000; 100 × 100 × 15 are 150,000. */
  maxCost: 30_000,
  /** Answer fields of introspection, by assumed list sizes. One standard introspection query is about 140,000. */
  maxIntrospectionCost: 250_000,
  /** Lists of types inside each other under `__schema` and `__type`. `types { fields }` needs two. */
  maxIntrospectionLists: 2,
  /** Items of one page: `first` and `last`. */
  maxPageSize: 100,
  /** Items of a list argument, such as `usccs`. One statement, one round trip. */
  maxListArgument: 100,
  /** Entities the gateway resolves in one request: as many as one page holds. */
  maxRepresentations: 100,
  /** Levels of lists and objects inside an argument. Ours have five; graphql-js walks them by recursion. */
  maxArgumentDepth: 20,
  /** Directives of a document. An ordinary query has none or a few `@include`. */
  maxDirectives: 20,
  /** Characters of a name, number or enum value. Validation errors repeat names back to the caller. */
  maxNameLength: 128,
  /** Operations of a document: only one runs, the others are only work. */
  maxOperations: 1,
  /** Bytes of a body with a token: 1,000 records of a submission with room to spare. */
  maxBodyBytes: 8 * 1024 * 1024,
  /** Bytes of a body without a token: a query, its variables and a license to verify. */
  maxAnonymousBodyBytes: 192 * 1024,
  /** Errors reported of a query that does not fit the schema, or of its variables. */
  maxErrors: 5,
  /** Characters of an error message: graphql-js quotes what it was sent. */
  maxMessageLength: 500,
} as const;

/** Name of a limit, as it stands in the details of a refusal. */
export type LimitName = keyof typeof limits;

/** How many items a list without pages is taken to hold when its field is priced; a list not named here holds 10. */
export const assumedListSizes: Readonly<Record<string, number>> = {
  "Query.licenseTypes": 50,
  "Query.departments": 50,
  "Submission.results": 1_000,
  "SubmissionResult.problems": 2,
  "MaterialCheck.answers": 20,
  "MaterialAnswer.reasons": 2,
  "MaterialAnswer.sources": 2,
  "MaterialBundle.licenses": 20,
  "__Schema.types": 100,
  "__Field.args": 2,
  "__Type.inputFields": 5,
  "__Type.interfaces": 2,
  "__Type.possibleTypes": 2,
  "__Type.enumValues": 5,
};

/** Fields that are work themselves, whatever they answer: priced so that a request holds only a few of them. */
export const fieldCosts: Readonly<Record<string, number>> = {
  // A token is parsed and its signature checked, and anybody may ask: five a request.
  "Query.verifyLicense": 5_000,
  "Query.confirmLicense": 500,
  "Query.checkMaterials": 1_000,
};

/** List arguments with a limit of their own; `null` leaves the list to the use case, which counts it itself. */
export const listArgumentLimits: Readonly<Record<string, LimitName | null>> = {
  "Query._entities.representations": "maxRepresentations",
  "SubmitLicensesInput.records": null,
};

/**
 * The one way a query is refused: HTTP 400, a code of the error table, both languages, and which limit was broken.
 * `found` is what had been counted when the check stopped, so "at least".
 */
export function refusal(code: ErrorCode, name: LimitName, found: number | string, node?: ASTNode): GraphQLError {
  const cause = new HubError(code, { name, limit: limits[name], found });
  return new GraphQLError(cause.message, {
    nodes: node ? [node] : null,
    originalError: cause,
    extensions: refusalExtensions(cause),
  });
}

/** Public form of a refusal; `http` is Apollo's word for status and headers and does not reach the caller. */
export function refusalExtensions(cause: HubError): Record<string, unknown> {
  return {
    code: cause.code,
    messageZh: errorTable[cause.code].message.zh,
    details: cause.details,
    http: { status: cause.status },
  };
}
