import type { ErrorRow } from "./errors.ts";

/** A request is refused as it stands, whoever sends it: its address, method, size, time, operation, a witness's signature. Part of the table in errors.ts. */
export const requestErrors = {
  SCHEMA_HIDDEN: {
    status: 403,
    message: {
      en: "The schema and traces are not shown to this caller. Read the published schema instead.",
      zh: "当前调用方不可查看接口模式与追踪信息，请使用公开发布的接口模式。",
    },
  },
  DOCUMENT_NOT_REGISTERED: {
    status: 403,
    message: {
      en: "Only registered operations run here. Ask the operator to register this one.",
      zh: "此处仅执行已登记的操作，请联系运营方登记。",
    },
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    // As Apollo's servers have it: clients read the body, see the code, and send the text.
    status: 200,
    message: {
      en: "Queries are not stored here by their hash. Send the text of the query.",
      zh: "此处不按摘要保存查询，请发送查询全文。",
    },
  },
  REQUEST_TIMEOUT: {
    status: 408,
    message: { en: "The request came in too slowly.", zh: "请求传输过慢。" },
  },
  DEADLINE_PASSED: {
    status: 503,
    message: {
      en: "The request took too long and was ended. Ask for less, or try again shortly.",
      zh: "请求处理超时，已被终止。请缩小查询范围，或稍后重试。",
    },
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: { en: "The request body is too large.", zh: "请求体过大。" },
  },
  MEDIA_TYPE: {
    status: 415,
    message: {
      en: "Send application/json, or application/x-ndjson where records come as a stream; and no Content-Encoding.",
      zh: "请使用 application/json（以流方式报送时为 application/x-ndjson），且不要压缩请求体（Content-Encoding）。",
    },
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: {
      en: "This address takes other methods: the header Allow names them.",
      zh: "该地址不支持此请求方法，可用方法见 Allow 响应头。",
    },
  },
  NOT_FOUND: {
    status: 404,
    message: { en: "There is nothing at this address.", zh: "该地址不存在。" },
  },
  CHECKPOINT_UNKNOWN: {
    status: 404,
    message: {
      en: "The log has published no such checkpoint. Fetch /log/checkpoint and sign that text.",
      zh: "日志未发布过该检查点，请获取 /log/checkpoint 并对其文本签名。",
    },
  },
  COSIGNATURE_INVALID: {
    status: 400,
    message: {
      en: "The cosignature is not taken: details.reason is NOTE (no signed note), WITNESS (no witness the hub knows), SIGNATURE (it does not hold) or TIME (it lies ahead).",
      zh: "见证签名未被接受，原因见 details.reason：NOTE（格式不符）、WITNESS（未登记的见证方）、SIGNATURE（签名不符）、TIME（时间超前）。",
    },
  },
} as const satisfies Record<string, ErrorRow>;
