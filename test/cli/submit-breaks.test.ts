import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { verifyDpopProof } from "../../src/proof/access/dpop-proof.ts";
import { type Mood, openIngestDoor } from "../setup/ingest-door.ts";
import { addClientKey, type ListeningHub, makePartyKey, openListeningHub } from "../setup/oauth.ts";
import { sampleRecords } from "../setup/sample-files.ts";
import { onlyLine } from "./processes.ts";
import { openSubmitStage } from "./submit-stage.ts";

const stage = openSubmitStage();
afterAll(() => stage.clear());

const samples = sampleRecords("").slice(0, 250);
const path = stage.file("licenses.ndjson", samples.map((record) => `${JSON.stringify(record)}\n`).join(""));
const accepted = `${samples.length} rows: ${samples.length} accepted`;

describe("a break in between is mended by itself", () => {
  test.each<[string, readonly Mood[]]>([
    ["the hub hangs up after some results", [{ stop: { after: 120, how: "HANG_UP" } }, {}]],
    ["the hub hangs up before the first", [{ stop: { after: 0, how: "HANG_UP" } }, {}]],
    ["an answer ends without its last line", [{ stop: { after: 120, how: "END" } }, {}]],
    ["everything is decided, only the last line is lost", [{ stop: { after: 250, how: "HANG_UP" } }, {}]],
    ["the hub says that it is busy", [{ stop: { after: 100, how: "BUSY" } }, {}]],
    ["503 with Retry-After", [{ refuse: { status: 503, code: "BUSY", retryAfter: "1" } }, {}]],
    ["a program in between says 502 without saying more", [{ refuse: { status: 502, code: "BAD_GATEWAY" } }, {}]],
    ["429", [{ refuse: { status: 429, code: "RATE_LIMITED", retryAfter: "0" } }, {}]],
    ["slow answers", [{ delayMs: 300 }]],
    [
      "one break after the other, each a little further on",
      [10, 20, 150].map((after) => ({ stop: { after, how: "END" } })).concat(),
    ],
  ] as [string, readonly Mood[]][])("%s", async (_, moods) => {
    const last = moods.at(-1);
    const { code, out, error, rows, door } = await stage.submit(path, [], {
      moods: last?.stop ? [...moods, {}] : moods,
    });
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain(accepted);
    expect([...door.stored.values()]).toEqual([samples]);
    expect(rows.slice(1).map((row) => row.at(-4))).toEqual(samples.map(() => "已接收 ACCEPTED"));
    expect(new Set(door.asked.map(({ batchId }) => batchId)).size).toBe(1);
  });

  test("no progress for as many attempts as asked for: one line, and a call by hand goes on", async () => {
    const moods: readonly Mood[] = [{ stop: { after: 120, how: "HANG_UP" } }];
    const { rows, door, ...ended } = await stage.submit(path, ["--attempts", "2"], { moods });
    expect([ended.code, onlyLine(ended)]).toEqual([
      1,
      expect.stringMatching(/120 of 250 records are answered .*call again/),
    ]);
    expect(rows.slice(1).map((row) => row.at(-4))).toEqual(
      samples.map((_, at) => (at < 120 ? "已接收 ACCEPTED" : "未处理 NOT_DECIDED")),
    );
    const good = await openIngestDoor();
    expect((await stage.submit(path, [], good)).code).toBe(0);
    expect([...good.stored.keys()]).toEqual([...door.stored.keys()]);
  });

  test("a hub that is not there leaves earlier results as they were", async () => {
    const { door } = await stage.submit(path);
    await door.close();
    const { rows, door: _door, ...ended } = await stage.submit(path, ["--attempts", "1"], door);
    expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringMatching(/can not be reached: .*\(attempts: 1\)/)]);
    expect(rows[1]?.at(-4)).toBe("已接收 ACCEPTED");
  });

  test.each<[string, Mood, RegExp]>([
    ["a refusal that lasts", { refuse: { status: 403, code: "SCOPE_MISSING" } }, /^hub: SCOPE_MISSING: /],
    ["one in the middle", { stop: { after: 100, how: "FORBIDDEN" } }, /^hub: FORBIDDEN: .*; 100 of 250 records/],
    ["an address that is no hub's", { refuse: { status: 404, code: "NOT_FOUND" } }, /^hub: NOT_FOUND: /],
  ])("%s is not tried again", async (_, mood, words) => {
    const { door, rows: _rows, ...ended } = await stage.submit(path, [], { moods: [mood] });
    expect([ended.code, onlyLine(ended), door.asked.length]).toEqual([1, expect.stringMatching(words), 1]);
  });
});

describe("with a client's key", () => {
  let hub: ListeningHub;
  beforeAll(async () => {
    hub = await openListeningHub({ env: { DEMO: "off" } });
  });
  afterAll(() => hub.close());

  /** A door that takes bound tokens of the hub, each proof once. */
  const openBound = (moods: readonly Mood[] = []) => {
    const used = new Set<string>();
    return openIngestDoor({
      moods,
      forward: hub.url,
      admit: async ({ headers: { authorization = "", dpop } }) => {
        const accessToken = authorization.replace(/^DPoP /, "");
        const claims: { cnf?: { jkt: string }; scope?: string } = decodeJwt(accessToken);
        const request = { method: "POST", url: `${hub.config.publicUrl}/ingest`, accessToken };
        const proof = { ...request, thumbprint: claims.cnf?.jkt ?? "", now: new Date() };
        const verdict = await verifyDpopProof(String(dpop), proof);
        if (!verdict.ok || used.has(verdict.id) || claims.scope !== "license:submit") return "DPOP_PROOF_INVALID";
        used.add(verdict.id);
        return undefined;
      },
    });
  };

  test.each(["ES256", "EdDSA"] as const)(
    "%s, it gets a token, proves each request anew, and goes on after a break",
    async (alg) => {
      const { publicJwk, privateJwk } = await makeClientKey(alg);
      const id = alg === "ES256" ? "marine" : "transport";
      await hub.sql("insert into client_key (client_id, kid, jwk, added_at) values ($1, $2, $3, now())", [
        ...[id, publicJwk.kid, JSON.stringify(publicJwk)],
      ]);
      const key = stage.file(`${alg}.jwk.json`, JSON.stringify(privateJwk));
      const door = await openBound([{ stop: { after: 120, how: "HANG_UP" } }, {}]);
      const ended = await stage.run([path, "--hub", door.url, "--client", id, "--key", key]);
      expect(ended).toMatchObject({ code: 0, error: "" });
      expect([door.asked.length, [...door.stored.values()]]).toEqual([2, [samples]]);
      await door.close();
    },
  );

  test("a client the hub does not know by this key: one line, and the key stays here", async () => {
    const { privateJwk } = await makeClientKey("ES256");
    await addClientKey(hub, "credit", await makePartyKey());
    const key = stage.file("stranger.jwk.json", JSON.stringify(privateJwk));
    const door = await openBound();
    const ended = await stage.run([path, "--hub", door.url, "--client", "credit", "--key", key]);
    expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringMatching(/gives no token: invalid_client/)]);
    expect([ended.error.includes(privateJwk.d ?? "?"), door.asked.length]).toEqual([false, 0]);
    await door.close();
  });
});
