import { type Sql, statement } from "../database.ts";

/** Rows removed by one statement: few enough that nobody waits for them. */
const batchRows = 1_000;

/** Batches of one table in one run; what is left is removed by the next. */
const maxBatches = 50;

/** How long counted requests are kept. *Units*: milliseconds. */
const rateWindowKeptMs = 60 * 60_000;

/** After how long a list that nobody compares any more is taken for left behind. *Units*: milliseconds. */
const lineKeptMs = 24 * 60 * 60_000;

/** Lines of lists removed in one run. */
const maxLines = 100_000;

/** How long notices are kept, and cases after they end. *Units*: milliseconds. */
const noticesKeptMs = 180 * 24 * 60 * 60_000;

/** How many rows a run removed, by table. */
export type RemovedRows = Readonly<{
  artifacts: number;
  proofs: number;
  rateWindows: number;
  lines: number;
  notices: number;
}>;

/**
 * Removes what has expired, oldest first, in small statements. Copies of the hub that do it at the same time skip each
 * other's rows instead of waiting for them.
 */
export async function removeExpired(db: Sql, now: Date): Promise<RemovedRows> {
  const at = now.toISOString();
  const windowsFrom = new Date(now.getTime() - rateWindowKeptMs).toISOString();
  return {
    artifacts: await inBatches(() => removeArtifacts(db, [at, batchRows])),
    proofs: await inBatches(() => removeProofs(db, [at, batchRows])),
    rateWindows: await inBatches(() => removeRateWindows(db, [windowsFrom, batchRows])),
    notices: (await forgetNotices(db, [new Date(now.getTime() - noticesKeptMs).toISOString(), batchRows]))[0]?.n ?? 0,
    lines: (await removeLines(db, [new Date(now.getTime() - lineKeptMs).toISOString(), maxLines]))[0]?.removed ?? 0,
  };
}

async function inBatches(removeBatch: () => Promise<readonly unknown[]>): Promise<number> {
  let removed = 0;
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const rows = await removeBatch();
    removed += rows.length;
    if (rows.length < batchRows) break;
  }
  return removed;
}

const removing = (table: string, instant: string) =>
  statement<{ one: number }>(`
    with old as (select ctid from ${table} where ${instant} <= $1::timestamptz order by ${instant} limit $2::int
      for update skip locked)
    delete from ${table} where ctid = any(array(select ctid from old)) returning 1 as one`);

const removeArtifacts = removing("oauth_artifact", "expires_at");
const removeProofs = removing("dpop_proof", "expires_at");
const removeRateWindows = removing("rate_window", "starts_at");

const forgetNotices = statement<{ n: number }>("select hub_forget_notices($1::timestamptz, $2::int) as n");

// Found by reading the table: it holds something while lists are compared, and nothing else.
const removeLines = statement<{ removed: number }>(`
  with old as (select ctid from reconciliation_line where started_at <= $1::timestamptz limit $2::int
      for update skip locked),
    removed as (delete from reconciliation_line where ctid = any(array(select ctid from old)) returning 1)
  select count(*)::int as removed from removed`);
