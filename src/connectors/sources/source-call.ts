import { ExponentialBackoff, handleWhen, retry, TaskCancelledError, TimeoutStrategy, timeout, wrap } from "cockatiel";
import type { FetchFailure } from "../../domain/sources/fetched-page.ts";
import type { RunFailure } from "../../domain/sources/source-run.ts";

/** What a call of a source may take. *Units*: milliseconds, bytes. */
export type CallLimits = Readonly<{ maxMs: number; maxBytes: number }>;

/** Why a call brought nothing. `detail` is our own words. `passing`: the next try may succeed. */
export class SourceError extends Error {
  readonly failure: RunFailure;
  readonly detail: string | undefined;
  readonly passing: boolean;

  constructor(failure: RunFailure, detail?: string, passing = false) {
    super(detail ?? failure);
    this.failure = failure;
    this.detail = detail;
    this.passing = passing;
  }
}

/**
 * Calls a source, again after a pause with jitter when a try fails in passing; each try has its time.
 * The circuit is kept in the database, where all copies of the hub see it: `circuitOf`.
 */
export async function callSource<T>(
  tries: number,
  maxMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | FetchFailure> {
  const policy = wrap(
    retry(
      handleWhen((error) => toSourceError(error).passing),
      { maxAttempts: tries - 1, backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 4_000 }) },
    ),
    timeout(maxMs, TimeoutStrategy.Aggressive),
  );
  try {
    return await policy.execute((context) => run(context.signal), signal);
  } catch (error) {
    const { failure, detail } = toSourceError(error);
    return detail === undefined ? { failure } : { failure, detail };
  }
}

const unreachable =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT|PROTOCOL_CONNECTION_LOST)$/;

/** What an error of a driver or of `fetch` means. Its text goes nowhere: it may repeat what the source said. */
function toSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const code = codeOf(error);
  if (error instanceof TaskCancelledError || /^(57014|ETIMEDOUT|PROTOCOL_SEQUENCE_TIMEOUT)$/.test(code))
    return new SourceError("TIMEOUT", undefined, true);
  if (error instanceof Error && /^(Query read timeout|timeout expired|timeout exceeded.*)$/.test(error.message))
    return new SourceError("TIMEOUT", undefined, true);
  if (unreachable.test(code)) return new SourceError("UNREACHABLE", code, true);
  if (/^(28...|42501|ER_ACCESS_DENIED_ERROR|ER_DBACCESS_DENIED_ERROR|ER_TABLEACCESS_DENIED_ERROR)$/.test(code))
    return new SourceError("UNAUTHORISED", code);
  // Too many connections, or the server is stopping or starting.
  if (/^(08|53|57)...$|^ER_(CON_COUNT_ERROR|SERVER_SHUTDOWN)$/.test(code))
    return new SourceError("SERVER_ERROR", code, true);
  if (/^[0-9A-Z]{5}$|^ER_[A-Z_]+$/.test(code)) return new SourceError("SERVER_ERROR", code);
  if (
    error instanceof Error &&
    /^(fetch failed|terminated|Connection terminated.*|Connection lost.*)$/.test(error.message)
  )
    return new SourceError("UNREACHABLE", code || undefined, true);
  return new SourceError("ANSWER_INVALID", code || undefined);
}

/** The code of an error, or of what lies under it. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{1,60}$/.test(error.code)) return error.code;
  return "cause" in error ? codeOf(error.cause) : "";
}
