import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { base64 } from "../../src/proof/bytes/base64.ts";
import { parseAddCheckpoint } from "../../src/proof/log/add-checkpoint.ts";
import { type Checkpoint, parseCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { isConsistent } from "../../src/proof/log/merkle.ts";
import { formatNoteKey, parseNote, parseNoteKey, verifyNote } from "../../src/proof/log/signed-note.ts";
import { issuer, makeRecords } from "../bench/records.ts";
import { makeWitness, type Witness } from "../cli/log-folder.ts";
import { department, openTestHub, type TestHub, testNow } from "../setup/hub.ts";
import { makePlace, removePlace, type TestPlace } from "../setup/place.ts";

/** A witness as a server of its own: it signs what continues the last checkpoint it has signed, and nothing else. */
function openWitness(witness: Witness, logKey: () => string) {
  let seen: Checkpoint | undefined;
  let before: (() => Promise<void>) | undefined;
  const decide = async (body: string): Promise<readonly [number, string]> => {
    const asked = parseAddCheckpoint(body);
    const note = asked && parseNote(asked.note);
    const checkpoint = note && parseCheckpoint(note.text);
    const key = parseNoteKey(logKey());
    if (!asked || !note || !checkpoint || !key) return [400, ""];
    if ((await verifyNote(note, [key]))?.length !== 1) return [403, ""];
    if (asked.oldSize !== (seen?.size ?? 0)) return [409, `${seen?.size ?? 0}\n`];
    if (seen && !isConsistent(seen, checkpoint, asked.proof)) return [422, ""];
    seen = checkpoint;
    return [200, await witness.sign(note.text)];
  };
  const server: Server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const first = before;
      before = undefined;
      await first?.();
      const [status, text] = request.url === "/w/add-checkpoint" ? await decide(body) : [404, ""];
      response.writeHead(status, { "content-type": status === 409 ? "text/x.tlog.size" : "text/plain" }).end(text);
    })();
  });
  return {
    listen: () =>
      new Promise<number>((done) => server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port))),
    pretend: (checkpoint: Checkpoint | undefined) => {
      seen = checkpoint;
    },
    seen: () => seen,
    /** Does something once, before the next question is answered. */
    before: (run: () => Promise<void>) => {
      before = run;
    },
    close: () => new Promise((done) => server.close(done)),
  };
}

let place: TestPlace;
let house: TestHub;
let asked: Witness;
let watching: Witness;
let server: ReturnType<typeof openWitness>;
beforeAll(async () => {
  [asked, watching] = [await makeWitness("asked.example/w1"), await makeWitness("watching.example")];
  server = openWitness(asked, () => house.hub.logKey());
  place = await makePlace("CATALOGUE");
  const witnesses = `${formatNoteKey(asked.key)} http://127.0.0.1:${await server.listen()}/w, ${formatNoteKey(watching.key)}`;
  house = await openTestHub({ demo: false, database: place, env: { LOG_WITNESSES: witnesses } });
  await grow(0);
});
afterAll(async () => {
  await house.close();
  await server.close();
  await removePlace(place);
});

async function grow(at: number): Promise<void> {
  const records = makeRecords(at * 10, 2);
  await house.hub.submitLicenses(department(issuer.client), { batchId: `grow-${at}`, records });
  await house.hub.tendLog();
}

const checkpoint = async (path = "checkpoint") => (await house.server.inject(`/log/${path}`)).payload;
const noteOf = async (path?: string) => {
  const note = parseNote(await checkpoint(path));
  if (!note) throw new Error("no note");
  return note;
};
const push = (payload: string) =>
  house.server.inject({ method: "POST", url: "/log/cosignatures", headers: { "content-type": "text/plain" }, payload });

describe("a witness that is asked", () => {
  test("signs each checkpoint that continues the last, and its line stands under what is published", async () => {
    await house.hub.askWitnesses();
    expect(await verifyNote(await noteOf(), [asked.key, watching.key])).toEqual([asked.key]);
    await grow(1);
    await house.hub.askWitnesses();
    expect(await verifyNote(await noteOf(), [asked.key])).toEqual([asked.key]);
    expect(server.seen()?.size).toBe(parseCheckpoint((await noteOf()).text)?.size);
  });

  test("is told where to begin when it remembers more or less than the hub thinks", async () => {
    server.pretend(undefined);
    await grow(2);
    await house.hub.askWitnesses();
    expect(await verifyNote(await noteOf(), [asked.key])).toEqual([asked.key]);
  });

  test("is missing without harm: the log goes on, and the last that was signed can be had", async () => {
    const signed = await checkpoint();
    server.pretend({ origin: "x", size: 5, root: new Uint8Array(32) });
    await grow(3);
    await expect(house.hub.askWitnesses()).rejects.toThrow("answered 422");
    expect(await verifyNote(await noteOf(), [asked.key])).toEqual([]);
    expect(await checkpoint("checkpoint/cosigned")).toBe(signed);
  });
});

