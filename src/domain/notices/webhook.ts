import type { LocalizedText } from "../../errors.ts";

/** How a client's endpoint may be written. `demo`: a demo may call its own machine, over plain http. */
export type WebhookPolicy = Readonly<{ demo: boolean }>;

/** Limits of a webhook. *Units*: characters, milliseconds. */
export const webhookLimits = { url: 500, defaultOverlapMs: 86_400_000 } as const;

/**
 * Why an address is not accepted, as `details.reason` says it, and what to do about it. Codes are never renamed or reused.
 * The last two are found where its name is looked up.
 */
export const webhookFaults = {
  NO_URL: {
    en: "Write it out: https://NAME/PATH, without blanks.",
    zh: "请填写完整地址：https://域名/路径，不含空格。",
  },
  NOT_HTTPS: {
    en: "Serve it over https, and begin the address with https://. Plain http goes to the hub's own machine only, and in a demo only.",
    zh: "请以 https 提供该地址并以 https:// 开头；仅演示环境可用 http 访问枢纽本机。",
  },
  HAS_CREDENTIALS: {
    en: "Leave name and password out of it: notices are signed, check that instead.",
    zh: "请勿在地址中填写用户名和口令：通知带有签名，请核验签名。",
  },
  HAS_FRAGMENT: { en: "Leave out # and what follows it.", zh: "请去掉地址中的 # 及其后内容。" },
  TOO_LONG: {
    en: `Write it in ${webhookLimits.url} characters at most.`,
    zh: `地址不得超过 ${webhookLimits.url} 个字符。`,
  },
  NAME_UNKNOWN: {
    en: "Check the spelling: the hub's machine finds no address of this name.",
    zh: "请核对域名：枢纽所在机器无法解析该域名。",
  },
  ADDRESS_REFUSED: {
    en: "It leads to a private network or to the hub's own machine. If it is a department's, name its network in WEBHOOK_NETWORKS and start the hub again.",
    zh: "该域名指向内部网络或枢纽本机。确属部门网络的，请在 WEBHOOK_NETWORKS 中列出并重启枢纽。",
  },
} as const satisfies Record<string, LocalizedText>;
export type WebhookFault = keyof typeof webhookFaults;

/**
 * What is wrong with the address of an endpoint, or undefined. Where its name leads is asked elsewhere, each time.
 * *Trust*: typed by an operator.
 */
export function webhookFault(text: string, { demo }: WebhookPolicy): WebhookFault | undefined {
  if (text.length > webhookLimits.url) return "TOO_LONG";
  if (!URL.canParse(text) || /[\s\p{Cc}]/u.test(text)) return "NO_URL";
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && demo && isLoopbackName(url.hostname)))
    return "NOT_HTTPS";
  if (url.username !== "" || url.password !== "") return "HAS_CREDENTIALS";
  return text.includes("#") ? "HAS_FRAGMENT" : undefined;
}

/** Whether a host of a URL is this machine by its name. *Shape*: as `URL.hostname` gives it. */
export function isLoopbackName(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
