import type { IncomingHttpHeaders } from "node:http";
import { type ErrorCode, errorTable, HubError } from "../../errors.ts";
import { standardLimits as limits } from "../../limits.ts";

/** An error in an answer of the gateway's runtime: of a subgraph, of the query itself, or unforeseen. */
export type RawError = Readonly<{
  message: string;
  extensions: Readonly<Record<string, unknown>>;
  originalError?: Error | undefined;
}>;

/** What a caller of the gateway sees of an error; `serviceName` is the subgraph it came from. */
export type ShownError = Readonly<{
  message: string;
  code: unknown;
  messageZh?: unknown;
  details?: unknown;
  serviceName?: unknown;
}>;

/** Where errors go that callers see only in part. */
export type GatewayErrorLog = Readonly<{
  /** A subgraph did not answer. `reason` is a code or a kind of error, never a text somebody sent. */
  failed: (subgraph: unknown, reason: string) => void;
  /** Returns the id the error is found under. */
  unexpected: (error: unknown) => string;
}>;

/** Codes of Hive Gateway for a subgraph that did not answer, or not in GraphQL. */
const failures: readonly unknown[] = ["SUBREQUEST_HTTP_ERROR", "RESPONSE_VALIDATION_FAILED"];

/**
 * What the gateway shows of an error: the code and words its subgraph gave it; never an address, a body or a stack.
 * *Trust*: messages of departments are their own.
 */
export function presentError({ message, extensions, originalError }: RawError, log: GatewayErrorLog): ShownError {
  const { code, serviceName, messageZh, details } = extensions;
  if (serviceName !== undefined && failures.includes(code)) {
    log.failed(serviceName, kindOf(originalError?.cause) ?? kindOf(originalError) ?? String(code));
    return {
      message: `The system ${serviceName} did not answer; its part is missing. Try again shortly.`,
      messageZh: `系统 ${serviceName} 未应答，缺少其数据，请稍后重试。`,
      ...{ code: "DOWNSTREAM_SERVICE_ERROR", serviceName },
    };
  }
  const short = message.length > limits.maxMessageLength ? `${message.slice(0, limits.maxMessageLength)}…` : message;
  if (serviceName !== undefined) return { message: short, code, messageZh, details, serviceName };
  const own = codeOf(code, message);
  const { en, zh } = errorTable[own].message;
  if (own !== "INTERNAL") return { message: short, code: own, messageZh: zh, details };
  return { message: en, code: own, messageZh: zh, details: { id: log.unexpected(originalError ?? message) } };
}

/** HTTP status of an answer that holds this error and no data. */
export function statusOf({ code }: ShownError): number {
  return isOurs(code) ? errorTable[code].status : 502;
}

/** Why a request is refused before its body is read: only `POST /graphql` of a bearable size goes on. */
export function findRefusal(method: string, url: string, headers: IncomingHttpHeaders): HubError | undefined {
  if (method !== "POST" && url.split("?", 1)[0] === "/graphql") return new HubError("METHOD_NOT_ALLOWED");
  if (method !== "POST" || url !== "/graphql") return new HubError("NOT_FOUND");
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) return new HubError("MEDIA_TYPE");
  const most = headers.authorization === undefined ? limits.maxAnonymousBodyBytes : limits.maxBodyBytes;
  const isBearable = Number(headers["content-length"] ?? Number.NaN) <= most;
  return isBearable ? undefined : new HubError("BODY_TOO_LARGE", { limit: most });
}

/** The body of a refusal: the same shape as any other GraphQL error. */
export function refusalBody({ code, message, details }: HubError): object {
  const extensions = { code, messageZh: errorTable[code].message.zh };
  return { errors: [{ message, extensions: "limit" in details ? { ...extensions, details } : extensions }] };
}

/** The runtime tells some mistakes in a query by their words alone. */
function codeOf(code: unknown, message: string): ErrorCode {
  if (/^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(message)) return "QUERY_TOO_LONG";
  if (isOurs(code)) return code;
  return message.startsWith("Variable ") ? "BAD_USER_INPUT" : "INTERNAL";
}

function isOurs(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorTable, code);
}

/** `ECONNREFUSED`, `TimeoutError`: what kind of error, without its message. */
function kindOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
