import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Bundle, formatBundle, parseBundle } from "../../src/proof/bundle/bundle.ts";
import { base64 } from "../../src/proof/bytes/base64.ts";
import { sha256 } from "../../src/proof/bytes/sha256.ts";
import { type Keyring, makeKeyPair, parseJwks } from "../../src/proof/keyring.ts";
import { formatCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { parseNote } from "../../src/proof/log/signed-note.ts";
import { type VerificationReport, verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";
import { openTestHub, type TestHub, testNow } from "../setup/hub.ts";

let house: TestHub;
let keyring: Keyring;
let texts: readonly string[];
beforeAll(async () => {
  house = await openTestHub();
  await house.hub.tendLog();
  await house.hub.publishStatusLists();
  keyring = parseJwks({ keys: house.hub.publicKeys() });
  const rows = await house.sql(
    "select l.identifier, l.jws from license l join license_type t on t.code = l.type_code where t.key = 'business-license' and state = 'VALID' order by 1 limit 2",
  );
  const licenses = rows.map(({ identifier, jws }) => ({ identifier: String(identifier), jws: String(jws) }));
  texts = [...(await house.hub.makeBundles(licenses)).values()];
});
afterAll(() => house.close());

const verify = (token: string, keys = keyring) =>
  verifyLicense({ keyring: keys, schemaOf: () => undefined, now: () => testNow }, { token });
const codeOf = ({ checks }: VerificationReport, step: string) =>
  checks.find(({ name }) => name === step)?.code ?? "PASS";
function bundleOf(at: number): Bundle & Required<Pick<Bundle, "log" | "statusList">> {
  const bundle = parseBundle(texts[at] ?? "");
  if ("code" in bundle || !bundle.log || !bundle.statusList) throw new Error("no whole bundle");
  return { ...bundle, log: bundle.log, statusList: bundle.statusList };
}
const changed = async (change: (bundle: ReturnType<typeof bundleOf>) => Partial<Bundle>) =>
  verify(formatBundle({ ...bundleOf(0), ...change(bundleOf(0)) }));

describe("a bundle as the hub makes it", () => {
  test("is valid with every proof, and fits its schema", async () => {
    const report = await verify(texts[0] ?? "");
    expect(report.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      ...["FORMAT PASS", "SIGNATURE PASS", "ISSUER_TRUST PASS", "KEY_VALIDITY PASS", "TYPE_SCHEMA SKIPPED"],
      ...["VALIDITY_PERIOD PASS", "STATUS PASS", "LOG_INCLUSION PASS", "HOLDER_BINDING SKIPPED"],
    ]);
    expect(report.outcome).toBe("VALID");
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../schema/bundle.schema.json"), "utf8"));
    const ajv = new Ajv2020({ strict: true });
    addFormats.default(ajv);
    for (const text of texts) expect(ajv.validate(schema, JSON.parse(text))).toBe(true);
  });

  test("says what the hub says of it", async () => {
    const { data } = await house.graphql("query ($token: String!) { verifyLicense(token: $token) { outcome } }", {
      variables: { token: texts[0] },
    });
    expect(data.verifyLicense.outcome).toBe("VALID");
  });

  test("is worth no more than the key set it is verified with", async () => {
    const other = await openOtherKeys();
    expect((await verify(texts[0] ?? "", other)).outcome).toBe("INVALID");
    expect((await verify(texts[0] ?? "", parseJwks({ keys: [] }))).outcome).toBe("UNDECIDED");
  });
});

describe("a license whose key was compromised later", () => {
  const since = (seconds: number, purposes: readonly string[] = ["license"]) => {
    const iat = Math.floor(testNow.getTime() / 1000);
    const keys = house.hub
      .publicKeys()
      .map((key) => (purposes.includes(key.purpose) ? { ...key, compromised: iat + seconds } : key));
    return parseJwks({ keys });
  };

  test("stands by its proof in the log, and is undecided without it", async () => {
    const logged = await verify(texts[0] ?? "", since(10));
    expect([logged.outcome, codeOf(logged, "KEY_VALIDITY")]).toEqual(["VALID", "PASS"]);
    const bare = await verify(bundleOf(0).license, since(10));
    expect([bare.outcome, codeOf(bare, "KEY_VALIDITY")]).toEqual(["UNDECIDED", "KEY_COMPROMISED_UNLOGGED"]);
    const foreign = await verify(formatBundle({ ...bundleOf(0), log: bundleOf(1).log }), since(10));
    expect([foreign.outcome, codeOf(foreign, "KEY_VALIDITY")]).toEqual(["INVALID", "KEY_COMPROMISED_UNLOGGED"]);
  });

  test("does not stand when it was signed after, logged or not", async () => {
    const report = await verify(texts[0] ?? "", since(-10));
    expect([report.outcome, codeOf(report, "KEY_VALIDITY")]).toEqual(["INVALID", "KEY_COMPROMISED"]);
  });

  test("is not saved by a checkpoint that whoever has the log's key, too, could have signed", async () => {
    const report = await verify(texts[0] ?? "", since(10, ["license", "log"]));
    expect(["KEY_VALIDITY", "LOG_INCLUSION"].map((step) => codeOf(report, step))).toEqual([
      ...["KEY_COMPROMISED_UNLOGGED", "LOG_KEY_COMPROMISED"],
    ]);
    expect(report.outcome).toBe("UNDECIDED");
    // A license whose own key is good stands without it.
    expect((await verify(texts[0] ?? "", since(10, ["log"]))).outcome).toBe("VALID");
  });
});

describe("a keyring that changes while it is used", () => {
  test("is asked again: what was opened with a key that is compromised now, or not yet known, is not remembered", async () => {
    let now = parseJwks({ keys: house.hub.publicKeys().filter(({ purpose }) => !["status", "log"].includes(purpose)) });
    const live: Keyring = {
      get size() {
        return now.size;
      },
      find: (kid) => now.find(kid),
      ofPurpose: (purpose) => now.ofPurpose(purpose),
    };
    const codes = async (at: number) => {
      const { keys: _, ...bundle } = bundleOf(at);
      const report = await verify(formatBundle({ ...bundle, keys: [] }), live);
      return ["STATUS", "LOG_INCLUSION"].map((step) => codeOf(report, step));
    };
    expect(await codes(0)).toEqual(["STATUS_LIST_SIGNATURE", "LOG_KEY_UNKNOWN"]);
    now = keyring;
    expect(await codes(0)).toEqual(["PASS", "PASS"]);
    const keys = house.hub.publicKeys().map((key) => ({ ...key, compromised: 1 }));
    const others = house.hub.publicKeys().filter(({ purpose }) => purpose === "license");
    now = parseJwks({ keys: [...others, ...keys.filter(({ purpose }) => purpose !== "license")] });
    expect(await codes(0)).toEqual(["STATUS_LIST_SIGNATURE", "LOG_KEY_COMPROMISED"]);
  });
});

/** Keys of a hub that calls itself the same. */
async function openOtherKeys(): Promise<Keyring> {
  const made = await Promise.all(
    (["license", "status"] as const).map((purpose) => makeKeyPair(purpose, house.hub.publicUrl, new Date(0))),
  );
  return parseJwks({ keys: made.map(({ publicJwk }) => publicJwk) });
}

describe("attacks on a bundle", () => {
  test("a changed byte anywhere never leaves it valid with another content", async () => {
    const text = texts[0] ?? "";
    const valid: string[] = [];
    for (let at = 0; at < text.length; at += 1) {
      const sign = text[at] === "A" ? "B" : text[at] === "1" ? "2" : "A";
      const spoiled = `${text.slice(0, at)}${sign}${text.slice(at + 1)}`;
      const { outcome } = await verify(spoiled);
      if (outcome === "VALID") valid.push(`${text.slice(at - 20, at + 20)} changed at ${at}`);
    }
    expect(valid).toEqual([]);
  });

  test("a reordered proof is found", async () => {
    const report = await changed(({ log }) => ({ log: { ...log, proof: log.proof.toReversed() } }));
    expect([report.outcome, codeOf(report, "LOG_INCLUSION")]).toEqual(["INVALID", "LOG_NOT_INCLUDED"]);
  });

  test("a proof for another leaf is found, also when it is whole", async () => {
    const report = await changed(() => ({ log: bundleOf(1).log }));
    expect([report.outcome, codeOf(report, "LOG_INCLUSION")]).toEqual(["INVALID", "LOG_OTHER_LICENSE"]);
    const index = await changed(({ log }) => ({ log: { ...log, index: log.index + 1 } }));
    expect(codeOf(index, "LOG_INCLUSION")).toBe("LOG_NOT_INCLUDED");
  });

  test("an entry of this license that is in no log is found", async () => {
    const report = await changed(({ log }) => ({
      log: { ...log, entry: log.entry.replace(/"salt":"./, '"salt":"_') },
    }));
    expect(["LOG_OTHER_LICENSE", "LOG_NOT_INCLUDED"]).toContain(codeOf(report, "LOG_INCLUSION"));
    expect(report.outcome).toBe("INVALID");
  });

  test("a checkpoint rolled back to before the license proves nothing", async () => {
    const { log } = bundleOf(0);
    const origin = parseNote(log.checkpoint)?.text.split("\n")[0] ?? "";
    const older = await signedCheckpoint(origin, 1, sha256("one"));
    const report = await changed(() => ({ log: { ...log, checkpoint: older } }));
    expect([report.outcome, codeOf(report, "LOG_INCLUSION")]).toEqual(["INVALID", "LOG_CHECKPOINT_SIGNATURE"]);
  });

  test("a checkpoint of another log, of no log, or unsigned is found", async () => {
    const { log } = bundleOf(0);
    const withNote = async (checkpoint: string) =>
      codeOf(await changed(() => ({ log: { ...log, checkpoint } })), "LOG_INCLUSION");
    expect(await withNote(await signedCheckpoint("elsewhere.example/log", 9, sha256("x")))).toBe("LOG_FOREIGN");
    expect(await withNote("nothing")).toBe("LOG_PROOF_MALFORMED");
    const [text = ""] = log.checkpoint.split("\n\n");
    expect(await withNote(`${text}\n\n— somebody AAAAAAAA\n`)).toBe("LOG_CHECKPOINT_SIGNATURE");
  });

  test("a status list of another list, of another issuer, or none at all is found", async () => {
    const license = await changed(({ license: statusList }) => ({ statusList }));
    expect([license.outcome, codeOf(license, "STATUS")]).toEqual(["INVALID", "STATUS_LIST_MALFORMED"]);
    const cut = await changed(({ statusList }) => ({ statusList: statusList.slice(0, -4) }));
    expect(cut.outcome).toBe("INVALID");
  });

  test("duplicate names, deep nesting, huge numbers and unknown members are refused before anything is believed", async () => {
    const text = texts[0] ?? "";
    const format = async (spoiled: string) => codeOf(await verify(spoiled), "FORMAT");
    expect(await format(text.replace('"version":1', '"version":1,"version":1'))).toBe("JSON_DUPLICATE_KEY");
    expect(await format(text.replace('"version":1', `"version":${"[".repeat(50)}`))).toBe("JSON_TOO_DEEP");
    for (const version of ["1e400", "1.5", '"1"', "null"])
      expect(await format(text.replace('"version":1', `"version":${version}`))).toBe("BUNDLE_MALFORMED");
    expect(await format(text.replace('"version":1', '"version":2'))).toBe("BUNDLE_VERSION");
    expect(await format(text.replace('"version":1', '"version":1,"more":1'))).toBe("BUNDLE_MALFORMED");
    expect(await format(text.replace(/"index":\d+/, '"index":9007199254740993'))).toBe("BUNDLE_MALFORMED");
    expect(await format(text.replace(/"index":\d+/, '"index":1e400'))).toBe("BUNDLE_MALFORMED");
    expect(await format(`{"version":1,"license":"${"a".repeat(5_000_000)}"}`)).toBe("BUNDLE_TOO_LARGE");
    const nested = await verify(formatBundle({ ...bundleOf(0), license: text }));
    expect(codeOf(nested, "FORMAT")).toBe("FORMAT_NOT_SUPPORTED");
  });

  test("a key named otherwise than the key set has it is found", async () => {
    const report = await changed(({ keys }) => ({ keys: keys.map((key) => ({ ...key, nbf: key.nbf - 1 })) }));
    expect([report.outcome, codeOf(report, "ISSUER_TRUST")]).toEqual(["INVALID", "BUNDLE_KEYS"]);
  });
});

/** A checkpoint signed by somebody in the log's name. */
async function signedCheckpoint(origin: string, size: number, root: Uint8Array): Promise<string> {
  return `${formatCheckpoint({ origin, size, root })}\n— ${origin} ${base64.encode(new Uint8Array(68))}\n`;
}
