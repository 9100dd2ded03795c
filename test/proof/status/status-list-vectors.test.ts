import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { importJWK } from "jose";
import { isSignedBy } from "../../../src/proof/jws.ts";
import { packEntries } from "../../../src/proof/status/sign-status-list.ts";
import { statusListJws } from "../../../src/proof/status/status-claims.ts";
import { entryOf, unpackEntries } from "../../../src/proof/status/status-list.ts";

// The examples and test vectors of the draft. Compressors differ: what counts is what comes out.

type Encoding = {
  id: string;
  bits: 1 | 2 | 4 | 8;
  lst: string;
  entries: number;
  expect: Record<string, number>;
  nonZero?: number;
};

const folder = join(import.meta.dirname, "../../vectors/status-list");
const vectors: { key: Record<string, string>; exampleToken: string; encoding: Encoding[] } = JSON.parse(
  readFileSync(join(folder, "status-list.json"), "utf8"),
);
const example = (name: string) => readFileSync(join(folder, "examples", name), "utf8");
const examples = readdirSync(join(folder, "examples"));
/** The lines of an example are broken where the page was full. */
const compact = (text: string) => text.replace(/\s+/g, "");

async function unpacked(lst: string): Promise<Uint8Array> {
  const entries = await unpackEntries({ lst });
  if ("code" in entries) throw new Error(entries.code);
  return entries;
}

describe.each(vectors.encoding.map((each) => [each.id, each] as const))("vector %s", (_, vector) => {
  test("says what it is meant to say of every entry", async () => {
    const list = { bits: vector.bits, entries: await unpacked(vector.lst) };
    expect((list.entries.length * 8) / vector.bits).toBe(vector.entries);
    const said = Object.keys(vector.expect).map((index) => [index, entryOf(list, Number(index))]);
    expect(Object.fromEntries(said)).toEqual(vector.expect);
    let nonZero = 0;
    for (let index = 0; index < vector.entries; index += 1) nonZero += entryOf(list, index) ? 1 : 0;
    expect(nonZero).toBe(vector.nonZero ?? Object.values(vector.expect).filter(Boolean).length);
    expect(entryOf(list, vector.entries)).toBe(undefined);
  });

  test("packed by the hub is the same list, and not much larger", async () => {
    const entries = await unpacked(vector.lst);
    const packed = await packEntries(entries);
    expect(Buffer.from(await unpacked(packed)).equals(entries)).toBe(true);
    expect(packed.length).toBeLessThanOrEqual(vector.lst.length * 1.01);
  });
});

describe("the draft's example token", () => {
  test("is signed, and holds what the draft says", async () => {
    const key = await importJWK(vectors.key, "ES256");
    if (key instanceof Uint8Array) throw new Error("no public key");
    expect(await isSignedBy(vectors.exampleToken, { alg: "ES256", publicKey: async () => key })).toBe(true);
    const payload = JSON.parse(Buffer.from(vectors.exampleToken.split(".")[1] ?? "", "base64url").toString());
    expect(statusListJws.parseClaims(payload)).toEqual(payload);
    const [shown] = /\{[\s\S]*\}$/.exec(example("status_list_jwt.md").split("\n.\n")[1]?.trim() ?? "") ?? [];
    expect(payload).toMatchObject(JSON.parse(shown ?? ""));
    expect(Buffer.from(await unpacked(payload.status_list.lst))).toEqual(Buffer.from([0xb9, 0xa3]));
  });

  test("stands in the examples as it was signed there: in another issuer's words, the same list", () => {
    const raw = JSON.parse(
      Buffer.from(compact(example("status_list_jwt_raw.md")).split(".")[1] ?? "", "base64url").toString(),
    );
    expect(raw.status_list).toEqual({ bits: 1, lst: "eNrbuRgAAhcBXQ" });
  });
});

describe("encodings of the examples", () => {
  const pairs = examples.filter((name) => /^status_list_encoding.*_json\.md$/.test(name));

  test("are all here", () => {
    expect(pairs).toHaveLength(6);
  });

  test.each(pairs)("%s and its CBOR twin hold the same bytes, those the example names", async (name) => {
    const text = example(name);
    const { bits, lst } = JSON.parse(compact(text.slice(text.indexOf("{"))));
    const entries = await unpacked(lst);
    const twin = compact(example(name.replace("_json", "_cbor")).split("encoded:").at(-1) ?? "");
    // {"bits": n, "lst": bytes}: after the name of the second member comes the head of a byte string, then zlib (78 da).
    const cbor = Buffer.from(twin.slice(twin.indexOf("78da")), "hex");
    expect(twin).toMatch(new RegExp(`^a26462697473${`0${bits}`}636c7374`));
    expect(Buffer.from(inflateSync(cbor)).equals(entries)).toBe(true);
    const named = /byte_array = \[([^\]]*)\]/.exec(text)?.[1];
    if (named) expect([...entries]).toEqual(named.split(",").map(Number));
  });

  test.each(examples.filter((name) => name.endsWith("_cbor_diag.md")))("%s shows the bytes of its encoding", (name) => {
    const hex = compact(example(name).replace(/#.*$/gm, ""));
    expect(hex).toBe(compact(example(name.replace("_diag", "")).split("encoded:").at(-1) ?? ""));
  });

  test("of the CWT examples hold the example's list too, and a license's place on one", () => {
    const list = compact(example("status_list_cwt_diag.md").replace(/#.*$/gm, ""));
    expect(compact(example("status_list_cwt.md"))).toBe(list);
    expect([...inflateSync(Buffer.from(list.slice(list.indexOf("78dadb")), "hex"))]).toEqual([0xb9, 0xa3]);
    const license = compact(example("referenced_token_cwt_diag.md").replace(/#.*$/gm, ""));
    expect(compact(example("referenced_token_cwt.md"))).toBe(license);
    expect(Buffer.from(license, "hex").toString("latin1")).toContain("https://example.com/statuslists/1");
  });
});
