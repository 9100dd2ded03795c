import type { LocalizedText } from "../../errors.ts";

/** How a pull of a source ended, when not in order. Codes are never renamed or reused. */
export const runFailures = {
  UNREACHABLE: {
    en: "No connection: the name is unknown, nobody listens, or the connection broke off.",
    zh: "无法连接：域名不存在、端口无人监听，或连接中断。",
  },
  TIMEOUT: { en: "No whole answer in time.", zh: "未在限定时间内收到完整应答。" },
  UNAUTHORISED: {
    en: "The source did not accept our token, account or password.",
    zh: "对方系统不接受我方令牌、账号或密码。",
  },
  SERVER_ERROR: { en: "The source answered that it failed.", zh: "对方系统应答自身出错。" },
  REDIRECTED: {
    en: "The source sent us to another address. Redirects are not followed.",
    zh: "对方系统要求转向其他地址，枢纽不跟随转向。",
  },
  TOO_LARGE: { en: "The answer was larger than a page may be.", zh: "应答超过单页允许的大小。" },
  ANSWER_INVALID: {
    en: "The answer is not what was agreed: no JSON, another shape, more records than asked for.",
    zh: "应答与约定不符：不是 JSON、结构不同，或记录数多于所请求的数量。",
  },
  CURSOR_INVALID: {
    en: "The source's cursors lead in a circle or backwards, or its pages repeat.",
    zh: "对方游标循环或倒退，或分页内容重复。",
  },
  TOTAL_WRONG: {
    en: "The records that came are not as many as the source said.",
    zh: "收到的记录数与对方所称总数不符。",
  },
  SECRET_MISSING: {
    en: "The configuration holds no secret of the name the source gives.",
    zh: "配置中没有该数据源所指名称的密钥。",
  },
  CLIENT_REFUSED: {
    en: "The client the source speaks for is suspended or no longer there.",
    zh: "该数据源所代表的业务系统已暂停或不存在。",
  },
  HUB_FAILED: { en: "The hub itself failed; its log says more.", zh: "枢纽自身出错，详见其日志。" },
  CRASHED: {
    en: "The hub that was pulling ended before the pull did, and another took over.",
    zh: "执行抓取的枢纽进程中途终止，已由其他进程接手。",
  },
} as const satisfies Record<string, LocalizedText>;
export type RunFailure = keyof typeof runFailures;

/** Ends that are nobody's fault. */
export const runSuccesses = {
  DONE: { en: "Everything there was has been fetched.", zh: "已全部抓取完毕。" },
  MORE: { en: "There is more: the next pull goes on where this one ended.", zh: "尚有后续数据，下次抓取从此处继续。" },
  STOPPED: {
    en: "The hub was stopped; the next pull goes on where this one ended.",
    zh: "枢纽停止运行，下次抓取从此处继续。",
  },
  LEFT: {
    en: "The source was suspended or removed, or another hub took over; the last page was not stored.",
    zh: "数据源已暂停、移除或由其他进程接手，最后一页未入库。",
  },
} as const;

/** How a pull ended. */
export type RunEnd = RunFailure | keyof typeof runSuccesses;

/** Every end, and what it means. */
export const runEnds: Readonly<Record<RunEnd, LocalizedText>> = { ...runSuccesses, ...runFailures };

/** Limits of a pull. *Units*: as named. */
export const pullLimits = {
  /** Pages of one pull. */
  maxPages: 200,
  /** After that a pull ends between two pages and goes on the next time. */
  maxMs: 5 * 60_000,
  /** Calls for one page, when one fails in passing. */
  tries: 3,
  /** Failures in a row before the circuit opens. */
  failuresToOpen: 3,
} as const;

/** How long a copy of the hub holds a source without being heard of: as configured, but never less than a page may take. *Units*: milliseconds. */
export function leaseMs(limits: Readonly<{ maxSourceSilenceMs: number; maxSourceCallMs: number }>): number {
  const pauses = 2_000;
  return Math.max(limits.maxSourceSilenceMs, pullLimits.tries * limits.maxSourceCallMs + pauses);
}

/** CLOSED: pulled as configured. OPEN: left alone until its next try. HALF_OPEN: that try, with a single call, is due. */
export const circuitStates = ["CLOSED", "OPEN", "HALF_OPEN"] as const;
export type CircuitState = (typeof circuitStates)[number];

/** The state of a source's circuit. It follows from what the database keeps, so all copies of the hub share it. */
export function circuitOf(failures: number, dueAt: Date, now: Date): CircuitState {
  if (failures < pullLimits.failuresToOpen) return "CLOSED";
  return now < dueAt ? "OPEN" : "HALF_OPEN";
}

/** Whether an end counts against the source. */
export function isFailure(end: RunEnd): end is RunFailure {
  return Object.hasOwn(runFailures, end);
}

const [firstDelay, longestDelay] = [30, 3_600];

/**
 * How many failures in a row there are now, and when the source is due again. A failing one waits twice as long each time,
 * up to an hour. *Units*: seconds.
 * @param chance 0 to 1: sources that failed together must not come back together
 */
export function afterRun(
  before: Readonly<{ failures: number; everySeconds: number; accepted: number }>,
  end: RunEnd,
  chance: number,
): { failures: number; inSeconds: number } {
  if (isFailure(end)) {
    const failures = before.failures + 1;
    const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(failures - 1, 10));
    return { failures, inSeconds: delay * (0.75 + chance / 2) };
  }
  if (end === "STOPPED" || end === "LEFT") return { failures: before.failures, inSeconds: 0 };
  // Whoever always has more but brings nothing new is asked at its own pace.
  const goesOn = end === "MORE" && before.accepted > 0;
  return { failures: 0, inSeconds: goesOn ? 0 : before.everySeconds };
}
