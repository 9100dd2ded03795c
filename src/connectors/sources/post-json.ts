import { readBody } from "../bounded-body.ts";
import { SourceError } from "./source-call.ts";

/**
 * Posts JSON and reads JSON; what comes back is whatever the source sent. Redirects are not followed, and no more is read than `maxBytes`, unpacked.
 * *Throws* SourceError, or what `fetch` throws.
 */
export async function postJson(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
    redirect: "manual",
    signal,
  });
  const fault = statusFault(response.status);
  if (fault) {
    await response.body?.cancel();
    throw fault;
  }
  const bytes = await readBody(response, maxBytes);
  if (bytes === undefined) throw new SourceError("TOO_LARGE", `more than ${maxBytes} bytes`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new SourceError("ANSWER_INVALID", "no JSON");
  }
}

function statusFault(status: number): SourceError | undefined {
  const detail = `HTTP ${status}`;
  if (status === 200) return undefined;
  if (status >= 300 && status < 400) return new SourceError("REDIRECTED", detail);
  if (status === 401 || status === 403) return new SourceError("UNAUTHORISED", detail);
  if (status === 429 || status >= 500) return new SourceError("SERVER_ERROR", detail, true);
  return new SourceError("ANSWER_INVALID", detail);
}
