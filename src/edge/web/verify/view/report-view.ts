import { lacksStateOnly, verificationCodes, verificationSteps } from "../../../../proof/verification.ts";
import type { VerificationCheck, VerificationReport } from "../../../../use-cases/licenses/verify-license.ts";
import { claimsText, type Mask, maskOf } from "../personal.ts";
import type { Verified } from "../verifier.ts";
import { make, value, visible } from "./element.ts";
import { attributeFacts, type Fact, factList, hidesSomething, licenseFacts } from "./license-view.ts";
import { stepWords } from "./step-words.ts";
import { instantText, type Language, type Word, withInstants, words } from "./words.ts";

/** How a report is shown. `isRevealed`: identifiers of people in full. `onReveal`: the reader wants it otherwise. */
export type ReportView = Readonly<{ language: Language; isRevealed: boolean; onReveal(): void }>;

/** A verdict in one sentence, for whoever hears the page. */
export function verdictText(report: VerificationReport, language: Language): string {
  const colon = language === "zh" ? "：" : ": ";
  const space = language === "zh" ? "" : " ";
  return `${words.resultTitle[language]}${colon}${words[verdictWord(report)][language]}${language === "zh" ? "。" : "."}${space}${reasonOf(report, language)}`;
}

/** The large verdict: colour, sign and words in both languages. `beside`: what it was made of. */
export function verdictElement({ reports, at }: Verified, language: Language, beside: readonly Fact[]): HTMLElement {
  const report = reports[language];
  const { outcome } = report;
  const verdict = verdictWord(report);
  const other = language === "zh" ? "en" : "zh";
  const skipped = report.checks.filter(({ outcome, code }) => outcome === "SKIPPED" && code === "NOT_CHECKED");
  const names = skipped.map(({ name }) => stepName(name, language)).join(language === "zh" ? "、" : ", ");
  return make(
    "div",
    { class: `verdict ${outcome.toLowerCase()}` },
    make("span", { class: "sign", "aria-hidden": "true" }, signs[outcome]),
    make(
      "div",
      {},
      make(
        "h2",
        { id: "verdict-title" },
        words[verdict][language],
        " ",
        make("span", { lang: htmlLanguage(other) }, words[verdict][other]),
      ),
      make("p", { class: "why" }, reasonOf(report, language)),
      ...(outcome === "VALID" && skipped.length > 0 ? [make("p", {}, words.notChecked[language] + names)] : []),
      make("p", { class: "asked" }, `${words.askedAbout[language]} `, instantText(at, language)),
      ...beside.map(({ name, text }) => make("p", { class: "asked" }, `${name} `, value(text))),
    ),
  );
}

/** What the license says; nothing when its signature did not hold. */
export function licenseElement({ reports }: Verified, view: ReportView): HTMLElement | undefined {
  const { language, isRevealed } = view;
  const { license: claims, outcome } = reports[language];
  if (!claims) return undefined;
  const mask = isRevealed ? inFull : maskOf(claims);
  const attributes = attributeFacts(claims, mask);
  const section = make("section", { class: "card license", "aria-labelledby": "license-title" });
  section.append(make("h2", { id: "license-title" }, words.licenseTitle[language]));
  if (outcome === "INVALID") section.append(make("p", { class: "caution" }, words.licenseWarning[language]));
  section.append(factList(licenseFacts(claims, language, mask)));
  if (attributes.length > 0) section.append(make("h3", {}, words.attributes[language]), factList(attributes));
  if (hidesSomething(claims)) {
    const word: Word = isRevealed ? "conceal" : "reveal";
    const button = make("button", { type: "button", id: "reveal", class: "quiet" }, words[word][language]);
    button.addEventListener("click", view.onReveal);
    section.append(make("p", { class: "no-print" }, button));
  }
  return section;
}

/** The nine steps: what each asks, what came of it, what to do. */
export function stepsElement({ reports }: Verified, language: Language): HTMLElement {
  const items = reports[language].checks.map((check) => {
    const { name, outcome, code } = check;
    const heading = make(
      "h3",
      {},
      make("span", { class: "sign", "aria-hidden": "true" }, signs[outcome]),
      make("span", { class: "name" }, stepName(name, language)),
      make("span", { class: "state" }, words[stateOf(check)][language]),
    );
    const todo = code && outcome === "FAIL" ? verificationCodes[code].todo[language] : "";
    return make(
      "li",
      { class: `step ${outcome.toLowerCase()}` },
      heading,
      make("p", { class: "asks" }, stepWords[name].asks[language]),
      make("p", {}, value(foundText(check, language))),
      ...(todo === "" ? [] : [make("p", { class: "todo" }, make("b", {}, words.todo[language]), todo)]),
      ...(code ? [make("p", { class: "code" }, make("code", {}, code))] : []),
    );
  });
  return make(
    "section",
    { class: "card", "aria-labelledby": "steps-title" },
    make("h2", { id: "steps-title" }, words.stepsTitle[language]),
    make("ol", { class: "steps" }, ...items),
  );
}

