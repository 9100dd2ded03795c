import { type ASTNode, GraphQLError } from "graphql";
import { type ErrorCode, errorTable, HubError } from "../../errors.ts";
import type { LimitName, Limits } from "../../limits.ts";

/** How many items a list without pages is taken to hold when its field is priced; a list not named here holds 10. */
export const assumedListSizes: Readonly<Record<string, number>> = {
  "Query.licenseTypes": 50,
  "Query.departments": 50,
  "Submission.results": 1_000,
  "SubmissionResult.problems": 2,
  "ProblemRecord.problems": 2,
  "Query.problemCounts": 100,
  "Query.dataQuality": 100,
  "Query.correctionCounts": 100,
  "License.corrections": 2,
  "Correction.history": 5,
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
  "Mutation.objectToLicense": 500,
  "Query.checkMaterials": 1_000,
};

/** List arguments with a limit of their own; `null` leaves the list to the use case, which counts it itself. */
export const listArgumentLimits: Readonly<Record<string, LimitName | null>> = {
  "Query._entities.representations": "maxRepresentations",
  "SubmitLicensesInput.records": null,
  "ReconcileDaysInput.days": null,
};

/**
 * The one way a query is refused: HTTP 400, a code of the error table, both languages, and which limit was broken.
 * `found` is what had been counted when the check stopped, so "at least".
 */
export function refusal(
  limits: Limits,
  code: ErrorCode,
  name: LimitName,
  found: number | string,
  node?: ASTNode,
): GraphQLError {
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