describe("a witness that watches by itself", () => {
  test("leaves its signature, once or twice, and it is published", async () => {
    const { text } = await noteOf();
    const line = await watching.sign(text);
    for (let time = 1; time <= 2; time += 1) {
      const answer = await push(`${text}\n${line}`);
      expect([answer.statusCode, answer.json()]).toEqual([200, { witnesses: ["watching.example"] }]);
    }
    expect((await checkpoint()).split(line)).toHaveLength(2);
  });

  test.each<[string, (text: string) => Promise<string>, string]>([
    [
      "of nobody the hub knows",
      async (text) => `${text}\n${await (await makeWitness("stranger.example")).sign(text)}`,
      "WITNESS",
    ],
    ["that does not hold", async (text) => `${text}\n${await watching.sign(`${text}x`)}`, "SIGNATURE"],
    [
      "for a time to come",
      async (text) => `${text}\n${await watching.sign(text, testNow.getTime() / 1000 + 400)}`,
      "TIME",
    ],
    ["under nothing", async () => "nothing", "NOTE"],
  ])("is refused with a signature %s", async (_what, make, reason) => {
    const answer = await push(await make((await noteOf()).text));
    expect([answer.statusCode, answer.json().errors[0].extensions]).toMatchObject([
      400,
      { code: "COSIGNATURE_INVALID", details: { reason } },
    ]);
  });

  test("is refused a checkpoint that was never published", async () => {
    const [origin = "", size = ""] = (await noteOf()).text.split("\n");
    for (const text of [
      `${origin}\n${size}\n${base64.encode(new Uint8Array(32))}\n`,
      `${origin}\n${Number(size) + 1}\n${base64.encode(new Uint8Array(32))}\n`,
      `${(await noteOf()).text}more\n`,
    ])
      expect((await push(`${text}\n${await watching.sign(text)}`)).statusCode).toBe(404);
  });
});

describe("a witness that remembers more than this copy had read", () => {
  test("is believed without harm when another copy has published more meanwhile", async () => {
    server.pretend(undefined);
    await grow(40);
    server.before(async () => {
      await grow(41);
      server.pretend(parseCheckpoint((await noteOf()).text));
    });
    await house.hub.askWitnesses();
    expect(await house.hub.tendLog()).toBeUndefined();
    await grow(42);
    await house.hub.askWitnesses();
    expect(await verifyNote(await noteOf(), [asked.key])).toEqual([asked.key]);
  });

  test("stops the signing for as long as it says so, and no longer", async () => {
    const before = parseCheckpoint((await noteOf()).text);
    if (!before) throw new Error("no checkpoint");
    server.pretend({ ...before, size: before.size + 1_000 });
    await grow(43);
    await house.hub.askWitnesses();
    expect(await house.hub.tendLog()).toBe("LOG_ROLLED_BACK");
    server.pretend(before);
    await house.hub.askWitnesses();
    expect(await house.hub.tendLog()).toBeUndefined();
    expect(await verifyNote(await noteOf(), [asked.key])).toEqual([asked.key]);
  });
});

test("a bundle does not rest on a checkpoint whose log key has leaked, though a witness has signed that one alone", async () => {
  const at = house.clock.now;
  const operator = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) } as const;
  const bundle = async () => {
    const [license] = await house.sql("select identifier, jws from license order by 1 limit 1");
    const { identifier, jws } = { identifier: String(license?.["identifier"]), jws: String(license?.["jws"]) };
    const [text = ""] = [...(await house.hub.makeBundles([{ identifier, jws }])).values()];
    return (await house.hub.verifyLicense({ token: text })).checks.find(({ name }) => name === "LOG_INCLUSION");
  };
  expect(await bundle()).toMatchObject({ outcome: "PASS" });
  const [key] = house.hub.publicKeys().filter(({ purpose }) => purpose === "log");
  await house.hub.declareKeyCompromised(operator, { kid: key?.kid ?? "", since: at, reason: "密钥外泄" });
  await house.hub.tendLog();
  expect(await bundle()).toMatchObject({ outcome: "PASS" });
  await house.hub.askWitnesses();
  expect(await verifyNote(await noteOf(), [asked.key])).toEqual([asked.key]);
});

describe("a stranger's body", () => {
  test("is read as a note or not at all: JSON is refused before it comes", async () => {
    for (const type of ["application/json", "application/octet-stream"]) {
      const answer = await house.server.inject({
        ...{ method: "POST", url: "/log/cosignatures", headers: { "content-type": type } },
        payload: JSON.stringify("x".repeat(100_000)),
      });
      expect([answer.statusCode, answer.json().errors[0].extensions.code]).toEqual([415, "MEDIA_TYPE"]);
    }
    const text = JSON.stringify("x");
    const json = { method: "POST", url: "/log/cosignatures", headers: { "content-type": "application/json" } } as const;
    expect((await house.server.inject({ ...json, payload: text })).statusCode).toBe(415);
  });

  test("costs points, and no more than two signatures of a witness are looked at", async () => {
    const { text } = await noteOf();
    const line = await watching.sign(`${text}x`);
    const answer = await push(`${text}\n${line.repeat(90)}`);
    expect(answer.json().errors[0].extensions.details).toEqual({ reason: "NOTE" });
    const copy = await openTestHub({
      ...{ demo: false, database: place, limits: { maxStrangerPointsPerMinute: 5 } },
    });
    const send = () =>
      copy.server.inject({
        ...{ method: "POST", url: "/log/cosignatures", headers: { "content-type": "text/plain" } },
        ...{ payload: "nothing", remoteAddress: "192.0.2.9" },
      });
    const answers = [await send(), await send(), await send()].map(({ statusCode }) => statusCode);
    await copy.close();
    expect(answers).toEqual([400, 400, 429]);
  });
});

test("a witness that remembers more of the log than there is stops the signing: the database was put back", async () => {
  const before = parseCheckpoint((await noteOf()).text);
  if (!before) throw new Error("no checkpoint");
  server.pretend({ ...before, size: before.size + 1_000 });
  await grow(4);
  await house.hub.askWitnesses();
  await grow(5);
  expect(await house.hub.tendLog()).toBe("LOG_ROLLED_BACK");
  expect((await house.server.inject("/readyz")).json().problem).toMatch(/^LOG_ROLLED_BACK/);
});
