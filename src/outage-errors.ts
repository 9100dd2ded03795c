import type { ErrorRow } from "./errors.ts";

/** What a caller has no part in: the hub, its database or a system behind it can not do its work. Part of the table in errors.ts. */
export const outageErrors = {
  BUSY: {
    status: 503,
    message: {
      en: "The database or the key store is not answering. Try again shortly.",
      zh: "数据库或密钥设施暂时无响应，请稍后重试。",
    },
  },
  STORAGE_FULL: {
    status: 503,
    message: {
      en: "The hub's database has no space left: it can store nothing for now. Send it again later.",
      zh: "枢纽数据库存储空间已满，暂时无法存入数据，请稍后重新发送。",
    },
  },
  DOWNSTREAM_SERVICE_ERROR: {
    status: 502,
    message: {
      en: "A system behind the gateway did not answer; the rest of the answer stands.",
      zh: "网关后的某个系统未响应，其余结果仍然有效。",
    },
  },
  INTERNAL: {
    status: 500,
    message: {
      en: "Something failed inside the hub; the error id is in its log.",
      zh: "枢纽内部错误，错误编号已记入日志。",
    },
  },
} as const satisfies Record<string, ErrorRow>;
