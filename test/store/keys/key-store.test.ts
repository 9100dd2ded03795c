import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ConfigError } from "../../../src/config.ts";
import { parseJwks } from "../../../src/proof/keyring.ts";
import { findKeySecret, findTokenKey, type KeyPlace, openKeys } from "../../../src/store/keys/key-store.ts";

const issuer = "https://hub.example";
const tokenIssuer = "https://tokens.example";
const now = new Date("2026-11-22T04:00:00Z");
const later = new Date("2027-11-22T04:00:00Z");

let home: string;
let count = 0;
let folder: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "zhengzhao-key-store-"));
});
beforeEach(() => {
  count += 1;
  folder = join(home, String(count));
});
afterAll(() => rm(home, { recursive: true }));

const open = (changes: Partial<KeyPlace> = {}, at = now) =>
  openKeys({ folder, issuer, tokenIssuer, algorithm: "ES256", ...changes }, at);
const privateFiles = async () => (await readdir(folder)).filter((name) => name.endsWith(".private.jwk.json")).sort();
const fileOf = async (purpose: string) =>
  join(folder, (await privateFiles()).find((name) => name.startsWith(purpose)) ?? "");
const publicFileOf = async (purpose: string) =>
  (await fileOf(purpose)).replace(folder, join(folder, "public")).replace(".private", "");
const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));
const kids = (keys: Awaited<ReturnType<typeof open>>) => keys.publicKeys.map(({ kid }) => kid).sort();

