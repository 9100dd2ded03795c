import type { KeysFault, TrustedKeys } from "../trusted-keys.ts";
import { make, visible } from "./element.ts";
import { type Fact, factList } from "./license-view.ts";
import { instantText, type Language, type Word, words } from "./words.ts";

const origins = { HUB: "keysHub", KEPT: "keysKept", OWN: "keysOwn" } as const satisfies Record<string, Word>;

/** Whose keys are trusted, how many, since when. Undefined while they are on their way. */
export function keysElements(keys: TrustedKeys | KeysFault | undefined, language: Language): readonly HTMLElement[] {
  if (!keys) return [make("p", {}, words.keysLoading[language])];
  if ("fault" in keys) return [make("p", { class: "notice" }, keysFaultText(keys, language))];
  const { origin } = keys;
  return [
    make("p", { class: `origin ${origin.toLowerCase()}` }, make("b", {}, words[origins[origin]][language])),
    ...(origin === "OWN" ? [make("p", { class: "hint" }, words.keysOwnHint[language])] : []),
    factList(keysFacts(keys, language)),
  ];
}

/** The same as facts, for a report. */
export function keysFacts({ origin, issuers, licenseKeys, at }: TrustedKeys, language: Language): readonly Fact[] {
  const named = issuers.length === 0 ? words.keysNone[language] : issuers.join(" ");
  return [
    { name: words.keysIssuer[language], text: named },
    { name: words.keysCount[language], text: String(licenseKeys) },
    { name: words[origin === "OWN" ? "keysLoaded" : "keysFetched"][language], text: instantText(at, language) },
  ];
}

/** Where the keys of a report came from, in one line. */
export function keysOriginFact({ origin }: TrustedKeys, language: Language): Fact {
  return { name: words.keysTitle[language], text: words[origins[origin]][language] };
}

/** Why there are no keys. */
export function keysFaultText({ fault, reason }: KeysFault, language: Language): string {
  return words[fault][language] + visible(reason);
}
