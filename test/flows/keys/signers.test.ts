import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { httpKms, kmsLimits } from "../../../src/connectors/signers/http-kms.ts";
import { pkcs11Source } from "../../../src/connectors/signers/pkcs11.ts";
import { readSignerPlaces } from "../../../src/connectors/signers/signer-places.ts";
import { isSignedBy } from "../../../src/proof/jws.ts";
import { parseJwks } from "../../../src/proof/keyring.ts";
import { newPublicJwk } from "../../../src/proof/signing/public-jwk.ts";
import { signCompact } from "../../../src/proof/signing/sign-jws.ts";
import type { KeySource, Signer, WantedKey } from "../../../src/proof/signing/signer.ts";
import { openTestHub, type TestHub } from "../../setup/hub.ts";
import { type KeyService, openKeyService } from "../../setup/key-service.ts";
import { makeSoftToken, type SoftToken } from "../../setup/soft-hsm.ts";
import { type Issued, issuing } from "./issuing.ts";

let folder: string;
let soft: SoftToken;
let service: KeyService;
let house: TestHub;
let issue: (hub?: TestHub) => Promise<Issued>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zhengzhao-signers-"));
  [soft, service] = await Promise.all([makeSoftToken(), openKeyService("geheim")]);
  await writeFile(join(folder, "kms.token"), "geheim\n", { mode: 0o600 });
  const { remove: _, ...pkcs11 } = soft;
  const purposes = { license: "pkcs11", log: "pkcs11", receipt: "kms" };
  const env = { KEY_SIGNERS: await signersFile({ purposes, pkcs11, kms: kms() }) };
  house = await openTestHub({ demo: false, fresh: true, env });
  issue = await issuing(house);
});
afterAll(async () => {
  await house?.close();
  await service?.close();
  await soft?.remove();
  await rm(folder, { recursive: true });
});

const kms = () => ({ url: service.url, tokenFile: "kms.token" });
let files = 0;
const signersFile = async (content: object) => {
  files += 1;
  const file = join(folder, `signers-${files}.json`);
  await writeFile(file, JSON.stringify(content));
  return file;
};
const wanted = (alg: WantedKey["alg"]): WantedKey => ({
  ...{ purpose: "license", issuer: "https://hub.example", alg, notBefore: 1_700_000_000 },
});
/** Makes a key at a source and signs with it; the signature is checked with the public half alone. */
async function holds(source: KeySource, alg: WantedKey["alg"]): Promise<boolean> {
  const { name, point } = await source.make(wanted(alg));
  const jwk = newPublicJwk(point, wanted(alg));
  const signer = await source.open({ ...wanted(alg), kid: jwk.kid, name });
  const key = parseJwks({ keys: [jwk] }).find(jwk.kid);
  if (!signer || !key) return false;
  expect(await source.find(name, alg)).toEqual(point);
  return isSignedBy(await signCompact('{"a":"证照"}', "license+jwt", signer), key);
}
const stateOf = async (jws: string) => {
  await house.hub.refreshKeys();
  await house.hub.publishStatusLists();
  return (await house.hub.verifyLicense({ token: jws, at: house.clock.now })).outcome;
};

describe("a token (PKCS#11)", () => {
  test.each(["ES256", "EdDSA"] as const)("makes keys that sign with %s and never leave it", async (alg) => {
    const source = pkcs11Source(soft);
    expect(await holds(source, alg)).toBe(true);
    await source.close();
  });

  test("signs licenses of a hub, and their log; no private half is in the key folder", async () => {
    const { jws, kid } = await issue();
    expect(await stateOf(jws)).toBe("VALID");
    const rows = await house.sql(
      "select purpose, source, kid from signing_key where source <> 'FILE' order by purpose",
    );
    expect(rows.map((row) => [row["purpose"], row["source"]])).toEqual([
      ["license", "PKCS11"],
      ["log", "PKCS11"],
      ["receipt", "KMS"],
    ]);
    expect(rows[0]?.["kid"]).toBe(kid);
    const names = (await readdir(house.place.keysDir)).filter((name) => name.endsWith(".private.jwk.json"));
    expect(names.map((name) => name.split("-")[0]).sort()).toEqual(["status", "token", "token"]);
  });

  test("keeps its keys over a restart, and makes the next one on the token", async () => {
    const before = (await issue()).kid;
    const copy = await openTestHub({
      demo: false,
      database: house.place,
      env: { KEY_SIGNERS: house.config.keySigners ?? "" },
    });
    expect((await issue(copy)).kid).toBe(before);
    const operator = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) } as const;
    const next = await copy.hub.rotateKey(operator, { purpose: "license", reason: "轮换", isAtOnce: true });
    await house.hub.refreshKeys();
    const { jws, kid } = await issue();
    expect([kid, next.source, await stateOf(jws)]).toEqual([next.kid, "PKCS11", "VALID"]);
    await copy.close();
  });

  test("that another program made a key on is used with that key, found by its label", async () => {
    const source = pkcs11Source(soft);
    const { name, point } = await source.make({ ...wanted("ES256"), notBefore: 7 });
    await source.close();
    const { remove: _, ...pkcs11 } = soft;
    const env = {
      KEY_SIGNERS: await signersFile({ purposes: { license: "pkcs11" }, labels: { license: name }, pkcs11 }),
    };
    const copy = await openTestHub({ demo: false, database: house.place, env });
    await house.hub.refreshKeys();
    const waiting = house.hub.publicKeys().find(({ x }) => x === point.x);
    expect(waiting?.nbf).toBe(house.clock.now.getTime() / 1000 + house.config.keyPublishAheadSeconds);
    await copy.close();
  });

  test.each([
    ["that is not there", { token: "another" }, /there is no token "another"/],
    ["whose library is not there", { module: "/nowhere.so" }, /KEY_SIGNERS\) can not be used/],
  ])("%s stops the start with one line", async (_, change, line) => {
    const { remove: _remove, ...pkcs11 } = soft;
    const content = { purposes: { status: "pkcs11" }, pkcs11: { ...pkcs11, ...change } };
    const opening = openTestHub({
      demo: false,
      database: house.place,
      env: { KEY_SIGNERS: await signersFile(content) },
    });
    await expect(opening).rejects.toThrow(line);
  });
});

