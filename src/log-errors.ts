import type { ErrorRow } from "./errors.ts";

/** Errors about the public log: a part of the one table in errors.ts. */
export const logErrors = {
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
