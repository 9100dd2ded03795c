import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { storedStates } from "../../../src/domain/licenses/license.ts";
import type { Keyring } from "../../../src/proof/keyring.ts";
import {
  entriesOfOwn,
  newEntries,
  setEntry,
  signStatusList,
  statusListTerms,
} from "../../../src/proof/status/sign-status-list.ts";
import {
  entryOf,
  judgeStatus,
  openStatusList,
  type StatusReference,
  statusListReader,
} from "../../../src/proof/status/status-list.ts";
import { statusValueOf } from "../../../src/proof/status/status-value.ts";
import {
  issuer,
  keyringOf,
  makeTestKey,
  now,
  partsOf,
  sampleClaims,
  signRaw,
  type TestKey,
  unsigned,
} from "../samples.ts";

const reference = sampleClaims(); // its place: 4711 of https://hub.example/status-lists/1
const { uri, idx } = reference.status.status_list;

let key: TestKey;
let licenseKey: TestKey;
let keyring: Keyring;
let token: string;
beforeAll(async () => {
  [key, licenseKey] = await Promise.all([makeTestKey("status"), makeTestKey("license")]);
  keyring = keyringOf(key.publicJwk, licenseKey.publicJwk);
  token = await listOf({});
});

/** A list with some entries set, as the hub signs it. */
async function listOf(values: Readonly<Record<number, number>>, address = uri, signer = key): Promise<string> {
  const entries = newEntries();
  for (const [index, value] of Object.entries(values)) setEntry(entries, Number(index), value);
  const input = { uri: address, aggregationUri: "https://hub.example/status-lists", entries, issuedAt: now };
  return (await signStatusList(input, signer.signing)).token;
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Bytes whose last character has bits to spare. */
const isUneven = (bytes: Uint8Array) => bytes.length % 3 !== 0;
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const judge = (list: string, at = now, claims: StatusReference = reference, keys = keyring) =>
  judgeStatus(list, claims, keys, at);
const codeOf = async (...judged: Parameters<typeof judge>) => (await judge(...judged)).code ?? "PASS";

/** A list with other claims or another header, signed by whoever. */
async function forged(claims: object, header: object = {}, signer = key): Promise<string> {
  const payload = JSON.parse(Buffer.from(partsOf(token)[1], "base64url").toString());
  const { alg, kid } = signer.signing;
  return signRaw({ alg, typ: "statuslist+jwt", kid, ...header }, { ...payload, ...claims }, signer.signing);
}
const packed = (bytes: Uint8Array, bits = 2) => ({
  status_list: { bits, lst: Buffer.from(bytes).toString("base64url") },
});

describe("entries", () => {
  test("say what was written last, and nothing else changes", () => {
    const places = fc.integer({ min: 0, max: 2 ** 20 - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(places, fc.integer({ min: 0, max: 3 })), { maxLength: 40 }), (writes) => {
        const entries = newEntries();
        const said = new Map<number, number>();
        for (const [index, value] of writes) {
          expect(setEntry(entries, index, value)).toBe((said.get(index) ?? 0) !== value);
          said.set(index, value);
        }
        for (const [index, value] of said) expect(entryOf({ bits: 2, entries }, index)).toBe(value);
        const written = entries.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0);
        expect(written).toBe(new Set([...said].flatMap(([index, value]) => (value ? [index >> 2] : []))).size);
      }),
      { numRuns: 50 },
    );
  });

  test("outside of the list are refused", () => {
    expect(() => setEntry(newEntries(), 2 ** 20, 1)).toThrow(RangeError);
  });

  test("come out of a signed list as they went in", async () => {
    const list = await listOf({ 0: 3, 4711: 2, [2 ** 20 - 1]: 1 });
    const entries = entriesOfOwn(list);
    expect([0, 1, 4711, 2 ** 20 - 1].map((index) => entryOf({ bits: 2, entries }, index))).toEqual([3, 0, 2, 1]);
  });

  test("of every state: VALID, SUSPENDED and SUPERSEDED as such, any other is INVALID", () => {
    const others = Object.fromEntries(storedStates.map((state) => [state, 1]));
    expect(Object.fromEntries(storedStates.map((state) => [state, statusValueOf(state)]))).toEqual({
      ...{ ...others, VALID: 0, SUSPENDED: 2, SUPERSEDED: 3 },
    });
  });
});

