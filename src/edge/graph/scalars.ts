import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from "graphql";
import { parseDate, parseInstant } from "../../domain/calendar.ts";
import { checkKnownAt } from "../../domain/licenses/history.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";

/** A calendar date. Wrong input never reaches a resolver. */
export const DateScalar = new GraphQLScalarType<string, string>({
  name: "Date",
  description: "A calendar date in Asia/Shanghai: `2026-11-22`.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
  serialize: (value) => String(value),
  parseValue: (value) => {
    const date = typeof value === "string" ? parseDate(value) : undefined;
    if (date === undefined) throw new GraphQLError("A Date is a day that exists, written YYYY-MM-DD.");
    return date;
  },
});

/**
 * An instant. As input it is kept as its text and judged where it is used: in a submission a wrong one is a problem of
 * its record (DATE_INVALID) and must not stop the others.
 */
export const DateTimeScalar = new GraphQLScalarType<string, string>({
  name: "DateTime",
  description: "An instant, RFC 3339 with offset: `2026-11-22T08:00:00+08:00`. Answers are in UTC.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
  serialize: (value) => (value instanceof Date ? value.toISOString() : toUtcText(String(value))),
  parseValue: (value) => {
    if (typeof value !== "string") throw new GraphQLError("A DateTime is a text of RFC 3339.");
    return value;
  },
});

/** PostgreSQL prints `2026-11-22 00:00:00.123+00`. */
function toUtcText(text: string): string {
  const instant = parseInstant(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
  return instant ? instant.toISOString() : text;
}

/** Any JSON value; what it may hold is checked by the use case it goes to. */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: "JSON",
  description: "Any JSON value.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259",
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => {
    if (node.kind === Kind.ENUM) throw new GraphQLError("JSON has no enum values: put texts in quotes.");
    return valueFromASTUntyped(node, variables);
  },
});

/** An instant argument. *Trust*: attacker-chosen. *Throws* INPUT_INVALID naming it. */
export function toInstant(argument: string, text: string | null | undefined): Date | undefined {
  if (text === null || text === undefined) return undefined;
  const instant = parseInstant(text);
  if (!instant) throw new HubError("INPUT_INVALID", { argument });
  return instant;
}

/** The argument `knownAt`: an instant that has been. *Throws* INPUT_INVALID. */
export function toPastInstant(hub: Pick<Hub, "now">, text: string | null | undefined): Date | undefined {
  const instant = toInstant("knownAt", text);
  checkKnownAt(instant, hub.now());
  return instant;
}