describe("a first opening", () => {
  test("makes a key for each purpose, private to the hub, and publishes all of them without their secrets", async () => {
    const keys = await open();
    expect((await privateFiles()).map((name) => name.split("-")[0])).toEqual([
      "license",
      "log",
      "receipt",
      "status",
      "token",
    ]);
    for (const name of await privateFiles()) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(keys.publicKeys.map(({ purpose, iss }) => [purpose, iss])).toEqual([
      ["license", issuer],
      ["log", issuer],
      ["receipt", issuer],
      ["status", issuer],
      ["token", tokenIssuer],
    ]);
    for (const key of keys.publicKeys) expect(key).not.toHaveProperty("d");
    expect(parseJwks({ keys: keys.publicKeys }).size).toBe(5);
    for (const name of await readdir(join(folder, "public")))
      expect(await read(join(folder, "public", name))).not.toHaveProperty("d");
  });

  test("keeps private files private whatever the umask is", async () => {
    const before = process.umask(0);
    try {
      await open();
    } finally {
      process.umask(before);
    }
    for (const name of await privateFiles()) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  test("makes a token key of its own where the hub issues tokens, and the same secret for every copy", async () => {
    const [first, second] = [await open({ issuesTokens: true }), await open({ issuesTokens: true })];
    expect(
      first.publicKeys
        .filter(({ purpose }) => purpose === "token")
        .map(({ iss }) => iss)
        .sort(),
    ).toEqual([...[issuer, tokenIssuer]]);
    const secret = await findKeySecret(folder, first.token?.kid ?? "");
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await findKeySecret(folder, second.token?.kid ?? "")).toBe(secret);
    folder = `${folder}-other`;
    const other = await open({ issuesTokens: true });
    expect(await findKeySecret(folder, other.token?.kid ?? "")).not.toBe(secret);
    expect(await findKeySecret(folder, first.token?.kid ?? "")).toBeUndefined();
    expect((await open()).token).toBeUndefined();
  });

  test("makes no token key outside of demo mode", async () => {
    const keys = await open({ tokenIssuer: undefined });
    expect(keys.publicKeys.map(({ purpose }) => purpose)).toEqual(["license", "log", "receipt", "status"]);
    expect(await findTokenKey(folder, tokenIssuer)).toBe(undefined);
  });

  test("signs with the algorithm asked for", async () => {
    const keys = await open({ algorithm: "EdDSA" });
    expect([keys.license?.alg, keys.receipt?.alg]).toEqual(["EdDSA", "EdDSA"]);
    expect((await open()).log?.alg).toBe("EdDSA");
  });

  test.each([
    ["a query", { issuer: `${issuer}/?a` }],
    ["a password", { issuer: "https://a:geheim@hub.example" }],
    ["a token issuer with a fragment", { tokenIssuer: `${tokenIssuer}/#a` }],
  ])("refuses an issuer with %s before it makes anything", async (_, changes) => {
    const refused = await open(changes).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(String(refused)).not.toContain("geheim");
    await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a later opening", () => {
  test("finds the same keys", async () => {
    const first = await open();
    const second = await open({}, later);
    expect([second.license?.kid, second.receipt?.kid]).toEqual([first.license?.kid, first.receipt?.kid]);
    expect(kids(second)).toEqual(kids(first));
  });

  test.each<[string, Partial<KeyPlace>]>([
    ["under another address", { issuer: "https://moved.example" }],
    ["with another algorithm", { algorithm: "EdDSA" }],
  ])("%s signs with new keys and goes on publishing the old ones", async (_, changes) => {
    const first = await open();
    const second = await open(changes, later);
    expect(second.license?.kid).not.toBe(first.license?.kid);
    expect(kids(second)).toEqual(expect.arrayContaining(kids(first)));
    expect((await open({}, later)).license?.kid).toBe(first.license?.kid);
  });

  test("replaces a key whose period is over and goes on publishing it with its end", async () => {
    const first = await open();
    const exp = now.getTime() / 1000 + 60;
    const file = await fileOf("license");
    await writeFile(file, JSON.stringify({ ...(await read(file)), exp }), { mode: 0o600 });
    const second = await open({}, later);
    expect(second.license?.kid).not.toBe(first.license?.kid);
    expect(second.publicKeys.find(({ kid }) => kid === first.license?.kid)).toMatchObject({ exp });
  });

  test("publishes a key whose private half is gone, and one whose public half is", async () => {
    const first = await open();
    await unlink(await publicFileOf("receipt"));
    await unlink(await fileOf("license"));
    const second = await open({}, later);
    expect(kids(second)).toEqual(expect.arrayContaining(kids(first)));
    expect(second.license?.kid).not.toBe(first.license?.kid);
    expect(second.receipt?.kid).toBe(first.receipt?.kid);
  });

  test("takes no notice of a file whose writing was cut off", async () => {
    const first = await open();
    await writeFile(join(folder, "license-x.private.jwk.json.new"), '{"d":');
    expect((await open()).license?.kid).toBe(first.license?.kid);
  });
});

describe("a private key that others can read", () => {
  test.each([0o640, 0o604, 0o620, 0o601, 0o777])(
    "with mode %o stops the opening, for signing and for minting",
    async (mode) => {
      await open();
      const file = await fileOf("token");
      await chmod(file, mode);
      const expected = `the private key ${file} can be read by others (mode ${mode.toString(8)}): run chmod 600 on it`;
      await expect(open()).rejects.toThrow(new ConfigError(expected));
      await expect(findTokenKey(folder, tokenIssuer)).rejects.toThrow(new ConfigError(expected));
    },
  );
});

describe("a damaged key file stops the opening: a new key in its place would hide it", () => {
  const change = (changes: object) => (text: string) => JSON.stringify({ ...JSON.parse(text), ...changes });
  test.each<[string, (text: string) => string, string]>([
    ["cut short", (text) => text.slice(0, -20), "not JSON"],
    ["empty", () => "", "not JSON"],
    ["that holds null", () => "null", "KEY_PRIVATE"],
    ["that holds a list", (text) => `[${text}]`, "KEY_PRIVATE"],
    ["that holds nothing", () => "{}", "KEY_PRIVATE"],
    ["without its secret", change({ d: undefined }), "KEY_PRIVATE"],
    ["with another key's secret", change({ d: Buffer.alloc(32, 7).toString("base64url") }), "KEY_PRIVATE"],
    ["under another id", change({ kid: "x" }), "KEY_ID"],
    ["of a kind unknown here", change({ kty: "RSA" }), "KEY_UNSUPPORTED"],
    ["for a purpose unknown here", change({ purpose: "fun" }), "KEY_UNSUPPORTED"],
    ["of an issuer that is none", change({ iss: "me" }), "KEY_ISSUER"],
  ])("a private one %s", async (_, damage, why) => {
    await open();
    const file = await fileOf("license");
    const text = await readFile(file, "utf8");
    await writeFile(file, damage(text));
    const refused = await open().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused).toMatchObject({ message: expect.stringContaining(`${file} is damaged (${why})`) });
    expect(String(refused)).not.toContain(JSON.parse(text).d);
    expect(await privateFiles()).toHaveLength(5);
  });

  test.each<[string, (text: string) => string, string]>([
    ["cut short", (text) => text.slice(0, -20), "not JSON"],
    ["that holds nothing", () => "{}", "KEY_UNSUPPORTED"],
    ["with a secret in it", change({ d: "geheim" }), "KEY_SECRET"],
    ["with another point", change({ x: "A".repeat(43) }), "KEY_ID"],
  ])("a public one %s", async (_, damage, why) => {
    await open();
    const file = await publicFileOf("receipt");
    await writeFile(file, damage(await readFile(file, "utf8")));
    const refused = await open().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused).toMatchObject({ message: expect.stringContaining(`${file} is damaged (${why})`) });
    expect(String(refused)).not.toContain("geheim");
  });
});

test("a key folder that is a file stops the opening", async () => {
  await mkdir(home, { recursive: true });
  await writeFile(folder, "");
  await expect(open()).rejects.toThrow(/KEYS_DIR/);
  await expect(open()).rejects.toBeInstanceOf(ConfigError);
});

describe("the key demo tokens are minted with", () => {
  test("is the newest of its issuer", async () => {
    await open();
    const file = await fileOf("token");
    await open({ tokenIssuer: "https://other.example" }, later);
    expect((await findTokenKey(folder, tokenIssuer))?.kid).toBe((await read(file)).kid);
  });

  test("is absent where no hub ever started, and looking makes no folder", async () => {
    expect(await findTokenKey(folder, tokenIssuer)).toBe(undefined);
    await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
