import { version } from "virtual:license-types";
import { parseInstant } from "../../../domain/calendar.ts";
import { keepForOffline } from "./offline.ts";
import { takeDrops } from "./taking/drop-zone.ts";
import { kindOf, readFragment, readInput, readText } from "./taking/input.ts";
import { readPicture } from "./taking/qr-reader.ts";
import { scanWithCamera } from "./taking/scan-dialog.ts";
import { openTrust } from "./trust.ts";
import { verifyTrusting } from "./verifier.ts";
import { byId } from "./view/element.ts";
import { keysElements, keysFacts, keysFaultText, keysOriginFact } from "./view/keys-view.ts";
import { type Occasion, occasionFacts } from "./view/occasion-view.ts";
import { foreignText, openProblemNotice } from "./view/problem.ts";
import { keepLanguage, readLanguage } from "./view/reader-language.ts";
import {
  htmlLanguage,
  licenseElement,
  reportText,
  stepsElement,
  technicalElement,
  verdictElement,
  verdictText,
} from "./view/report-view.ts";
import { instantText, isWord, type Language, type Word, words } from "./view/words.ts";

/** The page's door: what a reader does comes in here, and the only clock. */
const now = () => new Date();

/** Longest text shown in its field. A field of megabytes freezes a phone; the text is verified all the same. */
const maxShownCharacters = 200_000;

const field = byId("text", HTMLTextAreaElement);
const atField = byId("at", HTMLInputElement);
const fileInput = byId("file", HTMLInputElement);
const keysInput = byId("keys-file", HTMLInputElement);
const problem = openProblemNotice();
const announcement = byId("announcement", HTMLElement);
const result = byId("result", HTMLElement);

let language: Language = readLanguage();
let shown: (Occasion & { text: string }) | undefined;
let isRevealed = false;
let runs = 0;
const trust = openTrust(now, renderKeys);

byId("version", HTMLElement).textContent = version;
speak();
listen();
if (!globalThis.crypto?.subtle) complain("insecure");
await followFragment();
await keepForOffline();

function listen(): void {
  const onClick = (id: string, act: () => unknown) => byId(id, HTMLButtonElement).addEventListener("click", act);
  onClick("language", switchLanguage);
  onClick("choose", () => fileInput.click());
  onClick("scan", scan);
  onClick("camera-stop", () => byId("camera", HTMLDialogElement).close());
  onClick("clear", clear);
  onClick("copy", copyReport);
  onClick("print", () => window.print());
  onClick("keys-again", () => trust.fetchAgain().then(verifyAgain));
  onClick("keys-choose", () => keysInput.click());
  onClick("keys-back", () => trust.useHub().then(verifyAgain));
  byId("form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void verifyText(field.value);
  });
  fileInput.addEventListener("change", () => void takeChosen());
  keysInput.addEventListener("change", () => void takeKeys());
  field.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (text.length <= maxShownCharacters) return;
    event.preventDefault();
    field.value = "";
    void verifyText(text).then(() => say("tooLongToShow"));
  });
  window.addEventListener("hashchange", () => void followFragment());
  takeDrops(
    (files) => void verifyFiles(files),
    (text) => void verifyText(text),
  );
  window.addEventListener("beforeprint", () => fold(true));
  window.addEventListener("afterprint", () => fold(false));
}

/** `/verify/#TOKEN` verifies at once; the token does not stay in the address bar. */
async function followFragment(): Promise<void> {
  const fragment = location.hash.slice(1);
  if (fragment === "" || fragment === "content") return;
  history.replaceState(null, "", location.pathname + location.search);
  show(readFragment(fragment));
  await verifyText(readFragment(fragment));
}

async function takeChosen(): Promise<void> {
  const files = [...(fileInput.files ?? [])];
  if (files.length > 0) await verifyFiles(files);
  // The same file may be chosen again.
  fileInput.value = "";
}

/** One file; a verdict on the first of several would be taken for one on all. */
async function verifyFiles([file, ...others]: readonly File[]): Promise<void> {
  field.value = "";
  if (!file) return;
  if (others.length > 0) return complain("oneFile");
  if (file.size === 0) return complain("emptyFile");
  // A folder is dropped like a file, and cannot be read.
  const kind = await kindOf(file).catch(() => "UNREADABLE" as const);
  if (kind === "UNREADABLE") return complain("unreadableFile");
  if (kind !== "PICTURE" && kind !== undefined) return complain(() => foreignText(kind, language));
  if (kind === undefined) return verifyText(await readText(file), file.name);
  const read = await readPicture(file);
  if ("fault" in read) return complain(read.fault);
  show(readInput(read.text));
  await verifyText(read.text, file.name);
}

async function scan(): Promise<void> {
  problem.hide();
  const onText = (text: string) => {
    show(readInput(text));
    void verifyText(text);
  };
  await scanWithCamera(onText).catch(() => complain("NO_CAMERA"));
}

/** `file`: the name of the one that the text came as. */
async function verifyText(given: string, file?: string): Promise<void> {
  const text = readInput(given);
  const run = ++runs;
  const begun = now();
  problem.hide();
  if (text === "") return file === undefined ? complain("empty", field) : complain("emptyFile");
  const at = askedInstant();
  if (!at) return complain("atWrong", atField);
  say("working");
  try {
    const { verified, keys } = await verifyTrusting(trust, text, { at, begun });
    if (run !== runs) return;
    shown = { text, verified, file, keys, made: now() };
    isRevealed = false;
    render();
    announcement.textContent = verdictText(verified.reports[language], language);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    result.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
  } catch {
    if (run === runs) complain(globalThis.crypto?.subtle ? "failed" : "insecure");
  }
}

