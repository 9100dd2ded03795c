import type { FetchedPage } from "../../domain/sources/fetched-page.ts";
import { boundedSocket, pageOf, quoted, type ViewQuestion } from "./database-page.ts";
import type { CallLimits } from "./source-call.ts";

/** Reads a page of a view of a MySQL or MariaDB. *Throws* SourceError, or what the driver throws. */
export async function fetchMysqlPage(
  question: ViewQuestion,
  password: string | undefined,
  { maxMs, maxBytes }: CallLimits,
  signal: AbortSignal,
): Promise<FetchedPage> {
  // Only now: most hubs have no such source.
  const { createConnection } = await import("mysql2/promise");
  const { host, port = 3306, database, user, tls } = question.place;
  const { socket, end } = boundedSocket(maxBytes, signal);
  let cutBy: Error | undefined;
  socket.on("error", (error) => (cutBy ??= error));
  try {
    socket.connect(port, host);
    const connection = await createConnection({
      ...{ host, port, database, user, password: password ?? "", stream: socket, connectTimeout: maxMs },
      ...(tls && { ssl: { rejectUnauthorized: true } }),
      ...{ dateStrings: true, supportBigNumbers: true, decimalNumbers: false, multipleStatements: false },
      // A server may ask for any file of its client's: it gets none.
      infileStreamFactory: () => {
        throw new Error("no file is sent");
      },
    });
    connection.on("error", () => undefined);
    // Texts are escaped by the driver as this mode reads them; times are those of Asia/Shanghai.
    await connection.query("set session sql_mode = '', time_zone = '+08:00'");
    await connection.query("start transaction read only");
    const { sql, values } = selectOf(question, maxMs);
    const [rows] = await connection.query({ sql, values, rowsAsArray: true, timeout: maxMs });
    return pageOf(question, rows as unknown[][]); // rows are arrays, as asked for
  } catch (error) {
    throw cutBy ?? error;
  } finally {
    end();
  }
}

/** One view, its configured columns, in keyset order. */
function selectOf({ place, columns, after, first, settleSeconds }: ViewQuestion, maxMs: number) {
  const column = (name: string) => `v.${quoted(name, "`")}`;
  const [at, id] = [column(place.updatedAt), column(place.id)];
  const shown = [`cast(${at} as char)`, `cast(${id} as char)`, ...columns.map(column)];
  const values = [settleSeconds, ...(after ? [after.at, after.id] : []), first];
  const sql = `select /*+ MAX_EXECUTION_TIME(${Math.ceil(maxMs)}) */ ${shown.join(", ")} from ${quoted(place.view, "`")} v
    where ${at} <= now() - interval ? second ${after ? `and (${at}, ${id}) > (?, ?)` : ""}
    order by ${at}, ${id} limit ?`;
  return { sql, values };
}