/** Folded: which key, which algorithm, which bytes, and the signed content as it stands. */
export function technicalElement(verified: Verified, { language, isRevealed }: ReportView): HTMLDetailsElement {
  const { license: claims } = verified.reports[language];
  const details = make("details", { class: "card technical" });
  details.append(make("summary", {}, make("h2", {}, words.technicalTitle[language])));
  details.append(factList(technicalFacts(verified, language)));
  if (claims) {
    const text = visibleLines(claimsText(claims, isRevealed ? inFull : maskOf(claims)));
    details.append(make("h3", { id: "claims-title" }, words.claims[language]));
    details.append(make("pre", { dir: "ltr", translate: "no", "aria-labelledby": "claims-title" }, text));
  }
  return details;
}

/** The report as text, to be put into a file of one's own. Identifiers of people stay masked. */
export function reportText(verified: Verified, language: Language, more: readonly Fact[]): string {
  const report = verified.reports[language];
  const { license: claims } = report;
  const steps = report.checks.map((check) => {
    const { name, outcome, code } = check;
    const state = words[stateOf(check)][language];
    return `${signs[outcome]} ${stepName(name, language)} [${code ?? outcome}] ${state} — ${foundText(check, language)}`;
  });
  const facts = [
    { name: words.askedAbout[language], text: instantText(verified.at, language) },
    ...(claims ? licenseFacts(claims, language, maskOf(claims)) : []),
  ];
  const technical = [...technicalFacts(verified, language), ...more];
  const rows = (list: readonly Fact[]) => list.map(({ name, text }) => `${name}: ${visible(text)}`);
  return [
    words.title[language],
    verdictText(report, language),
    "",
    ...rows(facts),
    "",
    ...steps,
    "",
    ...rows(technical),
    "",
  ].join("\n");
}

/** The language as documents name it. */
export function htmlLanguage(language: Language): string {
  return language === "zh" ? "zh-CN" : "en";
}

const signs = { VALID: "✓", INVALID: "✕", UNDECIDED: "?", PASS: "✓", FAIL: "✕", SKIPPED: "–" } as const;

const inFull: Mask = (text) => text;

function technicalFacts({ claimed, digest, reports }: Verified, language: Language): readonly Fact[] {
  const { license: claims } = reports[language];
  return [
    ...(claims ? [{ name: words.keyIssuer[language], text: claims.iss }] : []),
    ...(claimed ? [{ name: words.algorithm[language], text: claimed.alg }] : []),
    ...(claimed ? [{ name: words.keyId[language], text: claimed.kid }] : []),
    { name: words.fileDigest[language], text: digest },
  ];
}

/** The verdict in large letters. A license of which only the state is open is neither valid nor a riddle. */
function verdictWord({ outcome, checks }: VerificationReport): Word {
  return outcome === "UNDECIDED" && lacksStateOnly(checks) ? "STATE_UNCHECKED" : outcome;
}

/** Why the verdict is as it is: the first step that decided it. */
function reasonOf(report: VerificationReport, language: Language): string {
  const { outcome, checks } = report;
  if (outcome === "VALID") return words.validText[language];
  if (verdictWord(report) === "STATE_UNCHECKED") return words.stateUncheckedText[language];
  const decisive =
    outcome === "INVALID"
      ? checks.find((check) => check.outcome === "FAIL")
      : checks.find(({ outcome, code }) => outcome === "SKIPPED" && code !== "NOT_REACHED");
  const general = outcome === "INVALID" ? words.invalidText[language] : words.undecidedText[language];
  if (!decisive?.code) return general;
  const text = verificationCodes[decisive.code].text[language];
  return language === "zh"
    ? `${general}${stepName(decisive.name, language)}：${text}`
    : `${general} ${stepName(decisive.name, language)}: ${text}`;
}

function foundText({ name, code, detail }: VerificationCheck, language: Language): string {
  const text = code ? verificationCodes[code].text[language] : stepWords[name].passed[language];
  if (detail === undefined) return text;
  const told = withInstants(detail, language);
  return language === "zh" ? `${text}（${told}）` : `${text} (${told})`;
}

function stateOf({ outcome, code }: VerificationCheck): Word {
  return code === "NOT_APPLICABLE" || code === "NOT_REACHED" ? code : outcome;
}

function stepName(name: VerificationCheck["name"], language: Language): string {
  return verificationSteps.find((row) => row.name === name)?.text[language] ?? name;
}

function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}
