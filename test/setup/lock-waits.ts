import { setTimeout as pause } from "node:timers/promises";

type Rows = (text: string, parameters?: readonly unknown[]) => Promise<readonly unknown[]>;

/**
 * Resolves as soon as somebody waits for a lock in the database: what is expected to wait does. Rejects after ten seconds in
 * which nobody did.
 * @param sql a connection to that database that does not wait itself
 */
export async function lockIsWaitedFor(sql: Rows): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if ((await sql(waiting)).length > 0) return;
    await pause(10);
  }
  throw new Error("nobody waits for a lock");
}

// Who waits for the end of a transaction waits for a lock that belongs to no database.
const waiting = `
  select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where not l.granted and a.datname = current_database()`;
