import { maskHolderId } from "../../domain/resident-id.ts";
import type { LocalizedText } from "../../errors.ts";
import type { Membership } from "../../store/access/sender-store.ts";
import { type Html, html, type Language, type Page } from "../web/page.ts";
import type { LoginChoice, LoginQuestion, RealIdentity } from "./real-name-login.ts";

/** What every page needs: where the hub is, the address of its interaction, the token its forms carry, its language. */
export type Frame = Readonly<{ home: string; base: string; token: string; language: Language }>;

/** Whose access is asked for; `membership` when somebody acts for an enterprise. */
export type ActingHolder = Readonly<{ id: string; name: string; membership: Membership | undefined }>;

/** Who asks: its registered name, and where the browser goes on to. */
export type AskingClient = Readonly<{ name: string; host: string }>;

/** Who are you? *Trust*: names come from licenses; they are escaped like anything else. */
export function loginPage(frame: Frame, client: string, question: LoginQuestion, isWrong: boolean): Page {
  const say = speaker(frame.language);
  const { field } = question;
  const groups = question.groups.filter(({ choices }) => choices.length > 0);
  const body = html`<p>${say({
    zh: `登录后继续使用“${client}”。`,
    en: `Sign in to go on to “${client}”.`,
  })}</p>
<p class="note">${say(question.note)}</p>
${isWrong ? html`<p class="wrong" role="alert">${say({ zh: "没有识别出您的身份，请重新选择或检查输入的代码。", en: "You were not recognized. Choose again, or check the code." })}</p>` : html``}
<form method="post" action="${actionOf(frame, "login")}">${hidden(frame)}
${groups.map(({ title, choices }) => html`<fieldset><legend>${say(title)}</legend>${choices.map((choice) => radio("holder", choice))}</fieldset>`)}
${field ? html`<label class="field">${say(field.label)}<input name="${field.name}" pattern="${field.pattern}" autocomplete="off" autocapitalize="characters" spellcheck="false"></label>` : html``}
<button class="primary">${say({ zh: "登录", en: "Sign in" })}</button></form>
${cancelForm(frame)}`;
  return page(frame, { zh: "登录", en: "Sign in" }, body);
}

/** For whom do you act? */
export function actingPage(frame: Frame, person: RealIdentity, memberships: readonly Membership[]): Page {
  const say = speaker(frame.language);
  const self = {
    value: "self",
    title: say({ zh: "本人", en: "Myself" }),
    detail: `${person.name} ${maskHolderId(person.id)}`,
  };
  const others = memberships.map(({ id, holder, role }) => ({
    ...{ value: id, title: holder.name, detail: `${say(roleNames[role])} · ${holder.id}` },
  }));
  const body = html`<p>${say({ zh: "请选择本次以谁的名义办理。", en: "Choose in whose name you act this time." })}</p>
<form method="post" action="${actionOf(frame, "act")}">${hidden(frame)}
<fieldset><legend>${say({ zh: "办理身份", en: "Act for" })}</legend>${[self, ...others].map((choice, index) => radio("for", choice, index === 0))}</fieldset>
<button class="primary">${say({ zh: "继续", en: "Continue" })}</button></form>${cancelForm(frame)}`;
  return page(frame, { zh: "选择办理身份", en: "For whom do you act?" }, body);
}

/** Which client gets what. */
export function consentPage(
  frame: Frame,
  { name: client, host }: AskingClient,
  holder: ActingHolder,
  scopes: readonly string[],
): Page {
  const say = speaker(frame.language);
  const { role, licenseTypes = null } = holder.membership ?? {};
  const body = html`<p>${say({
    zh: `“${client}”请求获得以下权限。`,
    en: `“${client}” asks for the following.`,
  })}</p>
<div class="card"><dl class="pairs"><dt>${say({ zh: "持证主体", en: "Holder" })}</dt><dd>${holder.name} ${maskHolderId(holder.id)}</dd>
${role ? html`<dt>${say({ zh: "您的身份", en: "You are" })}</dt><dd>${say(roleNames[role])}</dd>` : html``}
${licenseTypes ? html`<dt>${say({ zh: "限于证照", en: "Only these" })}</dt><dd>${licenseTypes.join("、")}</dd>` : html``}
${host === "" ? html`` : html`<dt>${say({ zh: "完成后前往", en: "Then on to" })}</dt><dd>${host}</dd>`}</dl></div>
<div class="card"><ul class="grants">${scopes.map((scope) => grantItem(say, scope))}</ul></div>
<p class="soft">${say({
    zh:
      "授权有效期 14 天，期间“" +
      client +
      "”无需再次询问。每一次调用都会留痕，您可随时查看；您也可以在该应用中退出登录以撤销授权。",
    en: `This holds for 14 days, during which “${client}” need not ask again. Every access is recorded, and you can see the records at any time; signing out there takes the permission back.`,
  })}</p>
<div class="two"><form method="post" action="${actionOf(frame, "consent")}">${hidden(frame)}<button class="primary">${say({ zh: "同意", en: "Allow" })}</button></form>
${cancelForm(frame, { zh: "拒绝", en: "Refuse" })}</div>`;
  return page(frame, { zh: "授权确认", en: "Give permission" }, body);
}

