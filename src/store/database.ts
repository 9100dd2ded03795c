import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout } from "node:timers/promises";
import { Migrator } from "@mikro-orm/migrations";
import { MikroORM as PostgresORM } from "@mikro-orm/postgresql";
import type { InferDBFromKysely } from "@mikro-orm/sql";
import { CompiledQuery, type KyselyPlugin, type QueryExecutorProvider, type Selectable, sql } from "kysely";
import { migrationList } from "../../migrations/list.ts";
import { type DatabaseWatch, type WatchedConnection, watchDatabase } from "./database-watch.ts";
import { checkOwnSessions, databaseDeadlines, prepareConnection } from "./new-connection.ts";
import { sqlState } from "./outage.ts";
import { endStatementsWithRequests } from "./statement-deadline.ts";
import { type StorageWatch, watchStorage } from "./storage-watch.ts";
import { tables } from "./tables/tables.ts";

/** Where the hub remembers: a PostgreSQL server, or PostgreSQL embedded in this process. */
export type DatabasePlace =
  | Readonly<{ kind: "SERVER"; url: string; poolSize: number; onStatement?: (sql: string) => void }>
  /** `folder` undefined: in memory, for tests. */
  | Readonly<{ kind: "EMBEDDED"; folder: string | undefined }>;

/** Number of the lock under which one hub at a time prepares the database. */
const startLock = 20_211_103;

/** The opened database. */
export type Database = Awaited<ReturnType<typeof openDatabase>>;

/** Typed SQL, outside or inside a transaction. */
export type Sql = ReturnType<Database["sql"]>;

type Tables = InferDBFromKysely<Sql>;

/** A row as a query returns it, by table name. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;

/** The role every statement of the hub runs under; migrations make it, and guard rows from it. */
const hubRole = "zhengzhao_hub";

/**
 * Opens the database. Migrations run as whoever owns it; everything else as a role that owns nothing, so that the
 * database itself refuses what nobody was let in for (`enter` in reader.ts) and changes of what is written once.
 */
export async function openDatabase(place: DatabasePlace) {
  const isServer = place.kind === "SERVER";
  if (isServer) await checkOwnSessions(place.url);
  const owner = isServer ? await openServer({ ...place, poolSize: 2 }) : await openEmbedded(place.folder);
  const watch = isServer ? watchDatabase(place.url) : undefined;
  const storage = watchStorage();
  const orm = isServer ? await openServer(place, hubRole, [watch, storage]) : owner;
  const kysely = orm.em.fork().getKysely();
  const pool = kysely.withPlugin(refusePoolInTransaction);
  pools.add(pool);
  // The embedded database has one connection, which changes its role.
  const become = (role: string) => (isServer ? undefined : sql`set role ${sql.raw(role)}`.execute(kysely));
  return {
    /** The owner's ORM, for migrations and their drift check. */
    orm: owner,
    /** Typed SQL on the pool. Rows are plain: calendar dates and instants are the strings PostgreSQL prints. */
    sql: () => pool,
    /** Runs everything inside one transaction; any error rolls all of it back. */
    transaction: <T>(run: (sql: typeof kysely) => Promise<T>): Promise<T> =>
      inTransaction.run(true, () => kysely.transaction().execute(run)),
    /** Whether every migration is done. *Throws* when the database does not answer. */
    isReady: async () => {
      await sql`select 1`.execute(pool);
      return (await owner.migrator.getPending()).length === 0;
    },
    /** Whether a statement found no space left, and there is still none. */
    isFull: () => storage.isFull(() => kysely.transaction().execute((db) => probeSpace.execute(db))),
    /** Runs something while no other hub on this database does: migrations, first data. */
    alone: <T>(run: () => Promise<T>): Promise<T> => {
      if (!isServer) return run();
      return owner.em
        .fork()
        .getKysely()
        .connection()
        .execute(async (connection) => {
          await takeStartLock(connection);
          try {
            return await run();
          } finally {
            await sql`select pg_advisory_unlock(${startLock})`.execute(connection);
          }
        });
    },
    /** Runs something as the owner: only what changes the schema. */
    asOwner: async <T>(run: () => Promise<T>): Promise<T> => {
      await become("none");
      try {
        return await run();
      } finally {
        await become(hubRole);
      }
    },
    /** Brings the schema up to date; returns how many migrations ran. */
    migrate: async (): Promise<number> => {
      await become("none");
      const done = await owner.migrator.up();
      await become(hubRole);
      return done.length;
    },
    close: async () => {
      await watch?.stop();
      await orm.close(true);
      if (owner !== orm) await owner.close(true);
    },
  };
}

/** About a megabyte, gone with its transaction. */
const probeSpace = sql`create temporary table space_probe on commit drop as
  select md5(n::text) as filling from generate_series(1, 16384) as n`;

const inTransaction = new AsyncLocalStorage<true>();
const pools = new WeakSet<object>();

/**
 * A statement on the pool while a transaction is open waits for a second connection, and when all of them do, for ever.
 * This refuses it at once, so that such code never leaves its author's desk.
 */
