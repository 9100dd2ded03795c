import type { LocalizedText } from "../../errors.ts";
import { essentialSteps, verificationCodes, verificationSteps } from "../../proof/verification.ts";
import type { VerificationCheck, VerificationReport } from "../../use-cases/licenses/verify-license.ts";
import { type Language, printable } from "../program.ts";

/** What came of one file: its report, or why it could not be read. */
export type FileResult = Readonly<{ file: string }> & (VerificationReport | Readonly<{ unreadable: string }>);

/** A report for a person: one line a step, the outcome last. */
export function linesOf({ checks, outcome }: VerificationReport, language: Language): readonly string[] {
  const deciding = checks.filter((check) => hasDecided(check, outcome));
  return [
    ...checks.map((check) => lineOf(check, deciding.includes(check), language)),
    `${outcome}  ${outcomes[outcome][language]}`,
  ];
}

/** One line about a file among many that is not VALID: the first step that decided so. */
export function lineOfFile(result: FileResult, language: Language): string {
  const file = printable(result.file);
  if ("unreadable" in result) return `${marks.SKIPPED} ${file}  UNDECIDED  ${printable(result.unreadable)}`;
  const { outcome, checks } = result;
  const first = checks.find((check) => hasDecided(check, outcome));
  const words = first?.code ? `  ${first.name} ${first.code}  ${verificationCodes[first.code].text[language]}` : "";
  return `${outcome === "INVALID" ? marks.FAIL : marks.SKIPPED} ${file}  ${outcome}${words}`;
}

/** How many files came to what. */
export type Tally = Readonly<Record<VerificationReport["outcome"], number>>;

/** The last line about many files. */
export function summaryOf({ VALID, INVALID, UNDECIDED }: Tally, language: Language): string {
  const all = VALID + INVALID + UNDECIDED;
  return language === "zh"
    ? `共 ${all} 个文件：有效 ${VALID}，无效 ${INVALID}，无法判断 ${UNDECIDED}。`
    : `${all} files: ${VALID} valid, ${INVALID} invalid, ${UNDECIDED} could not be told.`;
}

/** Whether it is by this step that the license is not VALID; one that was not reached is so for another's sake. */
function hasDecided({ name, outcome, code }: VerificationCheck, verdict: VerificationReport["outcome"]): boolean {
  if (outcome === "FAIL") return true;
  const isOpen = outcome === "SKIPPED" && code !== "NOT_REACHED";
  return verdict === "UNDECIDED" && isOpen && essentialSteps.some((step) => step === name);
}

function lineOf({ name, outcome, code, detail }: VerificationCheck, isDeciding: boolean, language: Language): string {
  const facts = detail === undefined ? "" : language === "zh" ? `（${detail}）` : ` (${detail})`;
  const words = code === undefined ? passedWords(name, language) : verificationCodes[code].text[language];
  const todo = code === undefined || !isDeciding ? "" : ` → ${verificationCodes[code].todo[language]}`;
  return `${marks[outcome]} ${name.padEnd(15)} ${(code ?? "PASS").padEnd(23)} ${words}${facts}${todo}`;
}

function passedWords(name: VerificationCheck["name"], language: Language): string {
  const step = verificationSteps.find((row) => row.name === name)?.text[language] ?? name;
  return language === "zh" ? `${step}：通过` : `${step}: in order.`;
}

const marks = { PASS: "✓", FAIL: "✗", SKIPPED: "–" } as const;

const outcomes = {
  VALID: { en: "Every check this file allows has passed.", zh: "有效：本文件可作的检查全部通过。" },
  INVALID: { en: "Do not rely on this license.", zh: "无效：请勿采信该证照。" },
  UNDECIDED: { en: "Could not tell.", zh: "无法判断。" },
} as const satisfies Record<VerificationReport["outcome"], LocalizedText>;
