import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseBundle } from "../../src/proof/bundle/bundle.ts";
import { parseJwks } from "../../src/proof/keyring.ts";
import { checkpointReader } from "../../src/proof/log/judge-inclusion.ts";
import { formatNoteKey, noteKey, parseNoteKey } from "../../src/proof/log/signed-note.ts";
import { witnessRuleOf } from "../../src/proof/log/witness-rule.ts";
import { verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";

const vectors = join(import.meta.dirname, "../vectors/bundles");
const read = (version: string, file: string) => readFileSync(join(vectors, version, file), "utf8").trim();

/** What each bundle was when it was made, and has to be for ever; one more line with each version. */
const made: readonly (readonly [string, string, string, string])[] = [
  ["v1", "valid", "2026-11-22T12:05:00+08:00", "VALID: STATUS PASS, LOG_INCLUSION PASS"],
  ["v1", "suspended", "2026-11-22T12:05:00+08:00", "INVALID: STATUS STATUS_SUSPENDED, LOG_INCLUSION PASS"],
  ["v1", "bare", "2026-11-22T12:05:00+08:00", "UNDECIDED: STATUS NOT_CHECKED, LOG_INCLUSION NOT_CHECKED"],
  ["v1", "valid", "2026-11-25T12:05:00+08:00", "INVALID: STATUS STATUS_LIST_EXPIRED, LOG_INCLUSION PASS"],
  ["v1", "valid", "2026-11-20T12:05:00+08:00", "UNDECIDED: STATUS STATUS_LIST_LATER, LOG_INCLUSION PASS"],
];

describe("bundles of every version are read for ever", () => {
  test("none is missing", () => {
    expect(readdirSync(vectors).filter((name) => /^v\d/.test(name))).toEqual([
      ...new Set(made.map(([version]) => version)),
    ]);
  });

  test.each(made)("%s %s at %s is %s", async (version, name, at, expected) => {
    const keyring = parseJwks(read(version, "jwks.json"));
    const tools = { keyring, schemaOf: () => undefined, now: () => new Date(at) };
    const { outcome, checks } = await verifyLicense(tools, { token: read(version, `${name}.bundle.json`) });
    const step = (wanted: string) => checks.find((check) => check.name === wanted);
    const told = ["STATUS", "LOG_INCLUSION"].map(
      (wanted) => `${wanted} ${step(wanted)?.code ?? step(wanted)?.outcome}`,
    );
    expect(`${outcome}: ${told.join(", ")}`).toBe(expected);
  });

  test("carry the signature of the witness, which counts for whoever knows it", async () => {
    const bundle = parseBundle(read("v1", "valid.bundle.json"));
    const witness = parseNoteKey(read("v1", "witness.txt"));
    if ("code" in bundle || !bundle.log || !witness) throw new Error("no bundle");
    const keyring = parseJwks(read("v1", "jwks.json"));
    const witnessesOf = async (note: string) =>
      checkpointReader(keyring, { keys: [witness], atLeast: 1 })(note, "https://hub.example");
    expect(await witnessesOf(bundle.log.checkpoint)).toMatchObject({ witnesses: 1 });
    const spoil = (_all: string, start: string, sign: string) => `${start}${sign === "A" ? "B" : "A"}`;
    const spoiled = bundle.log.checkpoint.replace(/(— witness\.example .{40})(.)/, spoil);
    expect(spoiled).not.toBe(bundle.log.checkpoint);
    expect(await witnessesOf(spoiled)).toEqual({ code: "LOG_WITNESS_SIGNATURE" });
  });

  test("are invalid for whoever asks for more witnesses than have signed, and then without a log proof too", async () => {
    const keyring = parseJwks(read("v1", "jwks.json"));
    const tools = { keyring, schemaOf: () => undefined, now: () => new Date("2026-11-22T12:05:00+08:00") };
    const own = read("v1", "witness.txt");
    const stranger = formatNoteKey(noteKey("stranger.example", new Uint8Array(32), "COSIGNATURE_V1"));
    const told = async (name: string, keys: readonly string[], atLeast: number) => {
      const rule = keys.length > 0 ? witnessRuleOf(keys, atLeast) : undefined;
      const token = read("v1", `${name}.bundle.json`);
      const { outcome, checks } = await verifyLicense(tools, { token, ...(rule && { witnesses: rule }) });
      const step = checks.find((check) => check.name === "LOG_INCLUSION");
      return `${outcome} ${step?.code ?? step?.detail}`;
    };
    // One keyring for all: what was opened under one rule is not believed under another.
    expect(await told("valid", [], 0)).toMatch(/^VALID entry \d+ of \d+$/);
    expect(await told("valid", [stranger], 1)).toBe("INVALID LOG_WITNESSES_LACKING");
    expect(await told("valid", [own, stranger], 1)).toMatch(/^VALID .* seen by 1 witness$/);
    expect(await told("valid", [own, stranger], 2)).toBe("INVALID LOG_WITNESSES_LACKING");
    expect(await told("valid", [own, own], 2)).toBe("INVALID LOG_WITNESSES_LACKING");
    expect(await told("bare", [own], 1)).toBe("INVALID LOG_WITNESSES_LACKING");
    expect(await told("bare", [], 0)).toBe("UNDECIDED NOT_CHECKED");
  });
});