function checkOutsideTransaction(): void {
  if (inTransaction.getStore()) throw new Error("a statement outside of the transaction was sent from inside it");
}

const refusePoolInTransaction: KyselyPlugin = {
  transformQuery: ({ node }) => {
    checkOutsideTransaction();
    return node;
  },
  transformResult: async ({ result }) => result,
};

/**
 * A statement of a hot path, written once as text: nothing is built when it runs, and its text never changes, so that
 * a server keeps its plan. @returns rows, as PostgreSQL prints them
 */
export function statement<Result>(
  text: string,
): (db: Sql, parameters: readonly unknown[]) => Promise<readonly Result[]> {
  return async (db, parameters) => {
    if (pools.has(db)) checkOutsideTransaction();
    const { rows } = await db.executeQuery(CompiledQuery.raw(text, [...parameters]));
    return rows as readonly Result[]; // the one who wrote the text says what its rows are
  };
}

const shared = () => ({
  entities: [...tables],
  extensions: [Migrator],
  forceUtcTimezone: true,
  // Functions, triggers and policies are written by hand, in migrations.
  schemaGenerator: { ignoreRoutines: true, ignorePolicies: true, ignoreTriggers: true },
  migrations: {
    migrationsList: [...migrationList],
    path: "migrations",
    pathTs: "migrations",
    snapshotName: "snapshot",
    snapshotOnMigrate: false,
    silent: true,
  },
});

type Guards = readonly (DatabaseWatch | StorageWatch | undefined)[];

function openServer(place: Extract<DatabasePlace, { kind: "SERVER" }>, role?: string, guards: Guards = []) {
  const { onStatement } = place;
  return PostgresORM.init({
    ...shared(),
    clientUrl: place.url,
    pool: { min: 0, max: place.poolSize },
    driverOptions: {
      application_name: "zhengzhao",
      connectionTimeoutMillis: databaseDeadlines.connect,
      query_timeout: databaseDeadlines.statement + 1_000,
      onConnect: (connection: Parameters<typeof prepareConnection>[0]) => prepareConnection(connection, role),
      onPoolCreated: (pool: ListenablePool) => {
        nameStatements(pool);
        endStatementsWithRequests(pool, place.url);
        for (const guard of guards) guard?.guard(pool);
        if (onStatement) listen(pool, onStatement);
      },
    },
  });
}

async function openEmbedded(folder: string | undefined) {
  // Only now: a hub on a server needs none of it.
  const { MikroORM: PgliteORM } = await import("@mikro-orm/pglite");
  return PgliteORM.init({ ...shared(), dbName: folder ?? "memory://" });
}

/** Asks again and again instead of waiting inside the database, whose deadlines are shorter than a first start. */
async function takeStartLock(connection: QueryExecutorProvider): Promise<void> {
  for (let attempt = 1; attempt <= 600; attempt++) {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${startLock}) as taken`.execute(
      connection,
    );
    if (rows[0]?.taken) return;
    await setTimeout(250);
  }
  throw new Error("another hub has been preparing this database for over two minutes");
}

type ListenablePool = {
  on(
    event: "connect",
    listener: (client: WatchedConnection & { query: (...args: unknown[]) => unknown }) => void,
  ): unknown;
};

/** Texts that get a name and so a plan kept by the server; beyond that many, the others run as they come. */
const maxNamedStatements = 200;

/** Names every statement with parameters, so that each connection parses and plans it once. */
function nameStatements(pool: ListenablePool): void {
  const names = new Map<string, string>();
  pool.on("connect", (client) => {
    const query = client.query.bind(client);
    client.query = (...args) => {
      const [text, values] = args;
      if (typeof text !== "string" || !Array.isArray(values) || values.length === 0) return query(...args);
      if (!names.has(text) && names.size < maxNamedStatements) names.set(text, `s${names.size}`);
      const name = names.get(text);
      return name === undefined ? query(...args) : query({ name, text, values });
    };
  });
}

/** Lets a test see every statement as it is sent. */
function listen(pool: ListenablePool, onStatement: (sql: string) => void): void {
  pool.on("connect", (client) => {
    const query = client.query.bind(client);
    client.query = (...args) => {
      const [first] = args;
      if (typeof first === "string") onStatement(first);
      else if (typeof first === "object" && first !== null && "text" in first) onStatement(String(first.text));
      return query(...args);
    };
  });
}

/** An instant as PostgreSQL prints it in UTC (`2026-11-22 08:00:00.123+00`). */
export function toInstant(text: string): Date {
  return new Date(`${text.slice(0, 10)}T${text.slice(11).replace(/[+-]\d\d$/, "$&:00")}`);
}

/** The same as RFC 3339 text. */
export function toIso(text: string): string {
  return toInstant(text).toISOString();
}

/** Whether another transaction came in between (unique key, deadlock, serialization): trying again can succeed. */
export function isConflict(error: unknown): boolean {
  return ["23505", "40P01", "40001"].includes(sqlState(error) ?? "");
}

/** Runs a transaction again when another one came in between; the third conflict is thrown. */
export async function tryAgain<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 3 || !isConflict(error)) throw error;
    }
  }
}
