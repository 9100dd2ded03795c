import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { problemTable } from "../../src/domain/licenses/problem.ts";
import { materialReasons, materialWarnings } from "../../src/domain/materials/material-reason.ts";
import { runEnds } from "../../src/domain/sources/source-run.ts";
import { errorTable, type LocalizedText } from "../../src/errors.ts";
import { verificationCodes } from "../../src/proof/verification.ts";

/** One code as a reader of schema/errors.md sees it. `fact`: what the table says beside the text, "" = nothing. */
export type DocumentedCode = Readonly<{ code: string; fact: string; text: LocalizedText }>;

/** A table of codes and the section of schema/errors.md it becomes. */
export type CodeTable = Readonly<{ title: string; about: string; codes: readonly DocumentedCode[] }>;

/** Every table of codes that leave the hub. A new table is added here, and nowhere else. */
export const codeTables: readonly CodeTable[] = [
  {
    title: "Errors of a call",
    about: "In `errors[].extensions.code` of a GraphQL answer, or in `code` of a plain one, with this HTTP status.",
    codes: Object.entries(errorTable).map(([code, { status, message }]) => ({
      code,
      fact: `HTTP ${status}`,
      text: message,
    })),
  },
  {
    title: "Problems of a submitted record",
    about: "In the outcome of the record. An error refuses the record; a warning is kept with it.",
    codes: Object.entries(problemTable).map(([code, { severity, message }]) => ({
      code,
      fact: severity === "ERROR" ? "Error" : "Warning",
      text: message,
    })),
  },
  {
    title: "Reasons of a material decision",
    about: "In `reasons` of each decision: why a material need not be submitted, or why it must be.",
    codes: Object.entries(materialReasons).map(([code, { message }]) => ({ code, fact: "", text: message })),
  },
  {
    title: "Warnings of a material decision",
    about: "In `warnings` of a decision: what to look at before the material is used. Never a ground to refuse.",
    codes: Object.entries(materialWarnings).map(([code, text]) => ({ code, fact: "", text })),
  },
  {
    title: "Codes of a verification",
    about: "In the report of a verified license, one at most for each step. A step that passed has no code.",
    codes: Object.entries(verificationCodes).map(([code, { outcome, text, todo }]) => ({
      code,
      fact: outcome === "FAIL" ? "The step failed" : "The step was skipped",
      text: { en: `${text.en} ${todo.en}`, zh: `${text.zh}${todo.zh}` },
    })),
  },
  {
    title: "Ends of a pull",
    about: "In each run of a source the hub pulls from: how it ended.",
    codes: Object.entries(runEnds).map(([code, text]) => ({ code, fact: "", text })),
  },
];

/** schema/errors.md as it should be: a section for each table, a heading for each code. */
export function renderErrors(tables: readonly CodeTable[] = codeTables): string {
  const sections = tables.map(({ title, about, codes }) =>
    [`# ${title}`, about, ...codes.map(renderCode)].join("\n\n"),
  );
  return `<!-- Printed by \`npm run errors:print\` from the tables in src; do not edit. -->\n\n${sections.join("\n\n")}\n`;
}

function renderCode({ code, fact, text }: DocumentedCode): string {
  return [`## ${code}`, ...(fact ? [`*${fact}.*`] : []), text.en, text.zh].join("\n\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync("schema/errors.md", renderErrors());
