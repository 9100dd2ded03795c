import { outageOf } from "./outage.ts";
import { isPromise } from "./statement-deadline.ts";

/** How often it is tried whether there is space again, while somebody asks. *Units*: milliseconds. */
const tryEveryMs = 5_000;

type Connection = { query: (...args: unknown[]) => unknown };
type ListenablePool = { on(event: "connect", listener: (connection: Connection) => void): unknown };

/** Knows whether the database last had no space. */
export type StorageWatch = Readonly<{
  /** Listens to what a pool's statements fail with. */
  guard: (pool: ListenablePool) => void;
  /** Whether it is still so. @param probe needs space, and leaves none taken */
  isFull: (probe: () => Promise<unknown>) => Promise<boolean>;
}>;

/** SQL can not ask a server for its free space: this remembers that a statement found none, and tries before it says so again. */
export function watchStorage(): StorageWatch {
  let isFull = false;
  let triedAt = Number.NEGATIVE_INFINITY;
  const note = (error: unknown) => {
    if (outageOf(error) === "STORAGE_FULL") isFull = true;
  };
  return {
    guard: (pool) => {
      pool.on("connect", (connection) => {
        const query = connection.query.bind(connection);
        connection.query = (...args) => {
          const sent = query(...args);
          if (isPromise(sent)) sent.catch(note);
          return sent;
        };
      });
    },
    isFull: async (probe) => {
      if (!isFull || performance.now() - triedAt < tryEveryMs) return isFull;
      triedAt = performance.now();
      isFull = false;
      await probe().catch(note);
      return isFull;
    },
  };
}
