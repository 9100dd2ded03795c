import { Client, types } from "pg";
import "./postgresql-reports.ts";
import type { FetchedPage } from "../../domain/sources/fetched-page.ts";
import { boundedSocket, pageOf, quoted, type ViewQuestion } from "./database-page.ts";
import type { CallLimits } from "./source-call.ts";

/** Reads a page of a view of a PostgreSQL. *Throws* SourceError, or what the driver throws. */
export async function fetchPostgresqlPage(
  question: ViewQuestion,
  password: string | undefined,
  { maxMs, maxBytes }: CallLimits,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const { host, port = 5432, database, user, tls } = question.place;
  const { socket, end } = boundedSocket(maxBytes, signal);
  let cutBy: Error | undefined;
  socket.on("error", (error) => (cutBy ??= error));
  const client = new Client({
    ...{ host, port, database, user, password: password ?? "", ssl: tls, stream: () => socket },
    ...{
      connectionTimeoutMillis: maxMs,
      query_timeout: maxMs,
      application_name: "zhengzhao",
      types: { getTypeParser },
    },
  });
  // What happens to the connection while nothing is asked; the question itself is told by its own error.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(
      `begin transaction read only; set local statement_timeout = ${Math.ceil(maxMs)};
       set local datestyle = 'ISO'; set local timezone = 'Asia/Shanghai'`,
    );
    const { text, values } = selectOf(question);
    const { rows } = await client.query<unknown[]>({ text, values, rowMode: "array" });
    return pageOf(question, rows);
  } catch (error) {
    throw cutBy ?? error;
  } finally {
    end();
  }
}

/** One view, its configured columns, in keyset order. Both parts of the position take their columns' types. */
function selectOf({ place, columns, after, first, settleSeconds }: ViewQuestion): { text: string; values: unknown[] } {
  // Of the view: by its bare name `order by` would take the text that is shown.
  const column = (name: string) => `v.${quoted(name, '"')}`;
  const [at, id] = [column(place.updatedAt), column(place.id)];
  const shown = [`${at}::text`, `${id}::text`, ...columns.map(column)].join(", ");
  const values: unknown[] = [settleSeconds, first, ...(after ? [after.at, after.id] : [])];
  const text = `select ${shown} from ${quoted(place.view, '"')} v
    where ${at} <= now() - make_interval(secs => $1) ${after ? `and (${at}, ${id}) > ($3, $4)` : ""}
    order by ${at}, ${id} limit $2`;
  return { text, values };
}

const { BOOL, INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8 } = types.builtins;
const numbers: ReadonlySet<number> = new Set([INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8]);
/** `text[]`; the driver's own table has no name for it. */
const textList: number = 1009;
const lists: ReadonlySet<number> = new Set([textList, 1015]);

/** Numbers that lose nothing as numbers, true and false, lists of texts; everything else as PostgreSQL prints it. */
function getTypeParser(type: number): (text: string) => unknown {
  if (type === BOOL) return (text) => text === "t";
  if (numbers.has(type)) return (text) => (String(Number(text)) === text ? Number(text) : text);
  if (lists.has(type)) return types.getTypeParser(textList);
  return (text) => text;
}