describe("a key service", () => {
  test.each(["ES256", "EdDSA"] as const)("signs with %s: it gets a digest, or what is to be signed", async (alg) => {
    expect(await holds(httpKms({ url: service.url, tokenFile: join(folder, "kms.token") }), alg)).toBe(true);
  });

  let signer: Signer | undefined;
  const opened = async (tokenFile = "kms.token") => {
    const source = httpKms({ url: service.url, tokenFile: join(folder, tokenFile) });
    const { name, point } = await httpKms({ url: service.url, tokenFile: join(folder, "kms.token") }).make(
      wanted("ES256"),
    );
    signer = await source.open({ ...wanted("ES256"), kid: newPublicJwk(point, wanted("ES256")).kid, name });
    return signer?.sign ?? (async () => new Uint8Array());
  };

  test("that fails in passing is asked again", async () => {
    const sign = await opened();
    service.faults.push(503, 500);
    expect((await sign(Buffer.from("a"))).length).toBe(64);
  });

  test.each<[string, (number | "SHORT")[]]>([
    ["refuses", [403]],
    ["goes on failing", Array.from({ length: kmsLimits.tries }, () => 500)],
    ["answers with something else", ["SHORT"]],
  ])("that %s makes the caller wait: BUSY, and nothing of what it said", async (_, faults) => {
    const sign = await opened();
    service.faults.push(...faults);
    await expect(sign(Buffer.from("a"))).rejects.toMatchObject({ code: "BUSY", details: { reason: "KEY_SERVICE" } });
    expect(service.faults.splice(0)).toEqual([]);
  });

  test("that fails again and again is left alone for a while", async () => {
    await writeFile(join(folder, "gone.token"), "geheim");
    const sign = await opened("gone.token");
    await rm(join(folder, "gone.token"));
    const asked = service.asked.length;
    for (let count = 0; count <= kmsLimits.failures; count++) await sign(Buffer.from("a")).catch(() => {});
    await expect(sign(Buffer.from("a"))).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/failed before/) },
    });
    expect(service.asked.length).toBe(asked);
  });

  test("that does not answer leaves nothing half stored", async () => {
    const env = { KEY_SIGNERS: await signersFile({ purposes: { license: "kms" }, kms: kms() }) };
    const copy = await openTestHub({ demo: false, database: house.place, env });
    expect(await stateOf((await issue(copy)).jws)).toBe("VALID");
    const before = await house.sql("select count(*) from submission");
    service.faults.push("SILENT", 500, 500);
    await expect(issue(copy)).rejects.toMatchObject({ code: "BUSY" });
    expect(await house.sql("select count(*) from submission")).toEqual(before);
    // Neither does one that signs with another key than it said: such a license would be stored and logged for ever.
    service.faults.push("OTHER");
    await expect(issue(copy)).rejects.toMatchObject({ code: "BUSY", details: { reason: "KEY_OTHER" } });
    expect(await house.sql("select count(*) from submission")).toEqual(before);
    expect(await stateOf((await issue(copy)).jws)).toBe("VALID");
    await copy.close();
  });
});

describe("the file KEY_SIGNERS names", () => {
  const place = { module: "/m.so", token: "t", pinFile: "pin" };
  test.each<[string, object, RegExp]>([
    [
      "that puts the token key elsewhere",
      { purposes: { token: "pkcs11" }, pkcs11: place },
      /purposes has the member token/,
    ],
    [
      "that signs the log with a service",
      { purposes: { log: "kms" }, kms: { url: "https://a.example", tokenFile: "t" } },
      /Ed25519/,
    ],
    ["that names what is not there", { purposes: { license: "kms" } }, /kms is not there/],
    ["with another kind", { purposes: { license: "paper" } }, /neither pkcs11 nor kms/],
    [
      "with a service in plain text",
      { purposes: {}, kms: { url: "http://a.example", tokenFile: "t" } },
      /must be https/,
    ],
    ["with a member nobody knows", { purposes: {}, hsm: {} }, /has the member hsm/],
    ["without a PIN", { purposes: {}, pkcs11: { ...place, pinFile: 7 } }, /pkcs11.pinFile is no text/],
  ])("%s is refused", async (_, content, line) => {
    await expect(readSignerPlaces(await signersFile(content))).rejects.toThrow(line);
  });

  test("that can not be read says so, and repeats nothing of it", async () => {
    const file = join(folder, "broken.json");
    await writeFile(file, '{"geheim');
    await chmod(file, 0o600);
    await expect(readSignerPlaces(file)).rejects.toThrow(`${file} (KEY_SIGNERS): it is no JSON`);
    await expect(readSignerPlaces(join(folder, "none"))).rejects.toThrow(/it can not be read/);
  });
});
