import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { isSignedBy } from "../../../src/proof/jws.ts";
import { readKeyPoint } from "../../../src/proof/keyring.ts";
import { discloseClaims } from "../../../src/proof/sd-jwt/disclosures.ts";
import { checkKeyBinding } from "../../../src/proof/sd-jwt/key-binding.ts";
import { splitSdJwt } from "../../../src/proof/sd-jwt/sd-jwt.ts";
import { issueSdJwt, type Path } from "./issue-sd-jwt.ts";

const folder = join(import.meta.dirname, "..", "..", "vectors", "sd-jwt");
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

type Case = Readonly<{ id: string; text: string; hasKb: boolean; valid: boolean; processed: Record<string, unknown> }>;
const { keys, cases }: { keys: { issuer: object; holder: object }; cases: Case[] } = read("rfc9901-and-drafts.json");

describe.each(cases)("published SD-JWT $id", ({ text, hasKb, processed }) => {
  const parts = splitSdJwt(text);
  if ("code" in parts) throw new Error(parts.code);
  const payload = JSON.parse(Buffer.from(parts.issued.split(".")[1] ?? "", "base64url").toString());

  test("was signed by its issuer and says what was published", async () => {
    const issuer = readKeyPoint(keys.issuer);
    expect(issuer && (await isSignedBy(parts.issued, issuer))).toBe(true);
    expect(discloseClaims(payload, parts.disclosures)).toMatchObject({ claims: processed });
  });

  test("its holder's proof holds for what it answered, and for nothing else", async () => {
    expect(parts.keyBinding !== undefined).toBe(hasKb);
    if (parts.keyBinding === undefined) return;
    const proof = JSON.parse(Buffer.from(parts.keyBinding.split(".")[1] ?? "", "base64url").toString());
    const asked = { nonce: proof.nonce, audience: proof.aud, at: new Date(proof.iat * 1000) };
    const check = async (demand: Parameters<typeof checkKeyBinding>[2], shown = parts) => {
      const { outcome, code } = await checkKeyBinding(shown, processed["cnf"], demand);
      return code ?? outcome;
    };
    expect(await check(asked)).toBe("PASS");
    expect(await check({ ...asked, nonce: "another" })).toBe("SD_JWT_NONCE");
    expect(await check({ ...asked, audience: "https://another.example" })).toBe("SD_JWT_AUDIENCE");
    expect(await check({ ...asked, at: new Date((proof.iat + 301) * 1000) })).toBe("SD_JWT_KEY_BINDING_TIME");
    expect(await check({ ...asked, at: new Date((proof.iat - 61) * 1000) })).toBe("SD_JWT_KEY_BINDING_TIME");
    expect(await check(asked, { ...parts, presented: `${parts.issued}~` })).toBe("SD_JWT_KEY_BINDING_OTHER");
    const other = { jwk: keys.issuer };
    expect((await checkKeyBinding(parts, other, asked)).code).toBe("SD_JWT_KEY_BINDING_SIGNATURE");
  });

  test("without one of its disclosures it says less, with a strange one nothing", () => {
    for (const left of parts.disclosures) {
      const rest = parts.disclosures.filter((text) => text !== left);
      const less = discloseClaims(payload, rest);
      // What is left may have hung on what was taken away.
      if ("code" in less) expect(less.code).toBe("SD_JWT_DISCLOSURE_UNREFERENCED");
      else expect(less.claims).not.toEqual(processed);
    }
    const strange = Buffer.from('["salt","admin",true]').toString("base64url");
    expect(discloseClaims(payload, [...parts.disclosures, strange])).toEqual({
      code: "SD_JWT_DISCLOSURE_UNREFERENCED",
    });
  });
});

type Specification = Readonly<{
  source: string;
  name: string;
  claims: Record<string, unknown>;
  selective: Path[];
  disclose: unknown;
  expected?: unknown;
}>;
const specifications: Specification[] = read("specifications.json");

test("every specification is there", () => {
  expect(specifications).toHaveLength(35);
  expect(specifications.filter(({ expected }) => expected !== undefined)).toHaveLength(17);
});

describe.each(specifications)("$source $name", ({ claims, selective, disclose, expected }) => {
  const { payload, disclosures } = issueSdJwt(claims, selective);
  const open = (paths: readonly Path[]) =>
    discloseClaims(
      payload,
      [...disclosures].filter(([at]) => paths.some((path) => JSON.stringify(path) === at)).map(([, text]) => text),
    );

  test("all of it comes back when all is disclosed, and no more is disclosable than was meant", () => {
    expect(disclosures.size).toBe(selective.length);
    expect(open(selective)).toEqual({ claims, hidden: 0 });
  });

  test("nothing that may be hidden comes back when nothing is disclosed", () => {
    expect(open([])).toMatchObject({ claims: prune(claims, selective, []) });
  });

  test("what the holder chooses comes back, and nothing else", () => {
    const chosen = selective.filter((path) => isChosen(disclose, path));
    const wanted = prune(claims, selective, chosen);
    if (expected !== undefined) expect(wanted).toEqual(expected);
    expect(open(chosen.filter((path) => isReachable(path, selective, chosen)))).toMatchObject({ claims: wanted });
  });
});

/** Whether everything on the way to a path is chosen too. */
function isReachable(path: Path, selective: readonly Path[], chosen: readonly Path[]): boolean {
  const has = (paths: readonly Path[], at: Path) => paths.some((one) => JSON.stringify(one) === JSON.stringify(at));
  return path.every((_, end) => !has(selective, path.slice(0, end + 1)) || has(chosen, path.slice(0, end + 1)));
}

function isChosen(disclose: unknown, path: Path): boolean {
  let at: unknown = disclose;
  for (const step of path) at = typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined;
  return Boolean(at);
}

/** The claims without what is selective and not chosen. */
function prune(value: unknown, selective: readonly Path[], chosen: readonly Path[], path: Path = []): unknown {
  const stays = (step: string | number) => {
    const at = JSON.stringify([...path, step]);
    const isIn = (paths: readonly Path[]) => paths.some((one) => JSON.stringify(one) === at);
    return !isIn(selective) || isIn(chosen);
  };
  const inside = (step: string | number, member: unknown) => prune(member, selective, chosen, [...path, step]);
  if (Array.isArray(value))
    return value.flatMap((member: unknown, step) => (stays(step) ? [inside(step, member)] : []));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([name]) => stays(name));
  return Object.fromEntries(members.map(([name, member]) => [name, inside(name, member)]));
}
