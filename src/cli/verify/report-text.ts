import type { LocalizedText } from "../../errors.ts";
import { essentialSteps, lacksStateOnly, verificationCodes, verificationSteps } from "../../proof/verification.ts";
import type { VerificationCheck, VerificationReport } from "../../use-cases/licenses/verify-license.ts";
import { type Language, printable } from "../program.ts";

/** What came of one file: its report, or why it could not be read. */
export type FileResult = Readonly<{ file: string }> & (VerificationReport | Readonly<{ unreadable: string }>);

/** A report for a person: one line a step, the outcome last. `day`: asked about, when it was told without a time. */
export function linesOf(report: VerificationReport, language: Language, day: string | undefined): readonly string[] {
  const { checks, outcome } = report;
  const verdict = verdictOf(report);
  const deciding = checks.filter((check) => hasDecided(check, outcome));
  return [
    ...checks.map((check) => lineOf(check, deciding.includes(check), language)),
    `${verdicts[verdict]}  ${outcomes[verdict][language]}${noonOf(day, language)}`,
  ];
}

/** A verdict in the words of a report for people: the outcome, of which one kind has a name of its own here. */
export type Verdict = VerificationReport["outcome"] | "STATE_UNCHECKED";

/** The verdict of a report. STATE_UNCHECKED: the signature holds, and nothing at hand told whether the license still stands. */
export function verdictOf({ outcome, checks }: VerificationReport): Verdict {
  return outcome === "UNDECIDED" && lacksStateOnly(checks) ? "STATE_UNCHECKED" : outcome;
}

/** One line about a file among many that is not VALID: the first step that decided so. */
export function lineOfFile(result: FileResult, language: Language): string {
  const file = printable(result.file);
  const said = (verdict: Verdict) => `${verdicts[verdict]}${language === "zh" ? ` ${shortly[verdict]}` : ""}`;
  if ("unreadable" in result) return `${marks.SKIPPED} ${file}  ${said("UNDECIDED")}  ${printable(result.unreadable)}`;
  const { outcome, checks } = result;
  const first = checks.find((check) => hasDecided(check, outcome));
  const words = first?.code ? `  ${first.name} ${first.code}  ${verificationCodes[first.code].text[language]}` : "";
  return `${outcome === "INVALID" ? marks.FAIL : marks.SKIPPED} ${file}  ${said(verdictOf(result))}${words}`;
}

/** How many files came to what. */
export type Tally = Readonly<Record<Verdict, number>>;

/** The last lines about many files. `day`: asked about, when it was told without a time. */
export function summaryOf(
  { VALID, INVALID, STATE_UNCHECKED, UNDECIDED }: Tally,
  language: Language,
  day: string | undefined,
): readonly string[] {
  const all = VALID + INVALID + STATE_UNCHECKED + UNDECIDED;
  const unchecked =
    STATE_UNCHECKED === 0
      ? ""
      : language === "zh"
        ? `${shortly.STATE_UNCHECKED} ${STATE_UNCHECKED}，`
        : `${STATE_UNCHECKED} signature valid but state not checked, `;
  const counted =
    language === "zh"
      ? `共 ${all} 个文件：${shortly.VALID} ${VALID}，${shortly.INVALID} ${INVALID}，${unchecked}${shortly.UNDECIDED} ${UNDECIDED}。`
      : `${all} files: ${VALID} valid, ${INVALID} invalid, ${unchecked}${UNDECIDED} could not be told.`;
  return [`${counted}${noonOf(day, language)}`, ...(VALID < all ? [more[language]] : [])];
}

/** At noon a license signed in the afternoon was not there yet. */
function noonOf(day: string | undefined, language: Language): string {
  if (day === undefined) return "";
  return language === "zh"
    ? `（所询时间：${day} 正午，Asia/Shanghai）`
    : ` (asked about noon of ${day} in Asia/Shanghai)`;
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

const verdicts = {
  VALID: "VALID",
  INVALID: "INVALID",
  STATE_UNCHECKED: "SIGNATURE VALID, STATE NOT CHECKED",
  UNDECIDED: "UNDECIDED",
} as const satisfies Record<Verdict, string>;

const outcomes = {
  VALID: { en: "Every check this file allows has passed.", zh: "有效：本文件可作的检查全部通过。" },
  INVALID: { en: "Do not rely on this license.", zh: "无效：请勿采信该证照。" },
  STATE_UNCHECKED: {
    en: "It may have been suspended, revoked or superseded since: add --online, or --status LIST.",
    zh: "签名有效，状态未核查：签发后可能已被暂扣、撤销或变更，请加 --online 或 --status LIST。",
  },
  UNDECIDED: { en: "Could not tell.", zh: "无法判断。" },
} as const satisfies Record<Verdict, LocalizedText>;

const shortly = {
  VALID: "有效",
  INVALID: "无效",
  STATE_UNCHECKED: "签名有效，状态未核查",
  UNDECIDED: "无法判断",
} as const satisfies Record<Verdict, string>;

const more = { en: "Verify one alone to read what to do.", zh: "单独验证其中一个文件，即可查看处理办法。" } as const;
