import { titles } from "virtual:license-types";
import type { LicenseClaims } from "../../../../proof/license-jws.ts";
import { isJsonObject } from "../../../../proof/strict-json.ts";
import { type Mask, maskOf } from "../personal.ts";
import { make, value } from "./element.ts";
import { dateText, type Language, type Word, words } from "./words.ts";

/** A row of a list of facts. `lang`: of the text, where it is not the page's. */
export type Fact = Readonly<{ name: string; text: string; lang?: string }>;

/** What a license says, in the reader's words. *Trust*: signed by whom the reader trusts, and yet only shown as text. */
export function licenseFacts(claims: LicenseClaims, language: Language, mask: Mask): readonly Fact[] {
  const { license, jti } = claims;
  const end = license.validUntil === null ? words.longTerm[language] : dateText(license.validUntil, language);
  const rows: readonly (readonly [Word, string])[] = [
    ["type", license.typeName],
    ["number", license.number],
    ["holder", license.holder.name],
    ["holderId", license.holder.id],
    ["issuer", license.issuer.name],
    ["issuedOn", dateText(license.issuedOn, language)],
    ["validity", dateText(license.validFrom, language) + words.until[language] + end],
    ["identifier", jti],
  ];
  return rows.map(([name, text]) => ({
    ...{ name: words[name][language], text: mask(text) },
    ...(writtenInChinese.includes(name) && { lang: "zh-CN" }),
  }));
}

/** The attributes, called as their schema titles them. */
export function attributeFacts({ license }: LicenseClaims, mask: Mask): readonly Fact[] {
  const known = Object.hasOwn(titles, license.type) ? titles[license.type] : undefined;
  return Object.entries(license.attributes).map(([name, content]) => ({
    name: (known && Object.hasOwn(known, name) ? known[name] : undefined) ?? name,
    ...{ text: mask(plain(content)), lang: "zh-CN" },
  }));
}

/** What a license holds in its own language, whatever the page speaks: screen readers must know. */
const writtenInChinese: readonly Word[] = ["type", "number", "holder", "issuer"];

/** Whether masking changes anything a reader sees. */
export function hidesSomething(claims: LicenseClaims): boolean {
  const text = JSON.stringify(claims);
  return maskOf(claims)(text) !== text;
}

/** Facts as a list of names and values. */
export function factList(facts: readonly Fact[]): HTMLElement {
  const rows = facts.map(({ name, text, lang = false }) =>
    make("div", {}, make("dt", {}, value(name)), make("dd", { lang }, value(text))),
  );
  return make("dl", { class: "facts" }, ...rows);
}

function plain(content: unknown): string {
  if (Array.isArray(content)) return content.map(plain).join("、");
  if (isJsonObject(content)) return JSON.stringify(content);
  return content === null ? "—" : String(content);
}