/** A page that only says something. */
export function messagePage(frame: Frame, message: keyof typeof messages): Page {
  const say = speaker(frame.language);
  const { title, text } = messages[message];
  const again = html`<p><a href="${frame.base}?lang=${frame.language}">${say({ zh: "重新登录", en: "Sign in again" })}</a></p>`;
  const canGoOn = frame.base !== "" && message !== "OVER";
  const body = html`<p class="card" role="alert">${say(text)}</p>${canGoOn && message !== "NO_LOGIN" ? again : html``}${canGoOn ? cancelForm(frame) : html``}`;
  return page(frame, title, body);
}

const messages = {
  NO_LOGIN: {
    title: { zh: "尚未配置实名登录", en: "No sign-in is configured" },
    text: {
      zh: "本系统尚未接入实名认证服务，暂时无法登录。请联系系统管理单位。",
      en: "This system is not yet connected to a real-name login, so nobody can sign in here. Please ask whoever runs it.",
    },
  },
  OVER: {
    title: { zh: "登录已失效", en: "This sign-in is over" },
    text: {
      zh: "本次登录已超时、已完成，或是在另一个浏览器中开始的。请回到原应用重新登录。",
      en: "It took too long, was finished, or began in another browser. Go back to where you came from and sign in again.",
    },
  },
  DENIED: {
    title: { zh: "您未完成身份认证", en: "You were not identified" },
    text: {
      zh: "身份认证平台没有确认您的身份：您取消了认证，或平台未予通过。您可以重新登录。",
      en: "The identity platform did not confirm who you are: you cancelled, or it refused. You can sign in again.",
    },
  },
  UNAVAILABLE: {
    title: { zh: "身份认证平台暂时无法访问", en: "The identity platform does not answer" },
    text: {
      zh: "这不是您的问题。请稍后重新登录。",
      en: "This is not your fault. Please sign in again in a while.",
    },
  },
  NO_IDENTITY: {
    title: { zh: "未取得您的实名信息", en: "Your real identity was not told" },
    text: {
      zh: "身份认证平台未提供有效的身份证号码或统一社会信用代码。请先在该平台完成实名认证，再重新登录。",
      en: "The identity platform told no valid resident ID or credit code. Complete the real-name verification there, then sign in again.",
    },
  },
  FAILED: {
    title: { zh: "登录未能完成", en: "The sign-in did not work" },
    text: {
      zh: "系统暂时无法处理，请稍后重新登录。",
      en: "This can not be done at the moment. Please sign in again in a while.",
    },
  },
} as const satisfies Record<string, { title: LocalizedText; text: LocalizedText }>;

const roleNames: Readonly<Record<Membership["role"], LocalizedText>> = {
  LEGAL_REPRESENTATIVE: { zh: "法定代表人", en: "Legal representative" },
  ADMINISTRATOR: { zh: "管理员", en: "Administrator" },
  CLERK: { zh: "经办人", en: "Clerk" },
};

const scopeTexts: Readonly<Record<string, Readonly<{ title: LocalizedText; text: LocalizedText }>>> = {
  "license:read": {
    title: { zh: "查看电子证照", en: "See the licenses" },
    text: { zh: "该主体名下证照的全部内容", en: "All content of this holder's licenses" },
  },
  "audit:read": {
    title: { zh: "查看调用留痕", en: "See who looked" },
    text: { zh: "哪个部门、何时、因何事查看过这些证照", en: "Which department looked at these licenses, when and why" },
  },
  "holder:manage": {
    title: { zh: "管理授权与异议", en: "Manage and object" },
    text: { zh: "指定管理员和经办人，对调用提出异议", en: "Appoint administrators and clerks, object to an access" },
  },
};

type Say = (text: LocalizedText) => string;

function speaker(language: Language): Say {
  return (text) => text[language];
}

function grantItem(say: Say, scope: string): Html {
  const known = scopeTexts[scope];
  return known
    ? html`<li><b>${say(known.title)}</b><span>${say(known.text)}</span></li>`
    : html`<li><b>${scope}</b></li>`;
}

function page({ home, base, language }: Frame, title: LocalizedText, body: Html): Page {
  const switchTo = base === "" ? "" : `${base}?lang=${language === "zh" ? "en" : "zh"}`;
  return { language, title: title[language], service, body, switchTo, home };
}

const service: LocalizedText = { zh: "统一身份登录", en: "Sign-in service" };

function actionOf({ base, language }: Frame, step: string): string {
  return `${base}/${step}?lang=${language}`;
}

function hidden({ token }: Frame): Html {
  return html`<input type="hidden" name="token" value="${token}">`;
}

function radio(name: string, { value, title, detail }: LoginChoice, isChosen = false): Html {
  const input = isChosen
    ? html`<input type="radio" name="${name}" value="${value}" checked>`
    : html`<input type="radio" name="${name}" value="${value}">`;
  return html`<label class="choice">${input}<span><b>${title}</b><small>${detail}</small></span></label>`;
}

function cancelForm(frame: Frame, text: LocalizedText = { zh: "取消", en: "Cancel" }): Html {
  return html`<form method="post" action="${actionOf(frame, "cancel")}">${hidden(frame)}<button class="quiet">${text[frame.language]}</button></form>`;
}
