import pg from "pg";

/** Deadlines on everything that waits for the database. *Units*: milliseconds. */
export const databaseDeadlines = {
  statement: 30_000,
  lock: 10_000,
  connect: 3_000,
  idleInTransaction: 60_000,
} as const;

/** A connection that was just made, as far as this file needs it. */
type NewConnection = {
  query: (query: pg.QueryConfig & { query_timeout: number }) => Promise<{ rows: { pid: number; started: string }[] }>;
};

/** What every connection of the hub works under. */
const settings = {
  TimeZone: "UTC",
  // Texts are constant and plans are kept: guessing from each call's parameters costs more than it finds.
  plan_cache_mode: "force_generic_plan",
  jit: "off",
  // The hub reads by index, from memory or solid state: the standard 4 stands for the arm of a rotating disk.
  random_page_cost: "1.1",
  statement_timeout: String(databaseDeadlines.statement),
  lock_timeout: String(databaseDeadlines.lock),
  idle_in_transaction_session_timeout: String(databaseDeadlines.idleInTransaction),
} as const;

/**
 * Makes a new connection one of the hub's, before its first statement: what it works under is set now and not asked for
 * while connecting, because PgBouncer accepts none of it there. Behind a pooler the process id told while connecting is
 * the pooler's invention; the one a statement can be canceled by is PostgreSQL's own. Process ids come back; with the
 * time it started, one process is meant for good.
 * *Throws* what PostgreSQL refuses: a connection without its role or its deadlines must serve nobody.
 * @param role undefined: the one that connected
 */
export async function prepareConnection(connection: NewConnection, role: string | undefined): Promise<void> {
  const all = Object.entries({ ...settings, ...(role !== undefined && { role }) });
  const calls = all.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const { rows } = await connection.query({
    text: `select pg_backend_pid() as pid, own.backend_start::text as started, ${calls.join(", ")}
      from pg_stat_get_activity(pg_backend_pid()) as own`,
    values: all.flat(),
    query_timeout: databaseDeadlines.connect,
  });
  Object.assign(connection, { processID: rows[0]?.pid, processStarted: rows[0]?.started });
}

/**
 * Makes sure that a connection is a session of its own. Settings, locks on the start, and cancels all hang on the session;
 * a pooler that hands one connection of the server to several of ours mixes them up.
 * *Throws* an Error with one clear line.
 */
export async function checkOwnSessions(connectionString: string): Promise<void> {
  const [one, other] = [makeClient(connectionString), makeClient(connectionString)];
  try {
    await one.connect();
    const process = await processOf(one);
    if (process === toldProcessOf(one)) return; // it is PostgreSQL itself
    await other.connect();
    // Whoever pools by statements refuses the transaction; whoever pools by transactions gives it the other's process.
    const isShared = await other.query("begin").then(
      async () => (await processOf(other)) === process || (await processOf(one)) !== process,
      () => true,
    );
    if (isShared)
      throw new Error("a pooler hands one connection to several sessions; set pool_mode=session in PgBouncer");
  } finally {
    await Promise.all([one.end(), other.end()].map((ended) => ended.catch(() => {})));
  }
}

function makeClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    application_name: "zhengzhao",
    connectionTimeoutMillis: databaseDeadlines.connect,
    query_timeout: databaseDeadlines.connect,
  });
  client.on("error", () => {});
  return client;
}

async function processOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid;
}

/** The process id that was told while connecting. */
function toldProcessOf(client: pg.Client): unknown {
  return "processID" in client ? client.processID : undefined;
}
