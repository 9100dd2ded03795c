import type { LocalizedText } from "../../errors.ts";

/** What came of handing a notice over, when it was not taken. Codes are never renamed or reused. */
export const deliveryFailures = {
  UNREACHABLE: {
    en: "No connection: nobody listens at the address, or the connection broke off.",
    zh: "无法连接：端口无人监听，或连接中断。",
  },
  NAME_UNKNOWN: { en: "The name in the address has no network address.", zh: "地址中的域名无法解析。" },
  ADDRESS_REFUSED: {
    en: "The name leads to an address that the hub does not call: a private one, or one of its own machine.",
    zh: "域名解析到枢纽不得访问的网络地址（内部网络或本机）。",
  },
  CERTIFICATE_INVALID: {
    en: "The certificate is not that of the name, has expired, or comes from nobody the hub trusts.",
    zh: "服务器证书与域名不符、已过期或签发机构不受信任。",
  },
  TIMEOUT: { en: "No answer in time.", zh: "未在限定时间内收到应答。" },
  REDIRECTED: {
    en: "It was answered with another address. Redirects are not followed.",
    zh: "对方要求转向其他地址，枢纽不跟随转向。",
  },
  REFUSED: { en: "It was answered with a status from 400 to 499.", zh: "对方以 4xx 状态拒收。" },
  GONE: {
    en: "It was answered with 410: the address wants nothing any more, and was switched off.",
    zh: "对方应答 410（不再接收），该地址已停用。",
  },
  RATE_LIMITED: { en: "It was answered with 429: too many at once.", zh: "对方应答 429（请求过于频繁）。" },
  SERVER_ERROR: { en: "It was answered with a status from 500.", zh: "对方以 5xx 状态应答自身出错。" },
  ANSWER_INVALID: { en: "What came is no answer of HTTP.", zh: "对方应答不是有效的 HTTP 应答。" },
  SECRET_UNREADABLE: {
    en: "The hub can not read the secret: it was kept with another key folder. Make a new one.",
    zh: "枢纽无法读取签名密钥（密钥目录已更换），请重新生成。",
  },
} as const satisfies Record<string, LocalizedText>;
export type DeliveryFailure = keyof typeof deliveryFailures;

/** How handing a notice over ended. */
export type DeliveryOutcome = "DELIVERED" | DeliveryFailure;
export const deliveryOutcomes = ["DELIVERED", ...Object.keys(deliveryFailures)] as readonly DeliveryOutcome[]; // the keys of a constant are its names

/**
 * Where a notice stands. UNSENT: nobody had asked to be told. WAITING: to be sent, or sent again. DEAD: given up.
 */
export const noticeStatuses = ["UNSENT", "WAITING", "DELIVERED", "DEAD"] as const;
export type NoticeStatus = (typeof noticeStatuses)[number];

/**
 * How long a notice waits after each try that failed: a failing endpoint has five days to be mended.
 * *Units*: seconds. *Source*: Standard Webhooks, "retry schedule", whose example ends a day earlier.
 */
export const retryDelays = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400, 86_400] as const;

/** After this a notice that is not taken is given up, however often it was tried. *Units*: milliseconds. */
export const retryForMs = 6 * 86_400_000;

/** The longest wait an endpoint may ask for (`Retry-After`). *Units*: seconds. */
export const longestRetryAfter = 86_400;

/** How one try ended. `status`: of HTTP, null without an answer. */
export type DeliveryResult = Readonly<{
  outcome: DeliveryOutcome;
  status: number | null;
  /** What the endpoint asked for. *Units*: seconds. */
  retryAfter: number | undefined;
}>;

/**
 * What becomes of a notice after a try. `inSeconds` null: it is given up, its last try was this one.
 * @param attempts tries so far, with this one
 * @param chance 0 to 1: what failed together must not come back together
 */
export function afterTry(attempts: number, result: DeliveryResult, chance: number): { inSeconds: number | null } {
  const delay = retryDelays[attempts - 1];
  if (delay === undefined) return { inSeconds: null };
  const asked = Math.min(longestRetryAfter, result.retryAfter ?? 0);
  return { inSeconds: Math.max(delay * (0.9 + chance / 5), asked) };
}

/** An endpoint that fails is left alone so long, and after three failures in a row tried with a single notice. *Units*: seconds. */
export function restAfter(failures: number, retryAfter: number | undefined, chance: number): number {
  const rest = Math.min(600, 5 * 2 ** Math.min(failures - 1, 10)) * (0.9 + chance / 5);
  return Math.max(rest, Math.min(longestRetryAfter, retryAfter ?? 0));
}

/** Notices that are handed over at once to one endpoint; a failing one gets a single one. */
export function noticesAtOnce(failures: number): number {
  return failures < 3 ? 8 : 1;
}
