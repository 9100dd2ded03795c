import { Client, types } from "pg";

/** Who runs statements: a connection. */
export type Querying = Pick<Client, "query">;

/** A database as an auditor reads it: one state of it, streamed. */
export type AuditDatabase = Readonly<{
  /** Rows of a query, some hundreds at a time. */
  stream: <Row>(text: string) => AsyncGenerator<Row>;
  rows: <Row>(text: string, parameters?: readonly unknown[]) => Promise<readonly Row[]>;
}>;

/** Rows fetched at a time. */
const atOnce = 500;

/** Runs something on one state of the database, of which nothing can be changed. *Throws* when it can not see every row. */
export async function auditing<T>(url: string, run: (database: AuditDatabase) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: "zhengzhao-fsck",
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    // PgBouncer accepts none of these while connecting.
    await client.query("set TimeZone = 'UTC'; set DateStyle = 'ISO'; set jit = off");
    await client.query("begin isolation level repeatable read read only");
    return await run(auditDatabase(client));
  } finally {
    await client.end();
  }
}

/** The same on a connection that has begun a transaction. */
export function auditDatabase(client: Querying): AuditDatabase {
  let cursors = 0;
  // Whom rows are hidden from must hear of it, and not take them for deleted.
  let last: Promise<unknown> = client.query("set local row_security = off; set local TimeZone = 'UTC'");
  const rows = async <Row>(text: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> => {
    // A connection does one thing at a time.
    const asked = last.then(() => client.query({ text, values: [...parameters], types: asText }));
    last = asked.catch(() => undefined);
    return (await asked).rows as readonly Row[]; // the one who wrote the text says what its rows are
  };
  return {
    rows,
    stream: async function* <Row>(text: string) {
      cursors += 1;
      const cursor = `audit_${cursors}`;
      await rows(`declare ${cursor} no scroll cursor for ${text}`);
      for (;;) {
        const some = await rows<Row>(`fetch ${atOnce} from ${cursor}`);
        yield* some;
        if (some.length < atOnce) break;
      }
      await rows(`close ${cursor}`);
    },
  };
}

/** Dates, instants and large numbers stay the text that PostgreSQL prints. */
const textual: ReadonlySet<number> = new Set([types.builtins.DATE, types.builtins.TIMESTAMPTZ, types.builtins.INT8]);
const asText = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    textual.has(oid)
      ? String
      : format === "binary"
        ? types.getTypeParser(oid, format)
        : types.getTypeParser(oid)) as typeof types.getTypeParser, // answers as pg's own does
};
