import { unwrapResolverError } from "@apollo/server/errors";
import type { GraphQLFormattedError } from "graphql";
import { type ErrorCode, errorTable, HubError } from "../errors.ts";
import { outageOf, sqlState } from "../store/outage.ts";
import { RequestEnded } from "../store/statement-deadline.ts";

/** Writes an unexpected error to the log and returns the id it is found under. */
export type LogUnexpected = (error: unknown) => string;

/**
 * Makes what a caller sees of an error: a code of the table, both languages, typed details; never a stack. What is in
 * no table becomes INTERNAL plus an id that is in the log.
 */
export function errorFormatter(log: LogUnexpected) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const error = unwrapResolverError(thrown);
    if (error instanceof HubError) return present(formatted, error.code, error.message, error.details);
    const found = formatted.extensions?.["code"];
    const code = typeof found === "string" ? (apolloCodes[found] ?? found) : found;
    if (sqlState(error) === noSuchCharacter) {
      return present(formatted, "INPUT_INVALID", errorTable.INPUT_INVALID.message.en, { reason: "CHARACTER" });
    }
    if (typeof code === "string" && isCallerMistake(code)) {
      return present(formatted, code, formatted.message, formatted.extensions?.["details"]);
    }
    // Thrown by the federation library over a representation it can not use; its words quote the caller's.
    if (formatted.path?.[0] === "_entities" && formatted.path.length <= 2 && sqlState(error) === undefined) {
      return present(formatted, "BAD_USER_INPUT", errorTable.BAD_USER_INPUT.message.en, {
        argument: "representations",
      });
    }
    if (error instanceof RequestEnded)
      return present(formatted, "DEADLINE_PASSED", errorTable.DEADLINE_PASSED.message.en);
    const outage = outageOf(error);
    if (outage) {
      log(error);
      return present(formatted, outage, errorTable[outage].message.en);
    }
    return present(formatted, "INTERNAL", errorTable.INTERNAL.message.en, { id: log(error) });
  };
}

/** SQLSTATE of a character that no text in the database may hold: U+0000. */
const noSuchCharacter = "22021";

/** Apollo's own codes that have another name here. */
const apolloCodes: Readonly<Record<string, ErrorCode>> = { OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST" };

/** Mistakes in the request itself, found by GraphQL or a limit: the message is about the caller's own text. */
function isCallerMistake(code: string): code is ErrorCode {
  return code in errorTable && code !== "INTERNAL" && code !== "BUSY";
}

function present(
  formatted: GraphQLFormattedError,
  code: ErrorCode,
  message: string,
  details?: unknown,
): GraphQLFormattedError {
  const { locations, path } = formatted;
  const extensions = { code, messageZh: errorTable[code].message.zh, ...(isFilled(details) && { details }) };
  return { message, ...(locations && { locations }), ...(path && { path }), extensions };
}

function isFilled(details: unknown): boolean {
  return typeof details === "object" && details !== null && Object.keys(details).length > 0;
}

/** The body of a refusal before GraphQL began: the same shape as any other GraphQL error. */
export function errorBody({ code, message, details }: HubError): { errors: readonly GraphQLFormattedError[] } {
  // Some client tools look for this word, and not for the code, before they send the text of a query.
  const shown = code === "PERSISTED_QUERY_NOT_SUPPORTED" ? "PersistedQueryNotSupported" : message;
  return { errors: [present({ message: "" }, code, shown, details)] };
}

/**
 * What the log may say of an unexpected error. The database's own words are left out: they quote the values of rows,
 * and those are people's.
 */
export function describeError(error: unknown): { name: string; code?: string; message?: string; at?: string } {
  if (!(error instanceof Error)) return { name: typeof error };
  const at = error.stack?.slice(error.stack.indexOf("\n    at ")).trim();
  const state = sqlState(error);
  const name = error.name;
  return state ? { name, code: state, ...(at && { at }) } : { name, message: error.message, ...(at && { at }) };
}
