import { AsyncLocalStorage } from "node:async_hooks";
import pg from "pg";

/** What a statement of a request that has ended fails with: too late, or its asker has gone. */
export class RequestEnded extends Error {
  constructor() {
    super("the request has ended");
    this.name = "RequestEnded";
  }
}

const requests = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs something on behalf of a request: when the signal aborts, the statements it has running are canceled in
 * PostgreSQL, and those it sends later are refused with RequestEnded. An embedded database has no one to cancel: there
 * the work runs to its end.
 */
export function runWithin<T>(signal: AbortSignal, run: () => T): T {
  return requests.run(signal, run);
}

/** Runs something that others wait for too: no request's end may end it. */
export function runForAll<T>(run: () => T): T {
  return requests.exit(run);
}

/** A connection of a pool, as far as this file needs it. */
type Connection = { query: (...args: unknown[]) => unknown; processID?: number | null };
type ListenablePool = { on(event: "connect", listener: (connection: Connection) => void): unknown };

/** Makes every connection of a pool end a request's statements with the request. */
export function endStatementsWithRequests(pool: ListenablePool, url: string): void {
  const cancel = canceler(url);
  pool.on("connect", (connection) => {
    const query = connection.query.bind(connection);
    connection.query = (...args) => {
      const signal = requests.getStore();
      if (!signal) return query(...args);
      const ending = endingOf(args[0]);
      if (signal.aborted && ending !== "ROLLBACK") return Promise.reject(new RequestEnded());
      const sent = query(...args);
      const { processID } = connection;
      // What ends a transaction is short, and must not be left half done.
      if (ending || !processID || !isPromise(sent)) return sent;
      return untilDone(sent, signal, () => cancel(processID));
    };
  });
}

/**
 * Waits for a statement, and when it was canceled also for the cancel: the connection goes back to its pool after
 * that, so that no cancel ever meets another request's statement.
 */
async function untilDone(sent: Promise<unknown>, signal: AbortSignal, cancel: () => Promise<void>): Promise<unknown> {
  let canceling: Promise<void> | undefined;
  const onAbort = () => {
    canceling = cancel();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await sent;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await canceling;
  }
}

/**
 * Cancels statements by their connections' process ids, on a connection of its own: a pool that is exhausted is when
 * cancels matter. Those asked for while one is under way go together. A cancel that fails is given up: the deadline of
 * the statement itself still holds.
 */
function canceler(connectionString: string): (processId: number) => Promise<void> {
  let waiting: { processIds: number[]; done: Promise<void> } | undefined;
  let last: Promise<void> = Promise.resolve();
  const send = async (processIds: readonly number[]): Promise<void> => {
    const client = new pg.Client({
      ...{ connectionString, application_name: "zhengzhao cancel" },
      ...{ connectionTimeoutMillis: 5_000, query_timeout: 5_000 },
    });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("select pg_cancel_backend(id) from unnest($1::int[]) as id", [processIds]);
    } catch {
      // see above
    } finally {
      await client.end().catch(() => {});
    }
  };
  return (processId) => {
    if (waiting) {
      waiting.processIds.push(processId);
      return waiting.done;
    }
    const processIds = [processId];
    const done = last.then(() => {
      waiting = undefined;
      return send(processIds);
    });
    waiting = { processIds, done };
    last = done;
    return done;
  };
}

/** Whether a statement ends a transaction, and how. */
function endingOf(query: unknown): "COMMIT" | "ROLLBACK" | undefined {
  if (typeof query !== "string") return undefined;
  return /^commit\b/i.test(query) ? "COMMIT" : /^rollback\b/i.test(query) ? "ROLLBACK" : undefined;
}

/** Also of another realm. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
