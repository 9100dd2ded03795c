import type { LicenseType } from "../../domain/licenses/license-type.ts";
import type { LocalizedText } from "../../errors.ts";
import { type Html, html, type Language, type Page } from "./page.ts";

/** A document of the package. `text`: Markdown. */
export type Guide = Readonly<{ file: string; title: string; text: string }>;

/** How the hub is. `logSize`: entries of the public log that its newest checkpoint signs. */
export type HubStatus = Readonly<{ isReady: boolean; keys: number; logSize: number | undefined }>;

/** Where everything begins. */
export function homePage(language: Language, status: HubStatus, graphiql: boolean): Page {
  const say = (text: LocalizedText) => text[language];
  const ways = [
    way(
      language,
      "verify/",
      { zh: "核验电子证照", en: "Verify a license" },
      {
        zh: "在浏览器中核验证照的真伪和现行状态，文件不上传。",
        en: "Check in your browser whether a license is genuine and still stands; nothing is uploaded.",
      },
    ),
    way(
      language,
      `catalogue?lang=${language}`,
      { zh: "证照目录", en: "Catalogue" },
      {
        zh: "本枢纽归集哪些证照。",
        en: "Which license types this hub collects.",
      },
    ),
    way(
      language,
      `guides?lang=${language}`,
      { zh: "使用文档", en: "Documents" },
      {
        zh: "部门接入、归集、调取、核验、运行维护。",
        en: "Connecting a department, submitting, fetching, verifying, operating.",
      },
    ),
    ...(graphiql
      ? [
          way(
            language,
            "docs",
            { zh: "接口调试（GraphiQL）", en: "GraphiQL" },
            {
              zh: "演示环境：在线查询和试用接口。需要 JavaScript。",
              en: "Demonstration: try the API here. Needs JavaScript.",
            },
          ),
        ]
      : []),
  ];
  const body = html`<p>${say({
    zh: "各部门的电子证照在此归集、校核、签名；办理事项时凡电子证照已载明的信息，不再要求提交材料。",
    en: "Here the electronic licenses of all departments are collected, checked and signed, so that nobody has to hand in what a license already says.",
  })}</p>
<ul class="ways">${ways}</ul>
<section aria-labelledby="status"><h2 id="status">${say({ zh: "运行状态", en: "Status" })}</h2>
<div class="card"><dl class="facts">
${fact(
  say({ zh: "服务", en: "Service" }),
  html`<a href="readyz">${say(
    status.isReady ? { zh: "正常", en: "Ready" } : { zh: "暂时不可用", en: "Not available at the moment" },
  )}</a>`,
)}
${fact(say({ zh: "公钥", en: "Public keys" }), html`<a href=".well-known/jwks.json">${String(status.keys)}</a>`)}
${fact(
  say({ zh: "公开日志", en: "Public log" }),
  status.logSize === undefined
    ? html`${say({ zh: "尚无检查点", en: "no checkpoint yet" })}`
    : html`<a href="log/checkpoint">${say({
        zh: `检查点：${status.logSize} 条`,
        en: `Checkpoint: ${status.logSize} entries`,
      })}</a>`,
)}
${fact(say({ zh: "状态列表", en: "Status lists" }), html`<a href="status-lists">${say({ zh: "地址", en: "Addresses" })}</a>`)}
</dl></div></section>`;
  return page(language, { zh: "电子证照公共服务", en: "Public services" }, body, "");
}

/** Every license type. */
export function cataloguePage(language: Language, types: readonly Pick<LicenseType, "code" | "name">[]): Page {
  const say = (text: LocalizedText) => text[language];
  const rows = types
    .toSorted((one, other) => one.name.localeCompare(other.name, "zh"))
    .map(({ code, name }) => html`<tr><th scope="row">${name}</th><td>${code}</td></tr>`);
  const body = html`<p>${say({
    zh: "完整目录（照面信息规范、事项与材料、许可条目）可由 GraphQL 接口查询，无需登录。",
    en: "The whole catalogue (attributes, procedures and their materials, permit items) is answered by the GraphQL API without signing in.",
  })}</p>
<div class="card scroll" tabindex="0" role="region" aria-labelledby="types"><h2 id="types">${say({
    zh: `证照类型（${types.length}）`,
    en: `License types (${types.length})`,
  })}</h2>
<table><thead><tr><th scope="col">${say({ zh: "名称", en: "Name" })}</th><th scope="col">${say({ zh: "类型代码", en: "Code" })}</th></tr></thead><tbody>${rows}</tbody></table></div>${back(language)}`;
  return page(language, { zh: "证照目录", en: "Catalogue" }, body, "catalogue");
}

/** The documents, as text. */
export function guidesPage(language: Language, guides: readonly Guide[]): Page {
  const items = guides.map(({ file, title }) => html`<li><a href="guides/${file}">${title}</a></li>`);
  const body = html`<div class="card"><ul>${items}</ul></div>${back(language)}`;
  return page(language, { zh: "使用文档", en: "Documents" }, body, "guides");
}

function way(language: Language, href: string, title: LocalizedText, text: LocalizedText): Html {
  return html`<li><a href="${href}">${title[language]}</a><span>${text[language]}</span></li>`;
}

function fact(name: string, value: Html): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function back(language: Language): Html {
  return html`<p><a href="./?lang=${language}">${language === "zh" ? "返回首页" : "Back to the start"}</a></p>`;
}

function page(language: Language, title: LocalizedText, body: Html, path: string): Page {
  const service = { zh: "公共服务", en: "Public services" };
  const switchTo = `./${path}?lang=${language === "zh" ? "en" : "zh"}`;
  return { language, title: title[language], service, body, switchTo, home: "./" };
}
