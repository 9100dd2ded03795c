import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { watchDatabase } from "../../src/store/database-watch.ts";
import { prepareConnection } from "../../src/store/new-connection.ts";
import { startPostgres } from "../setup/postgres.ts";
import { openTcpProxy } from "../setup/tcp-proxy.ts";

test("a watch that is stopped while its first question still connects leaves no connection, so that the process can end", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const watch = watchDatabase(`postgresql://watch@127.0.0.1:${port}/none`);
  const [socket] = (await once(server, "connection")) as [Socket];
  // It has been asked to begin, and takes its time.
  await once(socket, "data");
  const gone = once(socket, "close");
  await watch.stop();
  socket.resume();
  expect(
    await Promise.race([gone.then(() => "gone"), new Promise((resolve) => setTimeout(resolve, 3_000, "open"))]),
  ).toBe("gone");
  server.close();
});

test("a session whose line swallows everything gives up its locks as soon as the server answers again, and no other session ends", async () => {
  const postgres = await startPostgres();
  const proxy = await openTcpProxy(postgres.port);
  const url = new URL(postgres.url);
  url.port = String(proxy.port);
  const watch = watchDatabase(url.href);
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on("error", () => undefined);
  watch.guard(pool);
  const other = new pg.Client({ connectionString: postgres.url });
  await other.connect();
  const holder = await pool.connect();
  holder.on("error", () => undefined);
  try {
    await prepareConnection(holder, undefined);
    const cut = new Promise((resolve) => holder.once("end", resolve));
    await holder.query("begin");
    await holder.query("create table held ()");
    await holder.query("select pg_advisory_xact_lock(14)");
    proxy.behave("SWALLOW");
    holder.query("commit").catch(() => undefined); // is on its way, and never comes
    await cut;
    proxy.behave("PASS");
    // It waits for the one that holds it, whose own deadline would be a minute.
    await other.query("set lock_timeout = '5s'");
    await other.query("select pg_advisory_lock(14)");
    expect((await other.query("select to_regclass('held') as held")).rows).toEqual([{ held: null }]);
  } finally {
    holder.release(true);
    await Promise.all([other.end(), pool.end(), watch.stop()]);
    await proxy.close();
    await postgres.stop();
  }
}, 30_000);
