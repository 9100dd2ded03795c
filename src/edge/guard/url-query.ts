import { parseInstant } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";

/** Longest text of a parameter. *Units*: characters. */
const maxCharacters = 100;

/** Parameters of an address, each at most once. *Throws*, when one is asked for: INPUT_INVALID, which names it. */
export type UrlQuery<Name extends string> = Readonly<{
  text: (name: Name) => string | undefined;
  instant: (name: Name) => Date | undefined;
}>;

/**
 * Reads what stands behind the question mark. *Trust*: attacker-chosen.
 * *Throws* INPUT_INVALID for a parameter that nobody reads.
 */
export function readUrlQuery<Name extends string>(query: unknown, names: readonly Name[]): UrlQuery<Name> {
  const given = new Map<string, unknown>(typeof query === "object" && query !== null ? Object.entries(query) : []);
  const unknown = [...given.keys()].find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new HubError("INPUT_INVALID", { argument: "query" });
  const text = (name: Name): string | undefined => {
    const value = given.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.length > maxCharacters || /\p{Cc}/u.test(value))
      throw new HubError("INPUT_INVALID", { argument: name });
    return value;
  };
  const instant = (name: Name): Date | undefined => {
    const value = text(name);
    const parsed = value === undefined ? undefined : parseInstant(value);
    if (value !== undefined && !parsed) throw new HubError("INPUT_INVALID", { argument: name });
    return parsed;
  };
  return { text, instant };
}
