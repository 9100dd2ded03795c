/** In which language a page speaks. */
export type Language = "zh" | "en";

/** A page: its title and its body, already HTML. */
export type Page = Readonly<{ language: Language; title: string; body: Html; switchTo: string; styleUrl: string }>;

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

/** The language asked for by `?lang=`, else the one the browser likes better; Chinese when it says nothing. */
export function languageOf(query: unknown, accepted: string | undefined): Language {
  const asked = typeof query === "object" && query !== null && "lang" in query ? query.lang : undefined;
  if (asked === "zh" || asked === "en") return asked;
  const first = /\b(zh|en)\b/i.exec(accepted ?? "")?.[1]?.toLowerCase();
  return first === "en" ? "en" : "zh";
}

/** The whole document. */
export function renderPage({ language, title, body, switchTo, styleUrl }: Page): string {
  const isChinese = language === "zh";
  const name = isChinese ? "电子证照" : "Electronic licenses";
  const service = isChinese ? "统一身份登录" : "Sign-in service";
  const other = html`<a class="language" href="${switchTo}" lang="${isChinese ? "en" : "zh"}">${isChinese ? "English" : "中文"}</a>`;
  return html`<!doctype html>
<html lang="${isChinese ? "zh-CN" : "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${name}</title><link rel="stylesheet" href="${styleUrl}"></head>
<body><header><div class="bar">
<svg class="mark" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" rx="9"/><path d="M11 9h18v14c0 5-4 8-9 10-5-2-9-5-9-10z"/><path class="tick" d="m15 19 4 4 7-8"/></svg>
<p><strong>${name}</strong><span>${service}</span></p>${switchTo ? other : html``}</div></header>
<main><h1>${title}</h1>${body}</main>
<footer><p>${
    isChinese
      ? "请核对地址栏中的网址。工作人员不会向您索要验证码或密码。"
      : "Check the address shown by your browser. Staff never ask for your codes or passwords."
  }</p></footer></body></html>
`.html;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? "");
}

/** One style for all pages: made for a phone, readable at 200 %, quiet in the dark. */
export const pageStyle = `:root{color-scheme:light dark;--ink:#1b2430;--soft:#5a6675;--line:#d9dfe7;--paper:#fff;--ground:#f3f5f8;--brand:#0f4c9c;--brand-ink:#fff;--tint:#eaf1fb;--warn:#a32018;--warn-tint:#fdeeed}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a4afbd;--line:#37414f;--paper:#1b222c;--ground:#11161d;--brand:#7fb0f5;--brand-ink:#0b1f3c;--tint:#1f2d42;--warn:#ff9d94;--warn-tint:#3b2220}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif}
header{background:var(--paper);border-bottom:1px solid var(--line)}
.bar{max-width:34rem;margin:0 auto;padding:.75rem 1rem;display:flex;align-items:center;gap:.75rem}
.mark{width:2.5rem;height:2.5rem;flex:none}.mark rect{fill:#0f4c9c}.mark path{fill:#fff}.mark .tick{fill:none;stroke:#0f4c9c;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.bar p{margin:0;flex:1;line-height:1.3}.bar strong{display:block;font-size:1.05rem}.bar span{color:var(--soft);font-size:.85rem}
.language{color:var(--brand);padding:.6rem .25rem;font-size:.9rem}
main{width:100%;max-width:34rem;margin:0 auto;padding:1.5rem 1rem 2rem;flex:1}
h1{font-size:1.45rem;line-height:1.35;margin:0 0 .75rem}
h2{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}.soft{color:var(--soft);font-size:.9rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:1rem 0}
.note{background:var(--tint);border-radius:.6rem;padding:.7rem 1rem;margin:1rem 0;font-size:.92rem}
.wrong{background:var(--warn-tint);color:var(--warn);border-radius:.6rem;padding:.7rem 1rem;margin:1rem 0}
fieldset{border:0;margin:1.25rem 0 0;padding:0;min-width:0}legend{font-weight:600;padding:0;margin-bottom:.5rem}
.choice{display:flex;align-items:center;gap:.8rem;background:var(--paper);border:1px solid var(--line);border-radius:.6rem;padding:.65rem .9rem;margin-bottom:.5rem;cursor:pointer;min-height:3.5rem}
.choice:has(input:checked){border-color:var(--brand);background:var(--tint)}
.choice input{width:1.2rem;height:1.2rem;margin:0;flex:none;accent-color:var(--brand)}
.choice b{display:block;font-weight:600;line-height:1.35;overflow-wrap:anywhere}.choice small{color:var(--soft);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.field{display:block;margin:1.25rem 0}.field input{display:block;width:100%;margin-top:.4rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem;min-height:3rem}
button{display:block;width:100%;font:inherit;font-weight:600;min-height:3.1rem;border-radius:.6rem;border:1px solid var(--brand);background:var(--brand);color:var(--brand-ink);cursor:pointer;margin-top:.75rem}
button.plain{background:transparent;color:var(--brand);border-color:var(--line);font-weight:500}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul.grants{list-style:none;margin:0;padding:0}ul.grants li{padding:.7rem 0 .7rem 2rem;border-top:1px solid var(--line);position:relative}ul.grants li:first-child{border-top:0}
ul.grants li::before{content:"✓";position:absolute;left:.3rem;color:var(--brand);font-weight:700}
ul.grants b{display:block;font-weight:600}ul.grants span{color:var(--soft);font-size:.9rem}
footer{color:var(--soft);font-size:.82rem}footer p{max-width:34rem;margin:0 auto;padding:1rem}
@media (min-width:40rem){main{padding-top:2.5rem}.two{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}.two button.plain{order:-1}}
`;
