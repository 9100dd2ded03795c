import pg from "pg";

/** How often the database is asked whether it answers. *Units*: milliseconds. */
const tickMs = 500;

/** Ticks a question may stay open: three seconds of this process's own time, so that a busy process is not taken for a dead database. */
const maxOpenTicks = 6;

/** A connection of a pool, as far as this file needs it. */
export type WatchedConnection = {
  connection?: { stream?: { destroy: () => unknown } };
  once(event: "end", done: () => void): unknown;
  /** The server's process behind it, and when that started: both, because a number is given again. */
  processID?: number | null;
  processStarted?: string;
};
type ListenablePool = { on(event: "connect", listener: (connection: WatchedConnection) => void): unknown };

/** Watches a database server. */
export type DatabaseWatch = Readonly<{
  /** Makes the pool's connections end when the server answers no more. */
  guard: (pool: ListenablePool) => void;
  stop: () => Promise<void>;
}>;

/**
 * A server that is frozen, or lies behind a network that swallows everything, keeps its connections open and answers
 * nothing: who waits for it waits for each statement's own deadline. This asks it twice a second on a connection of its
 * own; when that has had no answer for three seconds, every connection of the guarded pools is cut. What waits on them
 * fails at once, as with a server that has gone. A server that was frozen finds them cut and rolls back what was not
 * committed; one behind a line that swallows everything never hears of it, and its sessions would hold their locks for
 * a minute against whoever sends again: they are ended as soon as the server answers.
 */
export function watchDatabase(connectionString: string): DatabaseWatch {
  const guarded = new Set<WatchedConnection>();
  let question: { openTicks: number; cut: () => void } | undefined;
  let client: pg.Client | undefined;
  let abandoned: Session[] = [];

  const ask = async (): Promise<void> => {
    let own = client;
    if (!own) {
      own = new pg.Client({ connectionString, application_name: "zhengzhao watch", keepAlive: true });
      own.on("error", () => {});
    }
    const asking = { openTicks: 0, cut: () => cutOff(own) };
    question = asking;
    try {
      if (own !== client) await own.connect();
      client = own;
      const ending = abandoned;
      await own.query(ending.length === 0 ? "select 1" : endSessions(ending));
      abandoned = abandoned.filter((session) => !ending.includes(session));
    } catch {
      // Gone, or cut below: the next question has a new connection.
      if (client === own) client = undefined;
      cutOff(own);
    } finally {
      if (question === asking) question = undefined;
    }
  };

  const timer = setInterval(() => {
    if (!question) {
      void ask();
      return;
    }
    question.openTicks += 1;
    if (question.openTicks < maxOpenTicks) return;
    client = undefined;
    question.cut();
    question = undefined;
    for (const connection of guarded) {
      cutOff(connection);
      const { processID, processStarted } = connection;
      if (processID && processStarted) abandoned.push({ pid: processID, started: processStarted });
    }
  }, tickMs);
  timer.unref();

  return {
    guard: (pool) => {
      pool.on("connect", (connection) => {
        guarded.add(connection);
        connection.once("end", () => guarded.delete(connection));
      });
    },
    stop: async () => {
      clearInterval(timer);
      // A question under way may still be connecting: left alone it would hold this process for ever.
      if (question) question.cut();
      else if (client) await client.end().catch(() => {});
    },
  };
}

type Session = Readonly<{ pid: number; started: string }>;

/** Ends sessions of the server, each only if it is still the one that is meant. */
function endSessions(sessions: readonly Session[]): pg.QueryConfig {
  return {
    text: `select pg_terminate_backend(a.pid) from pg_stat_activity a
      join unnest($1::int[], $2::timestamptz[]) as cut(pid, started) on cut.pid = a.pid and cut.started = a.backend_start`,
    values: [sessions.map(({ pid }) => pid), sessions.map(({ started }) => started)],
  };
}

function cutOff(connection: unknown): void {
  (connection as WatchedConnection).connection?.stream?.destroy();
}
