import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { LocalizedText } from "../errors.ts";
import { type WitnessRule, witnessRuleOf } from "../proof/log/witness-rule.ts";
import { UsageError } from "./usage-error.ts";

export { UsageError };

/** The language a reader of a report has asked for. */
export type Language = keyof LocalizedText;

/** Takes a program's arguments apart. *Throws* UsageError. */
export function parseWords<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} (see --help).`);
  }
}

/** Reads the language asked for. *Throws* UsageError. */
export function readLanguage(text: string): Language {
  if (text !== "en" && text !== "zh") throw new UsageError("--lang is en or zh.");
  return text;
}

/** Which witnesses are asked for, and how many of them; undefined: none. *Throws* UsageError. */
export function readWitnesses(names: readonly string[], least: string | undefined): WitnessRule | undefined {
  if (names.length === 0) {
    if (least !== undefined) throw new UsageError("--min-witnesses needs their keys: name each with --witness.");
    return undefined;
  }
  const rule = witnessRuleOf(names, Number(least ?? 1));
  if (!rule)
    throw new UsageError(
      "--witness is the key of a witness, NAME+ID+KEY, as it publishes it (an Ed25519 key for cosignatures), or a letter of it is wrong.",
    );
  const { keys, atLeast } = rule;
  if (!(Number.isInteger(atLeast) && atLeast >= 1 && atLeast <= keys.length))
    throw new UsageError(`--min-witnesses is a number from 1 to that of the witnesses named, which is ${keys.length}.`);
  return rule;
}

/** Text that cannot steer a terminal: control and direction characters become a question mark. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "?");
}

/** JSON that cannot steer a terminal. */
export function jsonOf(value: unknown, indent?: number): string {
  const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, indent).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escaped);
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