describe("a license's status", () => {
  test.each([
    [0, "PASS"],
    [1, "STATUS_INVALID"],
    [2, "STATUS_SUSPENDED"],
    [3, "STATUS_SUPERSEDED"],
  ])("%i on its list is %s", async (value, code) => {
    const { name, outcome, detail } = await judge(await listOf({ [idx]: value, [idx - 1]: 1, [idx + 1]: 2 }));
    expect([name, outcome]).toEqual(["STATUS", value === 0 ? "PASS" : "FAIL"]);
    expect(detail?.en).toBe("list signed at 2026-11-22T01:00:00Z");
    expect(await codeOf(await listOf({ [idx]: value }))).toBe(code);
  });

  test("is told by a list until it expires, and not of a time before it was signed", async () => {
    const { life } = statusListTerms;
    const told = [-3600, -61, -60, 0, life - 1, life, life + 86_400].map((seconds) => codeOf(token, after(seconds)));
    expect(await Promise.all(told)).toEqual([
      ...[
        "STATUS_LIST_LATER",
        "STATUS_LIST_LATER",
        "PASS",
        "PASS",
        "PASS",
        "STATUS_LIST_EXPIRED",
        "STATUS_LIST_EXPIRED",
      ],
    ]);
  });

  test.each([1, 2, 4, 8] as const)("is read from entries of %i bits", async (bits) => {
    const entries = new Uint8Array(Math.ceil(((idx + 1) * bits) / 8));
    expect(await codeOf(await forged(packed(deflateSync(entries), bits)))).toBe("PASS");
    entries.fill(bits === 1 ? 0xff : 0b01010101);
    if (bits < 4) expect(await codeOf(await forged(packed(deflateSync(entries), bits)))).toBe("STATUS_INVALID");
    else expect(await codeOf(await forged(packed(deflateSync(entries), bits)))).toBe("STATUS_UNKNOWN");
  });

  test("beyond the end of the list is STATUS_INDEX", async () => {
    const short = new Uint8Array(Math.floor(idx / 4));
    expect(await codeOf(await forged(packed(deflateSync(short))))).toBe("STATUS_INDEX");
    const far = { ...reference, status: { status_list: { uri, idx: Number.MAX_SAFE_INTEGER } } };
    expect(await codeOf(token, now, far)).toBe("STATUS_INDEX");
  });

  test("is read from a list that is unpacked once for all its licenses", async () => {
    const open = statusListReader(keyring, 2);
    const other = await listOf({ 1: 1 });
    const first = open(token);
    expect(open(token)).toBe(first);
    await Promise.all([open(other), open(token)]);
    expect(open(token)).toBe(first);
    await Promise.all([open(other), open(await listOf({ 2: 1 }))]);
    expect(open(token)).not.toBe(first);
  });

  test("is not pushed out of memory by what is no list", async () => {
    const open = statusListReader(keyring, 2);
    const first = open(token);
    await first;
    await Promise.all([1, 2, 3, 4].map((n) => open(`${token.slice(0, -4)}AAA${n}`)));
    expect(open(token)).toBe(first);
  });
});

