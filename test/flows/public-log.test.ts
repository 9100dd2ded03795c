import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { base64 } from "../../src/proof/bytes/base64.ts";
import { payloadDigest } from "../../src/proof/compact-jws.ts";
import { parseCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { unpackEntries } from "../../src/proof/log/entry-bundle.ts";
import { growTree } from "../../src/proof/log/growing-tree.ts";
import { isIncluded, isSame, leafHash } from "../../src/proof/log/merkle.ts";
import { parseNote, parseNoteKey, verifyNote } from "../../src/proof/log/signed-note.ts";
import { levelsOf, readNodes, tilePath } from "../../src/proof/log/tile.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
  await house.hub.tendLog();
});
afterAll(() => house.close());

const get = async (path: string) => house.server.inject(`/log/${path}`);
const bytesOf = async (path: string) => (await get(path)).rawPayload;

async function readCheckpoint() {
  const note = parseNote((await get("checkpoint")).payload);
  const key = parseNoteKey((await get("vkey")).payload.trim());
  if (!note || !key) throw new Error("no checkpoint");
  expect(await verifyNote(note, [key])).toEqual([key]);
  const checkpoint = parseCheckpoint(note.text);
  if (!checkpoint) throw new Error("no checkpoint");
  return checkpoint;
}

async function readEntries(size: number) {
  const entries: Uint8Array[] = [];
  for (let index = 0; index * 256 < size; index += 1) {
    const width = Math.min(256, size - index * 256);
    entries.push(...(unpackEntries(await bytesOf(tilePath({ level: "entries", index, width })), width) ?? []));
  }
  return entries;
}

describe("the public log", () => {
  test("holds an entry of every license and of every change, and nothing twice", async () => {
    const { size } = await readCheckpoint();
    const entries = (await readEntries(size)).map((entry) => JSON.parse(Buffer.from(entry).toString()));
    const [counts] = await house.sql(
      "select (select count(*) from license) as licenses, (select count(*) from license_event) as events",
    );
    const ofKind = (kind: string) => entries.filter((entry) => entry.kind === kind);
    expect(ofKind("LICENSE")).toHaveLength(Number(counts?.["licenses"]));
    expect(ofKind("LICENSE").length + ofKind("STATE").length).toBe(Number(counts?.["events"]));
    expect(new Set(entries.map((entry) => entry.event)).size).toBe(entries.length);
    const rows = await house.sql("select jws from license");
    const digests = new Set(ofKind("LICENSE").map((entry) => entry.digest));
    expect(rows.every(({ jws }) => digests.has(payloadDigest(String(jws))))).toBe(true);
  });

  test("has the root its entries lead to, and the tiles of the tree", async () => {
    const { size, root } = await readCheckpoint();
    const grown = growTree(0, () => [], (await readEntries(size)).map(leafHash));
    expect(isSame(grown.root, root)).toBe(true);
    for (const { level, full, partial } of levelsOf(size)) {
      for (let index = 0; index <= full; index += 1) {
        const width = index < full ? 256 : partial;
        if (width === 0) continue;
        const nodes = readNodes(await bytesOf(tilePath({ level, index, width })), width);
        const made = grown.tiles.find((tile) => tile.level === level && tile.index === index);
        expect(nodes?.map((node) => base64.encode(node))).toEqual(made?.nodes.map((node) => base64.encode(node)));
      }
    }
  });

  test("names nobody: no code, name, number or identifier stands in it", async () => {
    const { size } = await readCheckpoint();
    const all = Buffer.concat(await readEntries(size)).toString();
    const [license] = await house.sql("select * from license limit 1");
    for (const name of ["holder_code", "identifier", "number", "holder_name", "issuer_code"])
      expect(all).not.toContain(String(license?.[name]));
  });

  test("answers a license with a proof that leads to the checkpoint", async () => {
    const [some] = await house.sql(
      "select identifier from license where type_code = (select code from license_type where key = 'business-license') limit 1",
    );
    const { data, errors } = await house.graphql(
      `query ($id: ID!, $purpose: PurposeInput!) { license(identifier: $id, purpose: $purpose) {
        jws logIndex logProof { index entry proof checkpoint } } }`,
      { as: "approval-bureau", variables: { id: some?.["identifier"], purpose: await anyPurpose() } },
    );
    expect(errors).toEqual([]);
    const { jws, logIndex, logProof } = data.license;
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
    const { size } = await readCheckpoint();
    const tile = await get("tile/0/000");
    expect([tile.statusCode, tile.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await get("checkpoint")).headers["cache-control"]).toBe("no-cache");
    const beyond = tilePath({ level: 0, index: Math.floor(size / 256), width: (size % 256) + 1 });
    for (const path of [beyond, "tile/9/000", "tile/0/0", "tile/0/000.p/0", "tile/entries/999"])
      expect((await get(path)).statusCode).toBe(404);
  });
});

async function anyPurpose() {
  const [grant] = await house.sql(
    "select g.procedure from access_grant g join license_type t on t.code = g.license_type where g.client_id = 'approval-bureau' and t.key = 'business-license' and whole_license limit 1",
  );
  return { procedure: grant?.["procedure"], caseNumber: "C-1", reason: "checking the log" };
}
