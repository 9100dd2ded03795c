import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";
import { scopesOfKind } from "../../src/domain/access/caller.ts";
import { openAccessToken } from "../../src/proof/access/access-token.ts";
import { type Keyring, parseJwks } from "../../src/proof/keyring.ts";
import { openKeys } from "../../src/store/keys/key-store.ts";
import { onlyLine, openWorkshop, root } from "./processes.ts";

const workshop = openWorkshop();
afterAll(() => workshop.clear());

const { tokenIssuer, tokenAudience } = readConfig({});
const keysDir = join(workshop.folder, "keys");
let keyring: Keyring;
beforeAll(async () => {
  const place = { folder: keysDir, issuer: "https://hub.example", tokenIssuer, algorithm: "ES256" } as const;
  keyring = parseJwks({ keys: (await openKeys(place, new Date())).publicKeys });
});

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  workshop.run("src/cli/token.ts", args, { KEYS_DIR: keysDir, ...env });

/** Mints a token and opens it as a hub with the default settings does. */
async function claimsOf(args: readonly string[], env?: Record<string, string>) {
  const { code, out, error } = await run(args, env);
  expect([code, error]).toEqual([0, ""]);
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return openAccessToken(out.trim(), keyring, { issuers: [tokenIssuer], audience: tokenAudience, now: new Date() });
}

const departments: readonly { key: string }[] = JSON.parse(
  readFileSync(join(root, "migrations/data/catalogue/departments.json"), "utf8"),
);
const uscc = "91371002XXXX0030XC";
const residentId = "371002188011080603";

describe("npm run token prints one token and exits with 0", () => {
  test("for a department: every scope, under its key", async () => {
    const claims = await claimsOf(["approval-bureau"]);
    expect(claims).toMatchObject({ sub: "approval-bureau", client_id: "approval-bureau", role: "department" });
    expect(claims.scope.split(" ").sort()).toEqual([...scopesOfKind.DEPARTMENT].sort());
    expect(claims.exp - claims.iat).toBe(8 * 60 * 60);
    expect(claims).not.toHaveProperty("holder");
  });

  test("for the last department of the list too", async () => {
    const key = departments.at(-1)?.key ?? "";
    expect(await claimsOf([key])).toMatchObject({ client_id: key });
  });

  test("for the auditor: the access records and nothing else", async () => {
    expect(await claimsOf(["auditor"])).toMatchObject({ sub: "auditor", role: "auditor", scope: "audit:read" });
  });

  test.each(["operator", "gateway"] as const)("for the %s", async (name) => {
    const scope = { operator: "hub:operate", gateway: "hub:federate" }[name];
    expect(await claimsOf([name])).toMatchObject({ sub: name, client_id: name, role: name, scope });
  });

  test.each([
    ["an enterprise", "USCC", uscc],
    ["a person", "RESIDENT_ID", residentId],
  ])("for %s as a holder: its own licenses and who read them", async (_, idType, id) => {
    const claims = await claimsOf(["holder", id]);
    expect(claims).toMatchObject({ role: "holder", scope: scopesOfKind.HOLDER.join(" "), holder: { idType, id } });
  });

  test("each with an id of its own", async () => {
    const [one, other] = await Promise.all([claimsOf(["auditor"]), claimsOf(["auditor"])]);
    expect(one.jti).not.toBe(other.jti);
  });

  test("that a hub on any port and under any address accepts", async () => {
    const env = { PORT: "4599", HOST: "0.0.0.0", PUBLIC_URL: "https://elsewhere.example" };
    expect(await claimsOf(["auditor"], env)).toMatchObject({ sub: "auditor" });
  });

  test("and leaves the keys as they are", async () => {
    const before = readdirSync(keysDir, { recursive: true });
    await claimsOf(["auditor"]);
    expect(readdirSync(keysDir, { recursive: true })).toEqual(before);
  });
});

describe("what it cannot do it says in one line and exits with 2", () => {
  const wrongUscc = uscc.replace(/C$/, "D");
  const wrongResidentId = residentId.replace(/3$/, "4");
  test.each<[string, readonly string[], RegExp]>([
    ["nothing asked", [], /Usage: npm run --silent token -- /],
    ["an unknown name", ["approval-office"], /No demo identity .*Usage.*approval-bureau, .*tobacco/],
    ["the name of a property of objects", ["constructor"], /No demo identity/],
    ["a name too many", ["auditor", "approval-bureau"], /Usage/],
    ["an option", ["--help"], /Usage/],
    ["a holder without a code", ["holder"], /CODE .*Usage/],
    ["a social credit code with a wrong character", ["holder", wrongUscc], /CODE .*check character/],
    ["a resident ID with a wrong digit", ["holder", wrongResidentId], /CODE .*check character/],
    ["a code in lower case", ["holder", uscc.toLowerCase()], /CODE/],
    ["a code too many", ["holder", uscc, residentId], /Usage/],
  ])("%s", async (_, args, reason) => {
    const ended = await run(args);
    expect(onlyLine(ended)).toMatch(reason);
    expect(ended.code).toBe(2);
    for (const code of [wrongUscc, wrongResidentId, uscc, residentId]) expect(ended.error).not.toContain(code);
  });

  test("no hub that has ever started here, and makes no folder", async () => {
    const nowhere = join(workshop.folder, "nowhere");
    const ended = await run(["auditor"], { KEYS_DIR: nowhere });
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringMatching(/no token key in .*nowhere .*npm start/)]);
    expect(existsSync(nowhere)).toBe(false);
  });

  test("a hub that never ran in demo mode", async () => {
    const folder = join(workshop.folder, "serious");
    const place = { folder, issuer: "https://hub.example", tokenIssuer: undefined, algorithm: "ES256" } as const;
    await openKeys(place, new Date());
    const ended = await run(["auditor"], { KEYS_DIR: folder });
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringContaining("npm start")]);
  });

  test("a private key that others can read, or that is damaged, without showing it", async () => {
    const folder = join(workshop.folder, "damaged");
    await openKeys({ folder, issuer: "https://hub.example", tokenIssuer, algorithm: "ES256" }, new Date());
    const file = join(folder, "token-more.private.jwk.json");
    writeFileSync(file, '{"d":"geheim"', { mode: 0o644 });
    const open = await run(["auditor"], { KEYS_DIR: folder });
    expect([open.code, onlyLine(open)]).toEqual([2, expect.stringContaining(`chmod 600`)]);
    chmodSync(file, 0o600);
    const damaged = await run(["auditor"], { KEYS_DIR: folder });
    expect([damaged.code, onlyLine(damaged)]).toEqual([2, expect.stringContaining(`${file} is damaged`)]);
    expect(damaged.error).not.toContain("geheim");
  });

  test("a wrong variable", async () => {
    const ended = await run(["auditor"], { TOKEN_ISSUER: "nonsense" });
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringContaining("TOKEN_ISSUER")]);
  });
});
