import type { ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "../usage-error.ts";
import type { Session } from "./session.ts";

export { UsageError };

/** What a command prints: lines for people, or a value for machines (`--json`). */
export type Output = Readonly<{
  lines: readonly string[];
  value: unknown;
  /** 0 unless said: 1 when some of it was refused. */
  exitCode?: number;
}>;

/** Options as they were typed. */
export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** How a command is typed and what it is for. */
type Usage = Readonly<{
  /** The words it needs, as its usage shows them: `ID KID`. */
  words: string;
  /** What it does, in one sentence. */
  about: string;
  options: ParseArgsOptionsConfig;
  /** A line for each option, and examples. */
  help: readonly string[];
}>;

/** What can be typed after `hub NOUN`, and works on the hub's database. */
export type SessionCommand = Usage &
  Readonly<{ run: (session: Session, words: readonly string[], values: Values) => Promise<Output> }>;

/** What can be typed after `hub`, and works from anywhere: it needs no database. */
export type RemoteCommand = Usage &
  Readonly<{ runAnywhere: (words: readonly string[], values: Values) => Promise<Output> }>;

export type Command = SessionCommand | RemoteCommand;

/** An option's text, or undefined. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** The texts of an option that may be repeated. */
export function textsOf(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** An option that has to be there. *Throws* UsageError. */
export function requiredText(values: Values, name: string): string {
  const text = textOf(values, name);
  if (text === undefined) throw new UsageError(`--${name} is missing`);
  return text;
}

/** An option's value of a list. *Throws* UsageError. */
export function choiceOf<const Choice extends string>(
  values: Values,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOf(values, name)?.toUpperCase();
  const choice = choices.find((one) => one === text);
  if (text !== undefined && !choice) throw new UsageError(`--${name} is one of ${choices.join(", ")}`);
  return choice;
}

/** The first line of what went wrong, without its full stop. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = error.message.split("\n")[0]?.replace(/\.$/, "");
  return line || ("code" in error ? String(error.code) : error.name);
}