describe("a list that is not to be relied on", () => {
  const flipped = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;

  test("of another address or another issuer than the license names is STATUS_LIST_FOREIGN", async () => {
    expect(await codeOf(await listOf({}, "https://hub.example/status-lists/2"))).toBe("STATUS_LIST_FOREIGN");
    expect(await codeOf(token, now, { ...reference, iss: "https://other.example" })).toBe("STATUS_LIST_FOREIGN");
  });

  test("signed by a key of its own is refused, whether the key comes along or not", async () => {
    const own = await makeTestKey("status");
    expect(await codeOf(await listOf({}, uri, own))).toBe("STATUS_LIST_SIGNATURE");
    for (const header of [{ jwk: own.publicJwk }, { jku: "https://evil.example/jwks" }, { x5c: ["AA"] }])
      expect(await codeOf(await forged({}, header, own))).toBe("STATUS_LIST_MALFORMED");
    // With the kid of the hub's key.
    expect(await codeOf(await forged({}, { kid: key.signing.kid }, own))).toBe("STATUS_LIST_SIGNATURE");
  });

  test("signed by another key of the hub, or in another's name, is STATUS_LIST_SIGNATURE", async () => {
    expect(await judge(await forged({}, {}, licenseKey))).toMatchObject({
      ...{ code: "STATUS_LIST_SIGNATURE", detail: { en: "KEY_PURPOSE" } },
    });
    expect((await judge(await forged({ iss: "https://other.example" }))).detail?.en).toBe("ISSUER_MISMATCH");
    await expect(listOf({}, uri, licenseKey)).rejects.toThrow(TypeError);
  });

  test("signed outside its key's period, changed, or of another algorithm is STATUS_LIST_SIGNATURE", async () => {
    const iat = Math.floor(now.getTime() / 1000) - 10;
    expect((await judge(await forged({ iat }))).detail?.en).toBe("KEY_OUTSIDE_PERIOD");
    expect(await codeOf(flipped(token, token.length - 20))).toBe("STATUS_LIST_SIGNATURE");
    const payload = Buffer.from(partsOf(token)[1], "base64url").toString();
    const claims = { alg: "none", typ: "statuslist+jwt", kid: key.signing.kid };
    expect(await codeOf(unsigned(claims, payload, ""))).toBe("STATUS_LIST_SIGNATURE");
    for (const alg of ["HS256", "RS256", "EdDSA"])
      expect(await codeOf(unsigned({ ...claims, alg }, payload))).toBe("STATUS_LIST_SIGNATURE");
    expect(await codeOf(token, now, reference, keyringOf())).toBe("STATUS_LIST_SIGNATURE");
  });

  test("that is no status list at all is STATUS_LIST_MALFORMED", async () => {
    const { signing } = key;
    const payload = Buffer.from(partsOf(token)[1], "base64url").toString();
    const twice = `{"iss":"${issuer}",${payload.slice(1)}`;
    const { alg, kid } = signing;
    const bad = [
      "",
      "not a token",
      `${token}.`,
      `${token}\n`,
      await forged({}, { typ: "JWT" }),
      await forged({}, { crit: ["exp"] }),
      await signRaw({ alg, typ: "statuslist+jwt", kid }, twice, signing),
      await signRaw(`{"alg":"${alg}","typ":"statuslist+jwt","kid":"${kid}","alg":"none"}`, payload, signing),
      await forged({ exp: undefined }),
      await forged({ exp: "tomorrow" }),
      await forged({ sub: 1 }),
      await forged({ ttl: 1.5 }),
      await forged({ status_list: null }),
      await forged({ status_list: { bits: 3, lst: "eNo" } }),
      await forged({ status_list: { bits: "2", lst: "eNo" } }),
      await forged({ status_list: { bits: 2, lst: "" } }),
      await forged({ status_list: { bits: 2, lst: "eNo=" } }),
      await forged({ status_list: { bits: 2, lst: ["eNo"] } }),
    ];
    expect(await Promise.all(bad.map((each) => codeOf(each)))).toEqual(bad.map(() => "STATUS_LIST_MALFORMED"));
  });

  test("whose entries are cut off, changed, followed by more or packed otherwise is STATUS_LIST_MALFORMED", async () => {
    const good = deflateSync(newEntries());
    const bad = [
      good.subarray(0, -1),
      good.subarray(0, 40),
      Buffer.concat([good, Buffer.from("more")]),
      Buffer.concat([good.subarray(0, -1), Buffer.from([(good.at(-1) ?? 0) ^ 1])]),
      deflateRawSync(newEntries()),
      gzipSync(newEntries()),
      Buffer.from([0]),
    ];
    const codes = await Promise.all(bad.map(async (bytes) => codeOf(await forged(packed(bytes)))));
    expect(codes).toEqual(bad.map(() => "STATUS_LIST_MALFORMED"));
  });

  test("written as base64url must not be is STATUS_LIST_MALFORMED, though it decodes to the same", async () => {
    const bytes = [0, 1, 2].map((more) => deflateSync(new Uint8Array(2_000 + more * 40).fill(more))).find(isUneven);
    const { lst } = packed(bytes ?? new Uint8Array()).status_list;
    const next = base64url[base64url.indexOf(lst.at(-1) ?? "") + 1] ?? "";
    const loose = `${lst.slice(0, -1)}${next}`;
    expect(Buffer.from(loose, "base64url").equals(bytes ?? Buffer.alloc(0))).toBe(true);
    expect(await codeOf(await forged({ status_list: { bits: 8, lst } }))).toBe("STATUS_INDEX");
    expect(await codeOf(await forged({ status_list: { bits: 8, lst: loose } }))).toBe("STATUS_LIST_MALFORMED");
  });

  test("that unpacks to more than 1 MiB is STATUS_LIST_TOO_LARGE, however much more it holds", async () => {
    const most = deflateSync(new Uint8Array(2 ** 20));
    expect(await codeOf(await forged(packed(most, 8)))).toBe("PASS");
    const over = [deflateSync(new Uint8Array(2 ** 20 + 1)), deflateSync(Buffer.alloc(200 * 2 ** 20))];
    for (const bytes of over) expect(await codeOf(await forged(packed(bytes, 8)))).toBe("STATUS_LIST_TOO_LARGE");
    expect(await openStatusList(`${token}${"A".repeat(2 * 2 ** 20)}`, keyring)).toMatchObject({
      code: "STATUS_LIST_TOO_LARGE",
    });
  });
});
