import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { base64 } from "../../src/proof/bytes/base64.ts";
import { payloadDigest } from "../../src/proof/compact-jws.ts";
import { parseCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { growTree } from "../../src/proof/log/growing-tree.ts";
import { isConsistent, isIncluded, leafHash } from "../../src/proof/log/merkle.ts";
import { parseNote } from "../../src/proof/log/signed-note.ts";
import { levelsOf, readNodes, tilePath } from "../../src/proof/log/tile.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { parsed, type ReadLog, readLog } from "../setup/log.ts";

let house: TestHub;
let log: ReadLog;
beforeAll(async () => {
  house = await openTestHub();
  await house.hub.tendLog();
  log = await readLog(house.server);
});
afterAll(() => house.close());

const get = async (path: string) => house.server.inject(`/log/${path}`);

describe("the public log", () => {
  test("holds an entry of every license and of every change, and nothing twice", async () => {
    const entries = parsed(log.entries);
    const [counts] = await house.sql(
      "select (select count(*) from license) as licenses, (select count(*) from license_event) as events",
    );
    const ofKind = (kind: string) => entries.filter((entry) => entry["kind"] === kind);
    expect(ofKind("LICENSE")).toHaveLength(Number(counts?.["licenses"]));
    expect(ofKind("LICENSE").length + ofKind("STATE").length).toBe(Number(counts?.["events"]));
    const events = [...ofKind("LICENSE"), ...ofKind("STATE")].map(({ event }) => event);
    expect(new Set(events).size).toBe(Number(counts?.["events"]));
    const rows = await house.sql("select jws from license");
    const digests = new Set(ofKind("LICENSE").map((entry) => entry["digest"]));
    expect(rows.every(({ jws }) => digests.has(payloadDigest(String(jws))))).toBe(true);
  });

  test("has the tiles of the tree its entries make", async () => {
    const { size } = log.checkpoint;
    const grown = growTree(0, () => [], log.entries.map(leafHash));
    for (const { level, full, partial } of levelsOf(size)) {
      for (let index = 0; index <= full; index += 1) {
        const width = index < full ? 256 : partial;
        if (width === 0) continue;
        const { rawPayload } = await get(tilePath({ level, index, width }));
        const made = grown.tiles.find((tile) => tile.level === level && tile.index === index);
        expect(readNodes(rawPayload, width)?.map(base64.encode)).toEqual(made?.nodes.map(base64.encode));
      }
    }
  });

  test("names nobody: no code, name, number or identifier stands in it", async () => {
    const all = Buffer.concat(log.entries).toString();
    const rows = await house.sql(
      "select holder_code, identifier, number, holder_name, issuer_code from license limit 200",
    );
    for (const value of rows.flatMap((row) => Object.values(row))) expect(all).not.toContain(String(value));
  });

  test("answers a license with a proof that leads to the checkpoint", async () => {
    const { license } = await askLicense("jws logIndex logProof { index entry proof checkpoint }");
    const { jws, logIndex, logProof } = license;
    expect(logProof.index).toBe(logIndex);
    expect(JSON.parse(logProof.entry).digest).toBe(payloadDigest(jws));
    const tree = parseCheckpoint(parseNote(logProof.checkpoint)?.text ?? "");
    const proof = logProof.proof.map((node: string) => base64.decode(node));
    if (!tree) throw new Error("no checkpoint");
    const leaf = leafHash(Buffer.from(logProof.entry));
    expect(isIncluded(leaf, logIndex, tree, proof)).toBe(true);
    expect(isIncluded(leaf, logIndex + 1, tree, proof)).toBe(false);
  });

  test("has immutable tiles, a checkpoint that is asked for each time, and nothing beyond the tree", async () => {
    const { size } = log.checkpoint;
    const tile = await get("tile/0/000");
    expect([tile.statusCode, tile.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await get("checkpoint")).headers["cache-control"]).toBe("no-cache");
    const beyond = tilePath({ level: 0, index: Math.floor(size / 256), width: (size % 256) + 1 });
    for (const path of [beyond, "tile/9/000", "tile/0/0", "tile/0/000.p/0", "tile/entries/999"])
      expect((await get(path)).statusCode).toBe(404);
  });

  test("proves any entry and any older tree, and nothing that is not there", async () => {
    const { size, root } = log.checkpoint;
    const leaves = log.entries.map(leafHash);
    const proofAt = async (path: string) => (await get(`proof/${path}`)).json().proof.map(base64.decode);
    for (const index of [0, 255, 256, size - 1])
      expect(
        isIncluded(leaves[index] ?? root, index, { size, root }, await proofAt(`inclusion/${index}/${size}`)),
      ).toBe(true);
    for (const older of [1, 256, 300, size - 1, size]) {
      const smaller = { size: older, root: growTree(0, () => [], leaves.slice(0, older)).root };
      expect(isConsistent(smaller, { size, root }, await proofAt(`consistency/${older}/${size}`))).toBe(true);
    }
    for (const path of [
      `inclusion/${size}/${size}`,
      `inclusion/0/${size + 1}`,
      `consistency/0/${size}`,
      "inclusion/01/9",
      "inclusion/-1/9",
      "consistency/9/1e9",
    ])
      expect((await get(`proof/${path}`)).statusCode).toBe(404);
  });

  test("is free to follow; a proof costs a point, and so does what is not there", async () => {
    const copy = await openTestHub({ database: house.place, limits: { maxStrangerPointsPerMinute: 4 } });
    const statuses = async (...paths: readonly string[]) => {
      const found = [];
      for (const path of paths)
        found.push((await copy.server.inject({ url: `/log/${path}`, remoteAddress: "192.0.2.9" })).statusCode);
      return found;
    };
    const followed = ["checkpoint", "vkey", "tile/0/000", "tile/entries/001", "tile/0/000.p/7"];
    expect(await statuses(...followed, ...followed)).toEqual(Array.from({ length: 10 }, () => 200));
    const { size } = log.checkpoint;
    const proofs = [`proof/inclusion/3/${size}`, `proof/consistency/3/${size}`];
    expect(await statuses(...proofs, "tile/0/999", "tile/x/y", ...proofs, "tile/0/999")).toEqual([
      ...[200, 200, 404, 404],
      ...[429, 429, 429],
    ]);
    expect(await statuses(...followed)).toEqual([200, 200, 200, 200, 200]);
    await copy.close();
  });

  test("signs nothing anew while nothing has happened", async () => {
    await house.hub.tendLog();
    expect((await readLog(house.server)).note).toBe(log.note);
  });

  test("logs what came before there was a log, once", async () => {
    await house.sql("update license set log_batch = null, log_place = null where version = 1");
    await house.sql("update license_event set log_batch = null, log_place = null");
    const [events] = await house.sql("select count(*) from license_event");
    let done = 0;
    for (let left = 1; left > 0; done += left) left = await house.hub.logOlderEvents();
    expect(done).toBe(Number(events?.["count"]));
    await house.hub.tendLog();
    const after = await readLog(house.server);
    expect(after.checkpoint.size).toBe(log.checkpoint.size + done);
    const { license } = await askLicense("jws logIndex logProof { entry }");
    expect(license.logIndex).toBeGreaterThanOrEqual(log.checkpoint.size);
    expect(JSON.parse(license.logProof.entry).digest).toBe(payloadDigest(license.jws));
  });
});

/** A business license that its reader may see whole. */
async function askLicense(fields: string) {
  const [some] = await house.sql(
    "select identifier from license l join license_type t on t.code = l.type_code where t.key = 'business-license' and l.version = 1 limit 1",
  );
  const [grant] = await house.sql(
    "select g.procedure from access_grant g join license_type t on t.code = g.license_type where g.client_id = 'approval-bureau' and t.key = 'business-license' and whole_license limit 1",
  );
  const purpose = { procedure: grant?.["procedure"], caseNumber: "C-1", reason: "checking the log" };
  const { data, errors } = await house.graphql(
    `query ($id: ID!, $purpose: PurposeInput!) { license(identifier: $id, purpose: $purpose) { ${fields} } }`,
    { as: "approval-bureau", variables: { id: some?.["identifier"], purpose } },
  );
  expect(errors).toEqual([]);
  return data;
}
