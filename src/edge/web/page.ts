import type { LocalizedText } from "../../errors.ts";
import { type Branding, emblemUrl, hubName } from "./branding.ts";

/** In which language a page speaks. */
export type Language = keyof LocalizedText;

/**
 * A page: its title, and its body, already HTML.
 * `service`: which part of the hub it belongs to. `switchTo`: where the other language is; "" where it can not be changed.
 * `home`: how the page comes to the place below which the hub is reached, such as "/" or "/hub/".
 */
export type Page = Readonly<{
  language: Language;
  title: string;
  service: LocalizedText;
  body: Html;
  switchTo: string;
  home: string;
}>;

/** Text that is HTML already; made by `html` only. */
export type Html = Readonly<{ html: string }>;

/**
 * HTML from a template: whatever is put in is escaped, unless it is HTML already. *Trust*: values may be
 * attacker-chosen; the template is ours.
 */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const texts = values.map((value) => {
    if (typeof value === "string") return escapeHtml(value);
    return "html" in value ? value.html : value.map((one) => one.html).join("");
  });
  return { html: parts.map((part, index) => part + (texts[index] ?? "")).join("") };
}

/** Text as HTML shows it. *Trust*: attacker-chosen; fit for a text and for an attribute in quotes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? "");
}

/** The language asked for by `?lang=`, else the one the browser likes better; Chinese when it says nothing. */
export function languageOf(query: unknown, accepted: string | undefined): Language {
  const asked = typeof query === "object" && query !== null && "lang" in query ? query.lang : undefined;
  if (asked === "zh" || asked === "en") return asked;
  const first = /\b(zh|en)\b/i.exec(accepted ?? "")?.[1]?.toLowerCase();
  return first === "en" ? "en" : "zh";
}

/** The whole document, in the one look that all pages have. */
export function renderPage(page: Page, branding: Branding): string {
  const { language, title, service, body, switchTo, home } = page;
  const isChinese = language === "zh";
  const name = hubName(branding)[language];
  const other = html`<a class="language" href="${switchTo}" lang="${isChinese ? "en" : "zh-CN"}">${isChinese ? "English" : "中文"}</a>`;
  return html`<!doctype html>
<html lang="${isChinese ? "zh-CN" : "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<title>${title} · ${name}</title>
<link rel="icon" href="${emblemUrl(branding)}"><link rel="stylesheet" href="${home}look.css"></head>
<body><a class="skip" href="#content">${isChinese ? "跳到正文" : "Skip to content"}</a>
<header><div class="band"><img src="${emblemUrl(branding)}" alt="" width="48" height="48">
<div class="name"><p class="site">${name}</p><p class="service">${service[language]}</p></div>${switchTo === "" ? html`` : other}</div></header>
<main id="content" class="narrow" tabindex="-1"><h1>${title}</h1>${body}</main>
<footer><div class="band"><p>${
    isChinese
      ? "请核对地址栏中的网址。工作人员不会向您索要验证码或密码。"
      : "Check the address shown by your browser. Staff never ask for your codes or passwords."
  }</p></div></footer></body></html>
`.html;
}

/**
 * The policy of a page that runs no script: its own style, its emblem in the page itself, and nothing from elsewhere.
 * @param formAction where its forms may go; browsers hold it against the redirect that follows a form, too
 */
export function pagePolicy(formAction = "'none'"): string {
  return `default-src 'none'; style-src 'self'; img-src data:; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`;
}
