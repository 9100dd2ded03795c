import type { Purpose } from "../../domain/access/caller.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement } from "../database.ts";

/** A case of a client's, with what it relies on. */
export type OpenCase = Readonly<{
  id: number;
  procedure: string;
  caseNumber: string;
  openedAt: string;
  fetchedAt: string;
  openUntil: string;
  licenses: readonly Readonly<{ identifier: string; fetchedAt: string; state: StoredState | null }>[];
}>;

/** Cases and the licenses fetched into them; read as the client whose they are. */
export function relianceStore(db: Sql) {
  return {
    /** Waits for whoever changes these licenses, and lets nobody change them until the transaction ends. */
    hold: async (identifiers: readonly string[]): Promise<void> => {
      await hold(db, [identifiers]);
    },

    /** Notes that a case relies on licenses; opens it, or opens it again with all it ever relied on. */
    rely: async (
      clientId: string,
      { procedure, caseNumber, reason }: Purpose,
      identifiers: readonly string[],
      at: Date,
      openUntil: Date,
    ): Promise<void> => {
      const instants = [at.toISOString(), openUntil.toISOString()];
      const [opened] = await open(db, [clientId, procedure, caseNumber, reason, ...instants]);
      await rely(db, [opened?.id, identifiers, at.toISOString()]);
    },

    /** Whether the client has such a case that is open; it is not any more. */
    close: async (clientId: string, procedure: string, caseNumber: string, at: Date): Promise<boolean> => {
      const closed = await db
        .updateTable("open_case")
        .set({ closed_at: at.toISOString() })
        .where("client_id", "=", clientId)
        .where("procedure", "=", procedure)
        .where("case_number", "=", caseNumber)
        .where("closed_at", "is", null)
        .where("open_until", ">", at.toISOString())
        .returning("id")
        .executeTakeFirst();
      return closed !== undefined;
    },

    /** The client's open cases, the newest first. @param after id of the last case seen */
    listOpen: async (clientId: string, at: Date, first: number, after: number | undefined): Promise<Page<OpenCase>> => {
      const rows = await selectOpen(db, [clientId, at.toISOString(), after ?? null, first + 1]);
      return { rows: rows.slice(0, first).map(toCase), hasNextPage: rows.length > first };
    },
  };
}

/** What `relianceStore` offers. */
export type RelianceStore = ReturnType<typeof relianceStore>;

type CaseRow = Row<"open_case"> & { licenses: OpenCase["licenses"] };

function toCase({ id, procedure, licenses, ...row }: CaseRow): OpenCase {
  const { case_number: caseNumber, opened_at: openedAt, fetched_at: fetchedAt, open_until: openUntil } = row;
  return { id: Number(id), procedure, caseNumber, openedAt, fetchedAt, openUntil, licenses };
}

const hold = statement<object>("select hub_hold_licenses($1::text[])");

// Two statements: the guard of the second looks whose case it is, and must find the first one's row.
const open = statement<{ id: string }>(`
  insert into open_case as c (client_id, procedure, case_number, reason, opened_at, fetched_at, open_until)
    values ($1, $2, $3, $4, $5::timestamptz, $5::timestamptz, $6::timestamptz)
  on conflict (client_id, procedure, case_number) do update set reason = excluded.reason, closed_at = null,
    fetched_at = excluded.fetched_at, open_until = greatest(c.open_until, excluded.open_until),
    opened_at = case when c.closed_at is null and c.open_until > excluded.fetched_at then c.opened_at
      else excluded.opened_at end
  returning id`);

const rely = statement<object>(`
  insert into reliance (identifier, case_id, fetched_at) select i, $1::bigint, $3::timestamptz from unnest($2::text[]) i
  on conflict (identifier, case_id) do update set fetched_at = excluded.fetched_at, state = null`);

// A case holds what its procedure's materials need: a handful.
const selectOpen = statement<CaseRow>(`
  select c.*, (select coalesce(jsonb_agg(jsonb_build_object('identifier', r.identifier, 'fetchedAt', r.fetched_at,
      'state', r.state) order by r.identifier), '[]') from reliance r where r.case_id = c.id) as licenses
  from open_case c
  where c.client_id = $1 and c.closed_at is null and c.open_until > $2::timestamptz
    and ($3::bigint is null or c.id < $3::bigint)
  order by c.id desc limit $4::int`);
