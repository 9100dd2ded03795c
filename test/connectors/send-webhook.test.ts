import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sendWebhook } from "../../src/connectors/notices/send-webhook.ts";

const never = new AbortController().signal;
let calls = 0;
const server = createServer((_, response) => {
  calls += 1;
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(" ".repeat(65_536)) === true);
  };
  response.on("drain", more);
  more();
});
let port = 0;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const send = (url: string, resolve: () => Promise<{ address: string; family: 4 | 6 }[]>, demo = true) =>
  sendWebhook(
    { policy: { networks: [], demo, resolve }, maxMs: 300, now: () => new Date(0) },
    { url, id: "msg_1", body: "{}", secrets: [secret] },
    never,
  );
const here = async () => [{ address: "127.0.0.1", family: 4 as const }];

test("an answer without end is taken for its status, and cut", async () => {
  expect(await send(`http://127.0.0.1:${port}/`, here)).toMatchObject({ outcome: "DELIVERED", status: 200 });
  const [socket] = await new Promise<readonly unknown[]>((resolve) => {
    const look = () => server.getConnections((_, open) => (open === 0 ? resolve([open]) : setImmediate(look)));
    look();
  });
  expect(socket).toBe(0);
});

test("the line goes to the address that was looked at, and to no other the name may lead to by then", async () => {
  let asked = 0;
  const answers = [here, async () => [{ address: "8.8.8.8", family: 4 as const }]];
  const moving = async () => (answers[asked++] ?? here)();
  // The server speaks no TLS: that it is told so means that it was reached, though no such name exists.
  expect(await send(`https://moving.invalid:${port}/`, moving)).toMatchObject({ outcome: "CERTIFICATE_INVALID" });
  expect(asked).toBe(1);
});

test("an address that may not be called is never called, whoever set it", async () => {
  const before = calls;
  expect(await send(`http://127.0.0.1:${port}/`, here, false)).toMatchObject({ outcome: "ADDRESS_REFUSED" });
  expect(await send(`https://inside.invalid:${port}/`, here, false)).toMatchObject({ outcome: "ADDRESS_REFUSED" });
  expect(await send(`http://outside.invalid:${port}/`, here)).toMatchObject({ outcome: "ADDRESS_REFUSED" });
  expect(calls).toBe(before);
});

test("a name that is never found is a timeout, and the hub that stops waits for nothing", async () => {
  const hanging = () => new Promise<never>(() => undefined);
  expect(await send("https://a.invalid/", hanging)).toMatchObject({ outcome: "TIMEOUT", status: null });
  const message = { url: "https://a.invalid/", id: "msg_1", body: "{}", secrets: [secret] };
  const policy = { networks: [], demo: true, resolve: hanging };
  expect(await sendWebhook({ policy, maxMs: 60_000, now: () => new Date(0) }, message, AbortSignal.abort())).toBe(
    undefined,
  );
});
