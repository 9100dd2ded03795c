import type { LocalizedText } from "../errors.ts";

/** A wrong call, or a file that can not be used: one line for standard error, exit code 2. */
export class UsageError extends Error {
  /** What it says in each language. */
  readonly text: LocalizedText;

  constructor(text: LocalizedText | string) {
    const both = typeof text === "string" ? { en: text, zh: text } : text;
    super(both.en);
    this.text = both;
  }
}