/** The time asked about, in Beijing time; undefined when what stands there is none. */
function askedInstant(): Date | undefined {
  if (atField.validity.badInput) return undefined;
  if (atField.value === "") return now();
  const seconds = atField.value.length === "2026-11-22T09:00".length ? ":00" : "";
  return parseInstant(`${atField.value}${seconds}+08:00`);
}

function show(text: string): void {
  field.value = text.length <= maxShownCharacters ? text : "";
}

function clear(): void {
  runs++;
  byId("form", HTMLFormElement).reset();
  shown = undefined;
  announcement.textContent = "";
  problem.hide();
  render();
  field.focus();
}

function render(): void {
  result.hidden = !shown;
  const report = byId("report", HTMLElement);
  if (!shown) {
    report.replaceChildren();
    return;
  }
  const view = { language, isRevealed, onReveal: toggleReveal };
  const license = licenseElement(shown.verified, view);
  const wasOpen = report.querySelector<HTMLDetailsElement>("details.technical")?.open ?? false;
  const technical = technicalElement(shown.verified, view);
  technical.open = wasOpen;
  const beside = occasionFacts(shown, language);
  const parts = [
    verdictElement(shown.verified, language, beside),
    license,
    stepsElement(shown.verified, language),
    technical,
  ];
  report.replaceChildren(...parts.filter((part) => part !== undefined));
  const printed = `${words.reportAt[language]} ${instantText(shown.made, language)} · ${location.origin}${location.pathname} · ${words.version[language]} ${version}`;
  byId("printed", HTMLElement).textContent = printed;
}

function toggleReveal(): void {
  isRevealed = !isRevealed;
  render();
  document.getElementById("reveal")?.focus();
}

async function copyReport(): Promise<void> {
  if (!shown) return;
  const { verified, keys: trusted, made } = shown;
  const more = [
    ...occasionFacts(shown, language),
    ...(trusted ? [keysOriginFact(trusted, language), ...keysFacts(trusted, language)] : []),
    { name: words.reportAt[language], text: instantText(made, language) },
  ];
  const isCopied = await navigator.clipboard
    ?.writeText(reportText(verified, language, more))
    .then(() => true)
    .catch(() => false);
  say(isCopied ? "copied" : "notCopied");
  const button = byId("copy", HTMLButtonElement);
  button.textContent = words[isCopied ? "copied" : "notCopied"][language];
  setTimeout(() => speakElement(button), 3000);
}

/** On paper nothing can be unfolded. */
function fold(isOpen: boolean): void {
  for (const details of document.querySelectorAll("details")) details.open = isOpen;
}

async function takeKeys(): Promise<void> {
  const file = keysInput.files?.[0];
  if (!file) return;
  const refused = await trust.takeOwn(file);
  keysInput.value = "";
  if (refused) {
    complainOf(() => keysFaultText(refused, language));
    return;
  }
  problem.hide();
  await verifyAgain();
}

/** A verdict stands for the keys it was made with, and for no others. */
async function verifyAgain(): Promise<void> {
  if (shown) await verifyText(shown.text, shown.file);
}

function renderKeys(): void {
  const keys = trust.current();
  const isOwn = keys !== undefined && "origin" in keys && keys.origin === "OWN";
  byId("keys", HTMLElement).replaceChildren(...keysElements(keys, language));
  byId("keys-again", HTMLButtonElement).hidden = isOwn;
  byId("keys-back", HTMLButtonElement).hidden = !isOwn;
}

function switchLanguage(): void {
  language = language === "zh" ? "en" : "zh";
  keepLanguage(language);
  speak();
}

/** Says everything in the language chosen. */
function speak(): void {
  document.documentElement.lang = htmlLanguage(language);
  document.title = words.title[language];
  for (const element of document.querySelectorAll<HTMLElement>("[data-words]")) speakElement(element);
  // Whose hub it is, the server has written into the page.
  const site = byId("site", HTMLElement);
  site.textContent = site.dataset[language] ?? "";
  const button = byId("language", HTMLButtonElement);
  button.textContent = language === "zh" ? "English" : "中文";
  button.lang = htmlLanguage(language === "zh" ? "en" : "zh");
  renderKeys();
  render();
  problem.speakAgain();
  if (shown) announcement.textContent = verdictText(shown.verified.reports[language], language);
}

function speakElement(element: HTMLElement): void {
  const { words: name } = element.dataset;
  if (isWord(name)) element.textContent = words[name][language];
}

function say(word: Word): void {
  announcement.textContent = words[word][language];
}

/** Says what is wrong, takes an older result away, and goes to where it can be mended. */
function complain(what: Word | (() => string), where?: HTMLElement): void {
  runs++;
  shown = undefined;
  render();
  complainOf(typeof what === "string" ? () => words[what][language] : what);
  where?.focus();
}

function complainOf(text: () => string): void {
  announcement.textContent = "";
  problem.tell(text);
}
