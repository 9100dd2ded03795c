import { once } from "node:events";
import type { Server, Socket } from "node:net";
import mysql from "mysql2";

/** What can be wrong with a database server. */
export const mysqlTroubles = [
  ...([
    "HANG",
    "BREAK_OFF",
    "GARBAGE",
    "HUGE",
    "REPEAT",
    "REORDER",
    "TOO_MANY",
    "FAIL",
    "DENY",
    "ASK_FOR_FILE",
  ] as const),
] as const;
export type MysqlTrouble = (typeof mysqlTroubles)[number];

/** A row of the department's view: its position, then its columns by name. */
export type MysqlRow = Readonly<{ at: string; id: string; columns: Readonly<Record<string, string | null>> }>;

/** A department's MySQL, as far as the hub uses one: mysql2's own server side over rows in memory. */
export type FakeMysql = {
  readonly port: number;
  /** Every statement that came. */
  readonly statements: string[];
  trouble: MysqlTrouble | undefined;
  /** Selects that are still answered in order before the trouble begins. */
  calmSelects: number;
  close: () => Promise<void>;
};

/** What is used of the driver's server side, which its types leave out. */
type ServerConnection = {
  stream: Socket;
  /** Of the next packet: the driver's server side does not count anew for each command. */
  sequenceId: number;
  on: (event: string, listener: (text: string) => void) => void;
  serverHandshake: (args: object) => void;
  writeOk: () => void;
  writeEof: () => void;
  writeError: (error: { code: number; message: string }) => void;
  writeColumns: (columns: readonly object[]) => void;
  writeTextRow: (row: readonly (string | null)[]) => void;
};
/** Starts one. @param rows in the order of their keys; may grow while it runs */
export async function startMysqlChanges(rows: readonly MysqlRow[]): Promise<FakeMysql> {
  const sockets = new Set<Socket>();
  const listening = mysql.createServer((connection: unknown) => serve(connection as ServerConnection));
  const serve = (connection: ServerConnection) => {
    const socket = connection.stream;
    sockets.add(socket.on("error", () => undefined));
    connection.on("error", () => undefined);
    connection.serverHandshake({
      ...{ protocolVersion: 10, serverVersion: "8.0.36 fake", connectionId: sockets.size, statusFlags: 2 },
      ...{ characterSet: 45, capabilityFlags: 0xffffff & ~0x800 },
      authCallback: (_: unknown, done: (_: null, refusal?: object) => void) => {
        if (fake.trouble === "DENY") done(null, { code: 1045, message: "Access denied: geheim" });
        else done(null);
        connection.sequenceId = 0;
      },
    });
    // `set …` comes under this name.
    connection.on("stmt_prepare", (text) => {
      fake.statements.push(text);
      connection.sequenceId = 1;
      connection.writeOk();
      connection.sequenceId = 0;
    });
    connection.on("query", (text) => {
      fake.statements.push(text);
      connection.sequenceId = 1;
      if (/^select /.test(text)) select(connection, socket, text);
      else connection.writeOk();
      connection.sequenceId = 0;
    });
  };

  const select = (connection: ServerConnection, socket: Socket, text: string) => {
    const trouble = fake.calmSelects-- > 0 ? undefined : fake.trouble;
    if (trouble === "HANG") return;
    if (trouble === "GARBAGE") return void socket.write(Buffer.alloc(300, 0x41));
    if (trouble === "HUGE") return flood(socket);
    if (trouble === "FAIL") return connection.writeError({ code: 1146, message: "Table 'x.y' doesn't exist: geheim" });
    // Packet 0xfb: the server asks the client for a file.
    if (trouble === "ASK_FOR_FILE") return void socket.write(Buffer.from("\x0c\x00\x00\x01\xfb/etc/passwd", "latin1"));
    const { names, after, first } = read(text);
    const start = trouble === "REPEAT" ? 0 : rows.findIndex((row) => !after || key(row) > after);
    const page = start < 0 ? [] : rows.slice(start, start + first + (trouble === "TOO_MANY" ? 1 : 0));
    connection.writeColumns(["at", "id", ...names].map(column));
    for (const row of trouble === "REORDER" ? page.toReversed() : page) {
      connection.writeTextRow([row.at, row.id, ...names.map((name) => row.columns[name] ?? null)]);
      if (trouble === "BREAK_OFF") return void socket.destroy();
    }
    connection.writeEof();
  };
  // The driver's types know neither the address to listen on nor the server inside.
  const { _server: server } = listening as unknown as { _server: Server };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const fake: FakeMysql = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    ...{ statements: [], trouble: undefined, calmSelects: 0 },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
  return fake;
}

/** Fixed widths, so that positions compare as texts. */
const key = ({ at, id }: Pick<MysqlRow, "at" | "id">) => `${at} ${id.padStart(20, "0")}`;

/** Reads the one statement a pull sends. *Throws* when it is another. */
function read(text: string): { names: readonly string[]; after: string | undefined; first: number } {
  const shape =
    /^select \/\*\+ MAX_EXECUTION_TIME\(\d+\) \*\/ cast\(v\.`gxsj` as char\), cast\(v\.`id` as char\), (.+) from `证照变更` v\s+where v\.`gxsj` <= now\(\) - interval \d+ second (?:and \(v\.`gxsj`, v\.`id`\) > \('([^']*)', '([^']*)'\))?\s+order by v\.`gxsj`, v\.`id` limit (\d+)$/;
  const [, columns = "", at, id, first] = shape.exec(text) ?? [];
  if (!first) throw new Error(`not what a pull sends: ${text}`);
  const names = columns.split(", ").map((name) => name.replace(/^v\.`(.+)`$/, "$1"));
  return { names, after: at === undefined || id === undefined ? undefined : key({ at, id }), first: Number(first) };
}

function column(name: string): object {
  const text = { characterSet: 45, encoding: "utf8", columnType: 253, columnLength: 65_535, flags: 0, decimals: 0 };
  return { catalog: "def", schema: "dept", table: "v", orgTable: "v", name, orgName: name, ...text };
}

function flood(socket: Socket): void {
  const packet = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0x01]), Buffer.alloc(65_536, "x")]);
  const more = () => {
    while (!socket.destroyed && socket.write(packet) === true);
  };
  socket.on("drain", more);
  more();
}
