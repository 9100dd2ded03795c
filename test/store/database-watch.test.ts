import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { watchDatabase } from "../../src/store/database-watch.ts";

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
