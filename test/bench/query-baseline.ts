import Fastify from "fastify";
import pg from "pg";
import { answerOrders } from "./child.ts";
import type { Statement } from "./query-capture.ts";

/** What the hand-written server is told. `sample`: the holder in the captured parameters. */
export type BaselineOrders = Readonly<{
  databaseUrl: string;
  poolSize: number;
  statements: readonly Statement[];
  sample: string;
}>;

// Child process of query.ts: Fastify and `pg` by hand, the hub's own statements with the parameters of the holder asked
// for, the same JSON. No GraphQL, no token check, no log. Answers its orders with its port.
answerOrders(serve);

/** Calendar dates and instants stay the texts PostgreSQL prints, as in the hub. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) => text);

async function serve({ databaseUrl, poolSize, statements, sample }: BaselineOrders): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, types, options: "-c TimeZone=UTC" });
  pool.on("error", (error) => console.error(error.message));
  const inTransaction = statements.some(({ text }) => /^(begin|start transaction)/i.test(text));

  const app = Fastify();
  app.post<{ Body: { variables: { uscc: string } } }>("/graphql", async (request) => {
    const { uscc } = request.body.variables;
    const now = new Date().toISOString();
    const client = inTransaction ? await pool.connect() : undefined;
    const results: pg.QueryResult[] = [];
    try {
      for (const { name, text, values } of statements) {
        const own = values.map((value) => parameter(value, sample, uscc, now));
        const query = name === undefined ? { text, values: own } : { name, text, values: own };
        results.push(await (client ?? pool).query(query));
      }
    } finally {
      client?.release();
    }
    const holder = results.find((result) => hasField(result, "name") && !hasField(result, "jws"))?.rows[0];
    if (!holder) return { data: { enterprise: null } };
    const today = dayFormat.format(new Date());
    const rows = results.find((result) => hasField(result, "jws"))?.rows ?? [];
    const nodes = rows
      .filter((row) => row.identifier !== null)
      .slice(0, 20)
      .map((row) => ({
        identifier: row.identifier,
        number: row.number,
        state: row.state === "VALID" && row.valid_until !== null && row.valid_until < today ? "EXPIRED" : row.state,
        validUntil: row.valid_until,
        jws: row.jws,
      }));
    return { data: { enterprise: { name: holder.name, licenses: { nodes, withheldCount: rows[0]?.withheld ?? 0 } } } };
  });
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
}

function hasField(result: pg.QueryResult, name: string): boolean {
  return result.fields.some((field) => field.name === name);
}

const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" });

/** A captured parameter for another holder and another moment. */
function parameter(value: unknown, sample: string, code: string, now: string): unknown {
  if (value === sample) return code;
  if (Array.isArray(value)) return value.map((item) => parameter(item, sample, code, now));
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? now : value;
}
