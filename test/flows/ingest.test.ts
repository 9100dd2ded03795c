import { readFileSync } from "node:fs";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

// `POST /ingest`: a department's records as a stream, one line in, one line out.

const data = join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson");
const all = readFileSync(data, "utf8").trimEnd().split("\n");
const client = "approval-bureau";

let house: TestHub;
let base: string;
let lines: string[];
beforeAll(async () => {
  house = await openTestHub({ demo: false, limits: { maxStreamIdleMs: 6_000 } });
  base = await house.server.listen({ host: "127.0.0.1", port: 0 });
  const [own] = await house.sql("select c.department from client c where c.id = $1", [client]);
  lines = all.filter((line) => (JSON.parse(line) as RawRecord).issuer === own?.["department"]).slice(0, 700);
});
afterAll(() => house.close());
beforeEach(() => house.sql("truncate license, license_event, submission, pending_event, holder"));

type Line = Readonly<Record<string, unknown>>;
type Stream = Readonly<{
  request: ClientRequest;
  response: Promise<IncomingMessage>;
  /** Lines that have come. */
  lines: Line[];
  ended: Promise<void>;
}>;

async function open(query: string, headers: Record<string, string> = {}): Promise<Stream> {
  const token = await house.token(client);
  const request = httpRequest(`${base}/ingest?${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson", ...headers },
  });
  const got: Line[] = [];
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  const ended = response.then(async (message) => {
    let rest = "";
    for await (const piece of message.setEncoding("utf8")) {
      const texts = `${rest}${piece}`.split("\n");
      rest = texts.pop() ?? "";
      for (const text of texts) if (text !== "") got.push(JSON.parse(text));
    }
    if (rest) got.push(JSON.parse(rest));
  });
  ended.catch(() => {});
  return { request, response, lines: got, ended };
}

async function send(query: string, body: string | Buffer, headers?: Record<string, string>) {
  const stream = await open(query, headers);
  stream.request.end(body);
  const { statusCode: status } = await stream.response;
  await stream.ended;
  return { status, lines: stream.lines, last: stream.lines.at(-1) ?? {} };
}

const until = async (isSo: () => boolean) => {
  for (let tries = 0; !isSo() && tries < 500; tries++) await wait(20);
  expect(isSo()).toBe(true);
};
const stored = async () => (await house.sql("select count(*)::int as n from license"))[0]?.["n"];
const text = (records: readonly string[]) => records.map((line) => `${line}\n`).join("");

describe("a stream of records", () => {
  test("is answered line by line in order, then counted, and stored once", async () => {
    const { status, lines: out, last } = await send("batchId=all", text(lines));
    expect(status).toBe(200);
    expect(last).toEqual({
      ...{ batchId: "all", records: 700, accepted: 700, unchanged: 0, rejected: 0, pending: 0, replayed: 0 },
      complete: true,
    });
    expect(out.slice(0, -1).map((line) => line["index"])).toEqual(lines.map((_, index) => index));
    expect(out.slice(0, -1).map((line) => line["sourceRecordId"])).toEqual(
      lines.map((line) => (JSON.parse(line) as RawRecord).sourceRecordId),
    );
    expect(await stored()).toBe(700);
  });

  test("is answered while it is still open: what has an outcome is there for good", async () => {
    const stream = await open("batchId=open");
    stream.request.write(text(lines.slice(0, 3)));
    await until(() => stream.lines.length === 3);
    expect(await stored()).toBe(3);
    stream.request.write(`${lines[3]}\n${lines[4]}`);
    await until(() => stream.lines.length === 4);
    stream.request.end();
    await stream.ended;
    expect(stream.lines.at(-1)).toMatchObject({ records: 5, accepted: 5, complete: true });
  });

  test("that breaks off goes on where it ended when it is sent again, and nothing is stored twice", async () => {
    const broken = await open("batchId=broken");
    broken.request.write(text(lines.slice(0, 40)));
    await until(() => broken.lines.length === 40);
    broken.request.write(`${lines[40]}\n${lines[41]?.slice(0, 50)}`);
    broken.request.destroy();
    await broken.ended.catch(() => {});
    const again = await send("batchId=broken", text(lines));
    expect(again.last).toMatchObject({ records: 700, accepted: 700, complete: true });
    expect(Number(again.last["replayed"])).toBeGreaterThanOrEqual(40);
    expect(again.lines.slice(0, 40)).toEqual(broken.lines.slice(0, 40));
    expect(await stored()).toBe(700);
    const once = await send("batchId=broken", text(lines));
    expect(once.last).toMatchObject({ records: 700, accepted: 700, replayed: 700 });
    expect(once.lines.slice(0, -1)).toEqual(again.lines.slice(0, -1));
  });

  test("sent again in part is answered for that part", async () => {
    const first = await send("batchId=part", text(lines.slice(0, 30)));
    const again = await send("batchId=part", text(lines.slice(0, 12)));
    expect(again.last).toMatchObject({ records: 12, replayed: 12 });
    expect(again.lines.slice(0, 12)).toEqual(first.lines.slice(0, 12));
  });

  test("with other records under the same batch id is refused, and changes nothing", async () => {
    await send("batchId=same", text(lines.slice(0, 600)));
    const early = await send("batchId=same", text([...lines.slice(1, 3), ...lines.slice(0, 598)]));
    expect(early.status).toBe(409);
    expect(early.lines[0]).toMatchObject({ errors: [{ extensions: { code: "BATCH_CHANGED" } }] });
    const late = await send("batchId=same", text([...lines.slice(0, 550), ...lines.slice(600, 700)]));
    expect(late.status).toBe(200);
    expect(late.last).toMatchObject({ error: { code: "BATCH_CHANGED" }, decided: 500 });
    expect(await stored()).toBe(600);
  });

  test("that has grown where it was decided before is refused without being read to its end", async () => {
    await send("batchId=grown", text(lines.slice(0, 500)));
    const grown = lines.slice(0, 500).map((line) => line + " ".repeat(100_000));
    const { status, lines: out } = await send("batchId=grown", text(grown));
    expect(status).toBe(409);
    expect(out[0]).toMatchObject({ errors: [{ extensions: { code: "BATCH_CHANGED" } }] });
  });

  test("sent twice at once is stored once, and both are answered alike", async () => {
    const [one, two] = await Promise.all([send("batchId=twice", text(lines)), send("batchId=twice", text(lines))]);
    for (const { last } of [one, two]) expect(last).toMatchObject({ records: 700, accepted: 700, complete: true });
    expect(one.lines.slice(0, -1)).toEqual(two.lines.slice(0, -1));
    expect(await stored()).toBe(700);
  });

  test("that stands still is ended with a code, and keeps what it had", async () => {
    const stream = await open("batchId=still");
    stream.request.write(text(lines.slice(0, 5)));
    await stream.ended;
    expect(stream.lines.at(-1)).toMatchObject({ error: { code: "REQUEST_TIMEOUT" }, decided: 5 });
    expect(await stored()).toBe(5);
  });

  test("is read no faster than its answers are: the rest waits at its sender", async () => {
    const stream = await open("batchId=slow");
    stream.request.once("error", () => {});
    const blank = Buffer.alloc(1024 * 1024, "x\n");
    stream.request.write(text(lines.slice(0, 2)));
    const message = await stream.response;
    message.pause();
    let written = 0;
    const flood = async () => {
      while (!stream.request.destroyed && written < 400) {
        written += 1;
        if (!stream.request.write(blank)) await new Promise((resolve) => stream.request.once("drain", resolve));
      }
    };
    await Promise.race([flood(), wait(1_500)]);
    expect(written).toBeLessThan(60);
    stream.request.destroy();
  });
});

describe("a hub that stops", () => {
  test("ends its streams after the part under way, and says so", async () => {
    const other = await openTestHub({ demo: false, database: house.place });
    const own = await other.server.listen({ host: "127.0.0.1", port: 0 });
    const before = base;
    base = own;
    const stream = await open("batchId=stopping");
    base = before;
    stream.request.write(text(lines.slice(0, 5)));
    await until(() => stream.lines.length === 5);
    const begin = performance.now();
    await other.close();
    await stream.ended;
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(stream.lines.at(-1)).toMatchObject({ error: { code: "BUSY" }, decided: 5 });
  });
});

describe("what is wrong with a line", () => {
  const good = () => JSON.parse(lines[0] ?? "") as Record<string, unknown>;

  test.each<[string, string | Buffer, string, string]>([
    ["is no JSON", "{", "RECORD_UNREADABLE", ""],
    ["is no object", "[1]", "RECORD_UNREADABLE", ""],
    ["has a key twice", '{"a":1,"a":2}', "RECORD_UNREADABLE", ""],
    ["is no UTF-8", Buffer.from([123, 34, 0xff, 34, 58, 49, 125]), "RECORD_UNREADABLE", ""],
    ["is too long", `{"a":"${"x".repeat(200_000)}"}`, "RECORD_TOO_LARGE", ""],
    ["is too deep", `{"attributes":${"[".repeat(60)}${"]".repeat(60)}}`, "RECORD_TOO_LARGE", ""],
  ])("that %s is its own problem", async (_, line, code, path) => {
    const { last, lines: out } = await send(
      "batchId=wrong",
      Buffer.concat([Buffer.from(text(lines.slice(0, 1))), Buffer.from(line), Buffer.from(`\n${lines[1]}\n`)]),
    );
    expect(last).toMatchObject({ records: 3, accepted: 2, rejected: 1, complete: true });
    expect(out[1]).toMatchObject({ index: 1, outcome: "REJECTED", problems: [{ code, path, severity: "ERROR" }] });
  });

  test.each<[string, object, string, string]>([
    ["a number where text belongs", { number: 5 }, "FIELD_INVALID", "number"],
    ["an operation nobody knows", { operation: "GIVE" }, "FIELD_INVALID", "operation"],
    ["no operation", { operation: null }, "FIELD_MISSING", "operation"],
    ["a field records do not have", { color: "red" }, "FIELD_INVALID", "color"],
    ["a holder that is text", { holder: "me" }, "FIELD_INVALID", "holder"],
    ["a holder without a name", { holder: { idType: "USCC", id: "1" } }, "FIELD_MISSING", "holder.name"],
    ["a key that is none", { ["__proto__x\u0000"]: 1 }, "FIELD_INVALID", ""],
  ])("with %s is told so", async (_, change, code, path) => {
    const { lines: out } = await send("batchId=fields", `${JSON.stringify({ ...good(), ...change })}\n`);
    expect(out[0]).toMatchObject({ outcome: "REJECTED", identifier: null, problems: [{ code, path }] });
    expect(await stored()).toBe(0);
  });

  test("blank lines, CRLF, a byte order mark and a last line without an end are no problem", async () => {
    const body = `\ufeff\r\n${lines[0]}\r\n\r\n  \n${lines[1]}`;
    expect((await send("batchId=ends", body)).last).toMatchObject({ records: 2, accepted: 2 });
  });
});

describe("what a sender may ask for", () => {
  test("dryRun=true: every outcome, and nothing stored", async () => {
    const dry = await send("batchId=dry&dryRun=true", text(lines.slice(0, 20)));
    expect(dry.last).toMatchObject({ records: 20, accepted: 20, complete: true });
    expect(await stored()).toBe(0);
    expect(await house.sql("select * from submission")).toEqual([]);
    const wet = await send("batchId=dry", text(lines.slice(0, 20)));
    expect(wet.last).toMatchObject({ accepted: 20, replayed: 0 });
  });

  test("results=problems: only what is refused or doubtful, and the count", async () => {
    const { lines: out } = await send("batchId=few&results=problems", `${text(lines.slice(0, 20))}{\n`);
    expect(out).toHaveLength(2);
    expect(out[0]).toMatchObject({ index: 20, outcome: "REJECTED" });
  });

  test.each([
    ["no batch id", "", {}, 400, "INPUT_INVALID"],
    ["a batch id that can not be shown", "batchId=%00", {}, 400, "INPUT_INVALID"],
    ["an unknown query", "batchId=1&mode=fast", {}, 400, "INPUT_INVALID"],
    ["another media type", "batchId=1", { "content-type": "application/json" }, 415, "MEDIA_TYPE"],
    ["a packed body", "batchId=1", { "content-encoding": "gzip" }, 415, "MEDIA_TYPE"],
    ["an empty token", "batchId=1", { authorization: "Bearer " }, 401, "TOKEN_INVALID"],
    ["a wrong token", "batchId=1", { authorization: "Bearer x" }, 401, "TOKEN_INVALID"],
  ])("%s is refused before a line is read", async (_, query, headers, status, code) => {
    const answer = await send(query, text(lines.slice(0, 1)), headers);
    expect(answer.status).toBe(status);
    expect(answer.lines[0]).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(await stored()).toBe(0);
  });

  test("an auditor, a suspended client and a client without the scope are refused", async () => {
    const as = async (token: string) =>
      (await send("batchId=who", text(lines.slice(0, 1)), { authorization: `Bearer ${token}` })).status;
    expect(await as(await house.token("auditor"))).toBe(403);
    expect(await as(await house.token(client, { scope: "license:read" }))).toBe(403);
    await house.sql("update client set active = false where id = $1", [client]);
    expect(await as(await house.token(client))).toBe(403);
    await house.sql("update client set active = true");
  });

  test("no more streams at once than a client may have", async () => {
    const streams = await Promise.all([1, 2, 3, 4].map((place) => open(`batchId=many-${place}`)));
    for (const stream of streams) stream.request.write(`${lines[0]}\n`);
    await until(() => streams.every((stream) => stream.lines.length > 0));
    const fifth = await send("batchId=many-5", text(lines.slice(0, 1)));
    expect(fifth.status).toBe(429);
    for (const stream of streams) stream.request.end();
    await Promise.all(streams.map((stream) => stream.ended));
    await until(() => streams.every((stream) => stream.lines.at(-1)?.["complete"] === true));
    const sixth = () => send("batchId=many-5", text(lines.slice(0, 1)));
    let { status } = await sixth();
    for (let tries = 0; status === 429 && tries < 100; tries++) ({ status } = await sixth());
    expect(status).toBe(200);
  });

  test("an empty stream is no batch", async () => {
    expect((await send("batchId=none", "\n \n")).status).toBe(400);
  });
});
