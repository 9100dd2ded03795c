import { accessErrors } from "./access-errors.ts";
import { outageErrors } from "./outage-errors.ts";
import { requestErrors } from "./request-errors.ts";

/** Languages every public message exists in. */
export type LocalizedText = Readonly<{ en: string; zh: string }>;

/** What every error has: an HTTP status and a public message. */
export type ErrorRow = Readonly<{ status: number; message: LocalizedText }>;

/**
 * Every error a caller can receive: stable code → HTTP status → public message.
 * A code is never renamed or reused; each has a heading in schema/errors.md.
 */
export const errorTable = {
  UNAUTHENTICATED: {
    status: 401,
    message: {
      en: "An access token is required. Send Authorization: DPoP with a proof, or Bearer in a demo.",
      zh: "需要访问令牌，请携带 Authorization: DPoP 及其证明（演示环境可用 Bearer）。",
    },
  },
  TOKEN_INVALID: {
    status: 401,
    message: {
      en: "The access token was not accepted. Ask its issuer for a new one for this hub.",
      zh: "访问令牌无效，请向签发方重新申请面向本枢纽的令牌。",
    },
  },
  TOKEN_EXPIRED: {
    status: 401,
    message: { en: "The access token has expired. Ask its issuer for a new one.", zh: "访问令牌已过期，请重新申请。" },
  },
  TOKEN_UNBOUND: {
    status: 401,
    message: {
      en: "This access token is bound to no key. Ask for one with a DPoP proof.",
      zh: "该访问令牌未绑定密钥，请携带 DPoP 证明重新申请。",
    },
  },
  DPOP_PROOF_INVALID: {
    status: 401,
    message: {
      en: "The DPoP proof was not accepted. Make a new one for this request with the key the token is bound to.",
      zh: "DPoP 证明无效，请使用令牌所绑定的密钥为本次请求重新生成。",
    },
  },
  DPOP_REPLAYED: {
    status: 401,
    message: {
      en: "This DPoP proof was used before. Make a new one for each request.",
      zh: "该 DPoP 证明已使用过，每次请求须重新生成。",
    },
  },
  SCOPE_MISSING: {
    status: 403,
    message: { en: "The access token lacks the scope this operation needs.", zh: "访问令牌缺少此操作所需的权限范围。" },
  },
  FORBIDDEN: {
    status: 403,
    message: { en: "This caller may not do this.", zh: "当前调用方无权执行此操作。" },
  },
  PURPOSE_NOT_ALLOWED: {
    status: 403,
    message: {
      en: "The stated purpose does not allow this: name a procedure of your own department.",
      zh: "申请事由不成立：请填写本部门自己的政务服务事项。",
    },
  },
  PURPOSE_EXCEEDED: {
    status: 403,
    message: {
      en: "The stated procedure does not need what was asked for: ask only for the license types its materials name.",
      zh: "所述事项不需要所申请的证照：只能调取该事项材料清单所列的证照类型。",
    },
  },
  WHOLE_LICENSE_NOT_GRANTED: {
    status: 403,
    message: {
      en: "The grant covers some attributes of this license, not the license as signed. Ask without `jws`.",
      zh: "授权仅限该证照的部分照面信息，不含签名的完整证照，请勿查询 jws。",
    },
  },
  INPUT_INVALID: {
    status: 400,
    message: { en: "An argument has a value that is not accepted.", zh: "参数取值不符合要求。" },
  },
  BATCH_CHANGED: {
    status: 409,
    message: {
      en: "Other records came under this batch id before. Send the same ones again, or take a new batch id.",
      zh: "该批次号此前报送过不同的记录。请重发相同内容，或使用新的批次号。",
    },
  },
  BATCH_TOO_LARGE: {
    status: 400,
    message: {
      en: "A submission holds at most 1,000 records. Split the batch.",
      zh: "每批最多提交 1000 条记录，请拆分批次。",
    },
  },
  PROCEDURE_NOT_FOUND: {
    status: 404,
    message: { en: "No procedure has this code.", zh: "没有该编码的政务服务事项。" },
  },
  PERMIT_ITEM_CANCELLED: {
    status: 409,
    message: {
      en: "This permit has been abolished: no application may be asked for, no material may be demanded.",
      zh: "该许可事项已直接取消审批，不得受理申请，也不得要求企业提供材料。",
    },
  },
  CHECK_NOT_FOUND: {
    status: 404,
    message: { en: "This caller has no material check with this id.", zh: "当前调用方没有该编号的免提交判定。" },
  },
  CHECK_EXPIRED: {
    status: 409,
    message: {
      en: "The material check is older than 10 minutes. Check the materials again.",
      zh: "免提交判定已超过 10 分钟，请重新判定。",
    },
  },
  CHECK_USED: {
    status: 409,
    message: {
      en: "The material check was already used. Check the materials again for another fetch.",
      zh: "免提交判定已使用过，如需再次调取请重新判定。",
    },
  },
  MATERIAL_NOT_FETCHABLE: {
    status: 409,
    message: {
      en: "A requested material can not be fetched. Only materials answered FETCH, and still so, can.",
      zh: "所请求的材料不可调取：仅判定为 FETCH 且目前仍成立的材料可以调取。",
    },
  },
  ...accessErrors,
  STATUS_LIST_NOT_FOUND: {
    status: 404,
    message: { en: "There is no status list with this number.", zh: "没有该编号的状态列表。" },
  },
  STATUS_LIST_TIME_NOT_FOUND: {
    status: 404,
    message: { en: "No signed list held at this time.", zh: "该时间没有有效的已签署状态列表。" },
  },
  DATE_BEFORE_ISSUE: {
    status: 400,
    message: { en: "The license had not been issued on that day.", zh: "该日期早于证照的签发日期。" },
  },
  RECONCILIATION_NOT_FOUND: {
    status: 404,
    message: { en: "This department has no reconciliation with this id.", zh: "本部门没有该编号的对账记录。" },
  },
  LIST_TOO_LONG: {
    status: 413,
    message: {
      en: "The list holds too many records. Compare fewer days at a time.",
      zh: "清单记录数过多，请缩短对账的日期范围。",
    },
  },
  NOT_KNOWN_THEN: {
    status: 400,
    message: { en: "The hub did not hold this license at that instant.", zh: "该时点枢纽尚未归集此证照。" },
  },
  QUERY_TOO_DEEP: {
    status: 400,
    message: { en: "The query is nested too deeply.", zh: "查询嵌套层数过多。" },
  },
  QUERY_TOO_MANY_ALIASES: {
    status: 400,
    message: { en: "The query uses too many aliases.", zh: "查询使用的别名过多。" },
  },
  QUERY_TOO_COSTLY: {
    status: 400,
    message: {
      en: "The query could return too much. Ask for fewer fields or smaller pages.",
      zh: "查询代价过高，请减少字段或缩小分页。",
    },
  },
  QUERY_TOO_LONG: {
    status: 400,
    message: { en: "The query has too many tokens.", zh: "查询语句过长。" },
  },
  QUERY_MANY_OPERATIONS: {
    status: 400,
    message: { en: "A request holds one operation.", zh: "每个请求只能包含一个操作。" },
  },
  QUERY_DIRECTIVES: {
    status: 400,
    message: { en: "The query repeats directives too often.", zh: "查询使用的指令过多。" },
  },
  PAGE_TOO_LARGE: {
    status: 400,
    message: { en: "A page or list argument is too large.", zh: "分页或列表参数过大。" },
  },
  CURSOR_INVALID: {
    status: 400,
    message: {
      en: "The cursor was not made by this connection. Use endCursor as it came.",
      zh: "游标无效，请原样使用 endCursor。",
    },
  },
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    message: { en: "The query is not valid GraphQL syntax.", zh: "查询语法错误。" },
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    message: { en: "The query does not fit the schema.", zh: "查询与接口模式不符。" },
  },
  BAD_USER_INPUT: {
    status: 400,
    message: { en: "A variable does not fit its type.", zh: "变量与其类型不符。" },
  },
  BAD_REQUEST: {
    status: 400,
    message: { en: "The request is not a GraphQL request over HTTP.", zh: "请求不是有效的 GraphQL 请求。" },
  },
  RATE_LIMITED: {
    status: 429,
    message: {
      en: "Too much was asked in this time. Ask again after the seconds Retry-After says.",
      zh: "请求过于频繁，请在 Retry-After 所示秒数后重试。",
    },
  },
  ...requestErrors,
  ...outageErrors,
} as const satisfies Record<string, ErrorRow>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorTable;

/** Typed, public facts about an error: never a secret, a token or a personal identifier. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The one error that crosses floors. Thrown only when the caller of a function cannot go on. */
export class HubError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { readonly cause?: unknown }) {
    super(errorTable[code].message.en, options);
    this.name = "HubError";
    this.code = code;
    this.details = details;
  }

  /** HTTP status that fits this error. */
  get status(): number {
    return errorTable[this.code].status;
  }
}

/** The code of any error that has one: of ours, or of the system, such as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
