import { maskOf } from "../personal.ts";
import type { TrustedKeys } from "../trusted-keys.ts";
import type { Verified } from "../verifier.ts";
import type { Fact } from "./license-view.ts";
import { agoText, instantText, type Language, words } from "./words.ts";

/** A verdict, and what it was made of. `file`: the name of the one the text came as. `made`: when. */
export type Occasion = Readonly<{
  verified: Verified;
  file: string | undefined;
  keys: TrustedKeys | undefined;
  made: Date;
}>;

/**
 * Which file was judged, and how old the keys were when they could not be renewed: what stands beside a verdict.
 * Trust: the file's name is attacker-chosen; shown as text, cut, and with the numbers of people masked.
 */
export function occasionFacts({ verified, file, keys, made }: Occasion, language: Language): readonly Fact[] {
  const mask = maskOf(verified.reports[language].license);
  return [
    ...(file === undefined ? [] : [{ name: words.fileName[language], text: cut(mask(file)) }]),
    ...(keys?.origin === "KEPT"
      ? [{ name: words.keysNotRenewed[language], text: fetchedText(keys.at, made, language) }]
      : []),
  ];
}

function fetchedText(at: Date, made: Date, language: Language): string {
  const ago = agoText(made.getTime() - at.getTime(), language);
  return `${instantText(at, language)}${language === "zh" ? `（${ago}）` : ` (${ago})`}`;
}

/** A name's beginning and end, which tells what kind of file it is. */
function cut(name: string): string {
  const signs = [...name];
  return signs.length <= 60 ? name : [...signs.slice(0, 40), "…", ...signs.slice(-19)].join("");
}
