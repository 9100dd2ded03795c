import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readWitnesses } from "../../src/cli/program.ts";
import { importSigningKey, makeKeyPair } from "../../src/proof/keyring.ts";
import { formatNoteKey, noteKey } from "../../src/proof/log/signed-note.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { newEntries, setEntry, signStatusList } from "../../src/proof/status/sign-status-list.ts";
import { statusValues } from "../../src/proof/status/status-value.ts";
import { headerOf, makeTestKey, now, sampleClaims, type TestKey, unsigned } from "../proof/samples.ts";
import { signIssued, walletClaims } from "../proof/sd-jwt/issue-sd-jwt.ts";

const program = join(import.meta.dirname, "..", "..", "src", "cli", "verify.ts");
const steps =
  "FORMAT SIGNATURE ISSUER_TRUST KEY_VALIDITY TYPE_SCHEMA VALIDITY_PERIOD STATUS LOG_INCLUSION HOLDER_BINDING";

let folder: string;
let key: TestKey;
let statusKey: TestKey;
let token: string;
let license: string;
let keys: string;
/** What makes the command know that every license on the sample's list stands. */
let stands: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "verify-"));
  key = await makeTestKey();
  token = await signLicense(sampleClaims(), key.signing);
  license = file("license.jws", token);
  statusKey = await makeTestKey("status");
  keys = file("jwks.json", JSON.stringify({ keys: [key.publicJwk, statusKey.publicJwk] }));
  stands = ["--status", file("list.jwt", await listOf({}))];
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The sample's status list with some entries set. */
async function listOf(values: Readonly<Record<number, number>>, uri = place.uri): Promise<string> {
  const entries = newEntries();
  for (const [index, value] of Object.entries(values)) setEntry(entries, Number(index), value);
  const input = { uri, aggregationUri: "https://hub.example/status-lists", entries, issuedAt: now };
  return (await signStatusList(input, statusKey.signing)).token;
}

const place = sampleClaims().status.status_list;

type Run = Readonly<{ code: number | null; out: string; error: string; lines: readonly string[] }>;

/** Runs the command as a person would, far from the package's folder and without an environment. */
async function run(args: readonly string[], input = ""): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: {} });
    const read = { out: "", error: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (read.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (read.error += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...read, lines: read.out.trimEnd().split("\n") }));
    child.stdin.on("error", () => undefined).end(input);
  });
}

/** A license of a hub at an address of this machine, its keys, and its status list with one value for that license. */
async function makeLocalHub(home: string) {
  const [licenseJwks, statusJwks] = await Promise.all([
    makeKeyPair("license", home, now, "ES256"),
    makeKeyPair("status", home, now, "ES256"),
  ]);
  const signing = await importSigningKey(statusJwks.privateJwk);
  const uri = `${home}/status-lists/1`;
  const claims = sampleClaims({ issuerUrl: home, status: { uri, idx: place.idx } });
  return {
    license: file("local.jws", await signLicense(claims, await importSigningKey(licenseJwks.privateJwk))),
    keys: file("local.json", JSON.stringify({ keys: [licenseJwks.publicJwk, statusJwks.publicJwk] })),
    listOf: async (value: number) => {
      const entries = newEntries();
      setEntry(entries, place.idx, value);
      return (await signStatusList({ uri, aggregationUri: home, entries, issuedAt: now }, signing)).token;
    },
  };
}

/** The step and the code of each line but the last. */
function codes({ lines }: Run): string[] {
  return lines.slice(0, -1).map((line) => line.split(/\s+/).slice(1, 3).join(" "));
}

const day = ["--at", "2026-11-22"];
const vectors = join(import.meta.dirname, "..", "vectors", "bundles", "v1");
const seen = ["--witness", readFileSync(join(vectors, "witness.txt"), "utf8").trim()];
const logKey = formatNoteKey(noteKey("hub.example/log", new Uint8Array(32)));

describe("verify FILE --keys JWKS", () => {
  test("prints one line a check and the outcome last, and exits 0 for a valid license", async () => {
    const done = await run([license, "--keys", keys, ...day, ...stands]);
    expect(done.error).toBe("");
    expect(done.code).toBe(0);
    expect(done.lines).toHaveLength(10);
    expect(codes(done).map((line) => line.split(" ")[0])).toEqual(steps.split(" "));
    expect(codes(done)[4]).toBe("TYPE_SCHEMA PASS");
    expect(codes(done)[6]).toBe("STATUS PASS");
    expect(done.lines[0]).toMatch(/^✓ FORMAT/);
    expect(done.lines[7]).toMatch(/^– LOG_INCLUSION/);
    expect(done.lines.at(-1)).toMatch(/^VALID /);
  });

  test("prints no personal data unless asked for JSON", async () => {
    const { out } = await run([license, "--keys", keys, ...day]);
    expect(out).not.toMatch(/92371082XXXX50091D|荣成/);
  });

  test("exits 1 for a changed license and names the step", async () => {
    const at = token.length - 20;
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    const done = await run([file("changed.jws", changed), "--keys", keys, ...day]);
    expect(done.code).toBe(1);
    expect(codes(done)[1]).toBe("SIGNATURE SIGNATURE_WRONG");
    expect(done.lines[1]).toMatch(/^✗ .*→ Do not rely on it/);
    expect(done.lines.at(-1)).toMatch(/^INVALID /);
  });

  test("exits 1 for alg none", async () => {
    const forged = unsigned({ ...headerOf(key.signing), alg: "none" }, sampleClaims(), "");
    const done = await run([file("none.jws", forged), "--keys", keys]);
    expect([done.code, codes(done)[1]]).toEqual([1, "SIGNATURE ALGORITHM_NOT_ALLOWED"]);
  });

  test("takes a day as its noon in Asia/Shanghai, and an instant as it is", async () => {
    const outcome = async (at: string) => codes(await run([license, "--keys", keys, "--at", at]))[5];
    expect(
      await Promise.all(
        ["2027-02-17", "2027-02-18", "2027-02-17T16:00:00Z", "2027-02-17T15:59:59Z", "2023-02-17"].map(outcome),
      ),
    ).toEqual([
      "VALIDITY_PERIOD PASS",
      "VALIDITY_PERIOD EXPIRED",
      "VALIDITY_PERIOD EXPIRED",
      "VALIDITY_PERIOD PASS",
      "VALIDITY_PERIOD NOT_YET_VALID",
    ]);
  });

  test("judges the attributes by the schemas of the package", async () => {
    const wrong = await signLicense(sampleClaims({ attributes: { vehicleCount: "十二" } }), key.signing);
    const done = await run([file("attributes.jws", wrong), "--keys", keys, ...day]);
    expect([done.code, codes(done)[4]]).toEqual([1, "TYPE_SCHEMA ATTRIBUTES_INVALID"]);
    const strange = sampleClaims({ type: { code: "11100000XXXX00115CX99", name: "新证照" } });
    const unknown = file("strange.jws", await signLicense(strange, key.signing));
    const other = await run([unknown, "--keys", keys, ...day, ...stands]);
    expect([other.code, codes(other)[4]]).toEqual([0, "TYPE_SCHEMA TYPE_UNKNOWN"]);
  });

  test("reads standard input, and ignores white space and a byte order mark around it, as the page does", async () => {
    const from = (input: string) => run(["-", "--keys", keys, ...day, ...stands], input);
    const results = await Promise.all(
      [token, `${token}\r\n\r\n`, `\n${token}`, `\ufeff${token}`, token.replace(".", ".\n"), ""].map(from),
    );
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 1, 1]);
  });

  test("prints the report as JSON", async () => {
    const done = await run([license, "--keys", keys, ...day, ...stands, "--json"]);
    const report: { outcome: string; checks: { name: string }[]; license: unknown } = JSON.parse(done.out);
    expect(report.outcome).toBe("VALID");
    expect(report.checks.map(({ name }) => name).join(" ")).toBe(steps);
    expect(report.license).toEqual(sampleClaims());
  });

  test("speaks Chinese", async () => {
    const done = await run([license, "--keys", keys, "--lang", "zh", "--at", "2030-01-01"]);
    expect(done.code).toBe(1);
    expect(done.lines[1]).toMatch(/^✓ SIGNATURE\s+PASS\s+签名：通过$/);
    expect(done.lines[5]).toMatch(/EXPIRED\s+所询时间证照已过期。（查询日期 2030-01-01） → 请索取延续后的证照。/);
    expect(done.lines.at(-1)).toMatch(/^INVALID\s+无效/);
  });

  test("a file of two megabytes, of random bytes or with terminal codes is invalid and harmless", async () => {
    const contents = [
      "A".repeat(2 * 1024 * 1024),
      Uint8Array.from({ length: 999 }, (_, at) => at % 0x7e),
      "\u001b[2J.a.b",
    ];
    const done = await Promise.all(contents.map((content, at) => run([file(`bad${at}`, content), "--keys", keys])));
    expect(done.map(({ code }) => code)).toEqual([1, 1, 1]);
    for (const { out } of done) expect(out).not.toContain("\u001b");
  });

  test("JSON output holds no character that steers a terminal", async () => {
    const holder = { idType: "USCC", id: "92371082XXXX50091D", name: "\u001b[31m\u009b\u202e" };
    const odd = file("odd.jws", await signLicense(sampleClaims({ holder }), key.signing));
    const { out } = await run([odd, "--keys", keys, ...day, "--json"]);
    expect(out).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(JSON.parse(out)).toMatchObject({ license: { license: { holder } } });
  });
});

describe("the state of a license", () => {
  test("that nobody told: signature valid, state not checked, exits 2 unless that is good enough for the caller", async () => {
    const [done, chinese, json, accepted] = await Promise.all([
      run([license, "--keys", keys, ...day]),
      run([license, "--keys", keys, ...day, "--lang", "zh"]),
      run([license, "--keys", keys, ...day, "--json"]),
      run([license, "--keys", keys, ...day, "--accept-unchecked-state"]),
    ]);
    expect([done.code, codes(done)[6]]).toEqual([2, "STATUS NOT_CHECKED"]);
    expect(done.lines.at(-1)).toMatch(/^SIGNATURE VALID, STATE NOT CHECKED {2}.*--online.*--status LIST/);
    expect(chinese.lines.at(-1)).toMatch(/签名有效，状态未核查/);
    expect([json.code, JSON.parse(json.out).outcome]).toEqual([2, "UNDECIDED"]);
    expect([accepted.code, accepted.out]).toEqual([0, done.out]);
  });

  test("good enough for the caller is nothing else that could not be told", async () => {
    const empty = file("no-keys.json", '{"keys":[]}');
    expect((await run([license, "--keys", empty, ...day, "--accept-unchecked-state"])).code).toBe(2);
  });

  test("is told by the list in a file, by the newest of several, and by none that is another's", async () => {
    const suspended = file("suspended.jwt", await listOf({ [place.idx]: statusValues.SUSPENDED }));
    const other = file("other.jwt", await listOf({}, "https://hub.example/status-lists/2"));
    const [invalid, foreign] = await Promise.all([
      run([license, "--keys", keys, ...day, "--status", other, "--status", suspended]),
      run([license, "--keys", keys, ...day, "--status", other]),
    ]);
    expect([invalid.code, codes(invalid)[6]]).toEqual([1, "STATUS STATUS_SUSPENDED"]);
    expect([foreign.code, codes(foreign)[6]]).toEqual([2, "STATUS NOT_CHECKED"]);
  });

  test.each<[string, () => string, RegExp]>([
    ["that is a license", () => license, /STATUS_LIST_MALFORMED \(TYP_UNEXPECTED\)/],
    ["that is not there", () => join(folder, "none"), /cannot read/],
  ])("is told by no file %s, in one line", async (_, path, message) => {
    const done = await run([license, "--keys", keys, "--status", path()]);
    expect([done.code, done.out, done.error]).toEqual([2, "", expect.stringMatching(message)]);
  });

  test("is fetched with --online from where the issuer's license names it, once for all, and without it nothing is asked", async () => {
    const asked: string[] = [];
    let value: number = statusValues.VALID;
    const server = createServer(async (request, response) => {
      asked.push(String(request.url));
      if (value < 0) response.writeHead(503).end();
      else response.end(await local.listOf(value));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const local = await makeLocalHub(`http://127.0.0.1:${port}`);
    const order = [local.license, "--keys", local.keys, ...day];
    const outcomes = async (...more: string[]) => {
      const done = await run([...order, ...more]);
      return [done.code, codes(done)[6]];
    };
    expect(await outcomes()).toEqual([2, "STATUS NOT_CHECKED"]);
    expect(asked).toEqual([]);
    expect(await outcomes("--online")).toEqual([0, "STATUS PASS"]);
    value = statusValues.INVALID;
    expect(await outcomes("--online")).toEqual([1, "STATUS STATUS_INVALID"]);
    value = -1;
    expect(await outcomes("--online")).toEqual([2, "STATUS NOT_CHECKED"]);
    value = statusValues.VALID;
    asked.length = 0;
    const many = await run([local.license, local.license, "--keys", local.keys, ...day, "--online"]);
    expect([many.code, asked.length]).toEqual([0, 1]);
    server.close();
  });
});

describe("what is no license", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["a PDF", "%PDF-1.7\n%âãÏÓ\n", /no electronic license file, but a PDF/],
    ["an OFD", "PK\u0003\u0004\u0014\u0000\u0000\u0000OFD.xml", /OFD/],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), /picture/],
  ])("%s is told for what it is, not called invalid", async (_, content, message) => {
    const path = file("scan.jws", content);
    const done = await run([path, "--keys", keys]);
    expect([done.code, done.out, done.error]).toEqual([2, "", expect.stringMatching(message)]);
    const among = await run([path, license, "--keys", keys, ...day, ...stands]);
    expect([among.code, among.lines[0]]).toEqual([2, expect.stringMatching(/UNDECIDED.*no electronic license file/)]);
  });
});

describe("what cannot be told exits 2", () => {
  test.each<[string, () => string[], RegExp]>([
    ["without arguments", () => [], /FILE/],
    ["without keys", () => [license], /--keys/],
    ["with an unknown option", () => [license, "--keys", keys, "--force"], /--force/],
    ["with a wrong language", () => [license, "--keys", keys, "--lang", "fr"], /--lang/],
    ["with a day that does not exist", () => [license, "--keys", keys, "--at", "2026-02-30"], /--at/],
    ["with a time without offset", () => [license, "--keys", keys, "--at", "2026-02-03T10:00:00"], /--at/],
    ["with a witness that is none", () => [license, "--keys", keys, "--witness", "x+00000000+AA=="], /--witness/],
    ["with a missing file", () => [join(folder, "none"), "--keys", keys], /cannot read .*none/],
    ["with an empty folder", () => [mkdtempSync(join(folder, "empty-")), "--keys", keys], /no file in/],
    ["with a missing key set", () => [license, "--keys", join(folder, "none")], /cannot read .*none/],
    ["without keys, which npm took for its own", () => [license], /with npm run, options come behind ` -- `/],
    ["with a key set that is none", () => [license, "--keys", license], /The file is no key set.*KEYS_MALFORMED/],
    [
      "with a bundle for a key set",
      () => [license, "--keys", join(vectors, "valid.bundle.json")],
      /The file is no key set\./,
    ],
    [
      "with a private key",
      () => [license, "--keys", file("d.json", JSON.stringify({ keys: [key.privateJwk] }))],
      /KEY_SECRET at keys\[0\]/,
    ],
    ["with a file name that steers the terminal", () => ["\u001b[2J", "--keys", keys], /cannot read \?\[2J/],
  ])("%s, with one line on standard error", async (_, args, message) => {
    const done = await run(args());
    expect(done.code).toBe(2);
    expect(done.out).toBe("");
    expect(done.error).toMatch(message);
    expect(done.error.trimEnd().split("\n")).toHaveLength(1);
  });

  test("witnesses that can not be, in one line too", () => {
    const [, own = ""] = seen;
    const refused = (names: readonly string[], least?: string) => expect(() => readWitnesses(names, least)).toThrow;
    refused([logKey])(/--witness is the key of a witness/);
    for (const least of ["0", "2", "x", "1.5", ""]) refused([own, own], least)(/from 1 to that of the witnesses named/);
    refused([], "1")(/name each with --witness/);
    expect(readWitnesses([own, own], undefined)).toMatchObject({ keys: [{ name: "witness.example" }], atLeast: 1 });
    expect(readWitnesses([], undefined)).toBeUndefined();
  });

  test("a license from before its key leaked, without its log proof: it says what to ask for", async () => {
    const compromised = Math.floor(Date.parse("2027-01-01T08:00:00+08:00") / 1000);
    const leaked = file(
      "leaked.json",
      JSON.stringify({ keys: [{ ...key.publicJwk, compromised }, statusKey.publicJwk] }),
    );
    const done = await run([license, "--keys", leaked, ...day, ...stands]);
    expect(done.code).toBe(2);
    expect(done.lines.filter((line) => line.includes("→"))).toEqual([
      expect.stringMatching(/^– KEY_VALIDITY +KEY_COMPROMISED_UNLOGGED .*→ Ask the holder or the hub/),
    ]);
  });

  test("a secret in a key set is not printed", async () => {
    const done = await run([license, "--keys", file("d2.json", JSON.stringify({ keys: [key.privateJwk] }))]);
    expect(done.error).not.toContain(key.privateJwk.d);
  });

  test("an empty key set", async () => {
    const done = await run([license, "--keys", file("empty.json", '{"keys":[]}')]);
    expect([done.code, codes(done)[2], done.lines.at(-1)?.split(" ")[0]]).toEqual([
      2,
      "ISSUER_TRUST NO_KEYS",
      "UNDECIDED",
    ]);
    // The step that decides says what to do; those that were harmlessly skipped do not.
    expect(done.lines.filter((line) => line.includes("→"))).toEqual([
      expect.stringMatching(/^– ISSUER_TRUST .*→ Fetch \/\.well-known\/jwks\.json of the hub\.$/),
    ]);
    const two = await run([license, license, "--keys", join(folder, "empty.json")]);
    expect(two.lines[0]).toMatch(/UNDECIDED {2}ISSUER_TRUST NO_KEYS/);
  });
});

describe("many files", () => {
  let many: string;
  beforeAll(() => {
    many = mkdtempSync(join(folder, "many-"));
    const put = (name: string, content: string) => file(join(many.slice(folder.length + 1), name), content);
    for (const name of ["a.jws", "b.jws"]) put(name, `${token}\n`);
    mkdirSync(join(many, "deeper"));
    put(
      "deeper/changed.jws",
      token.replace(/.(?=.{20}$)/, (sign) => (sign === "A" ? "B" : "A")),
    );
    put("z\u001b[2J.json", '{"version":2}');
    put(".hidden", "no license");
  });

  test("a folder is told in a line for each that is not valid, and a summary; one invalid makes 1", async () => {
    const done = await run([many, "--keys", keys, ...day, ...stands]);
    expect([done.code, done.error]).toEqual([1, ""]);
    expect(done.lines).toEqual([
      expect.stringMatching(/^✗ .*deeper\/changed\.jws {2}INVALID {2}SIGNATURE SIGNATURE_WRONG {2}The signature/),
      expect.stringMatching(/^– .*z\?\[2J\.json {2}UNDECIDED {2}FORMAT BUNDLE_VERSION/),
      "4 files: 2 valid, 1 invalid, 1 could not be told. (asked about noon of 2026-11-22 in Asia/Shanghai)",
      "Verify one alone to read what to do.",
    ]);
  });

  test("several files may be named; what cannot be read could not be told, and makes 2 when none is invalid", async () => {
    const done = await run([license, join(folder, "none"), "--keys", keys, ...day, ...stands, "--lang", "zh"]);
    expect(done.code).toBe(2);
    expect(done.lines).toEqual([
      expect.stringMatching(/none {2}UNDECIDED 无法判断 {2}cannot read/),
      "共 2 个文件：有效 1，无效 0，无法判断 1。（所询时间：2026-11-22 正午，Asia/Shanghai）",
      "单独验证其中一个文件，即可查看处理办法。",
    ]);
    const good = await run([license, license, "--keys", keys, ...stands, "--at", "2026-11-22T12:00:00+08:00"]);
    expect([good.code, good.out]).toEqual([0, "2 files: 2 valid, 0 invalid, 0 could not be told.\n"]);
  });

  test("as JSON they are a line each, in order, with the file's name", async () => {
    const done = await run([many, "--keys", keys, ...day, ...stands, "--json"]);
    const reports: { file: string; outcome: string }[] = done.lines.map((line) => JSON.parse(line));
    expect(reports.map(({ outcome }) => outcome)).toEqual(["VALID", "VALID", "INVALID", "UNDECIDED"]);
    expect(reports.map(({ file: name }) => name.slice(many.length + 1))).toEqual([
      "a.jws",
      "b.jws",
      "deeper/changed.jws",
      "z\u001b[2J.json",
    ]);
    expect(done.out).not.toContain("\u001b");
  });

  test("an SD-JWT is told like any license", async () => {
    const payload = { ...walletClaims(), iat: sampleClaims().iat };
    const wallet = file("wallet.txt", `${await signIssued(payload, key.signing)}~`);
    const done = await run([wallet, "--keys", keys, ...day, ...stands]);
    expect([done.code, done.lines.at(-1)?.split(" ")[0]]).toEqual([0, "VALID"]);
  });
});

test("a bundle is held to the witnesses that are named, alone and among many", async () => {
  const bundle = join(vectors, "valid.bundle.json");
  const args = ["--keys", join(vectors, "jwks.json"), "--at", "2026-11-22T12:05:00+08:00"];
  const stranger = formatNoteKey(noteKey("stranger.example", new Uint8Array(32), "COSIGNATURE_V1"));
  const [one, lacking, bare] = await Promise.all([
    run([bundle, ...args, ...seen, "--witness", stranger]),
    run([bundle, ...args, ...seen, "--witness", stranger, "--min-witnesses", "2"]),
    run([bundle, join(vectors, "bare.bundle.json"), ...args, ...seen]),
  ]);
  expect([one.code, one.lines[7]]).toEqual([0, expect.stringMatching(/^✓ LOG_INCLUSION .*seen by 1 witness\)$/)]);
  expect([lacking.code, lacking.lines[7]]).toEqual([
    1,
    expect.stringMatching(/^✗ LOG_INCLUSION +LOG_WITNESSES_LACKING .*\(1 of the 2 named, at least 2 asked for\) → Ask/),
  ]);
  expect([bare.code, bare.lines[0]]).toEqual([1, expect.stringContaining("LOG_INCLUSION LOG_WITNESSES_LACKING")]);
});

test("a bundle saved with a byte order mark is taken; an answer of GraphQL with one in it is told for what it is", async () => {
  const bundle = readFileSync(join(vectors, "valid.bundle.json"), "utf8");
  const args = ["--keys", join(vectors, "jwks.json"), "--at", "2026-11-22T12:05:00+08:00"];
  const answer = JSON.stringify({ data: { license: { bundle } } });
  const [marked, whole] = await Promise.all([
    run([file("marked.json", `\ufeff${bundle}\r\n\r\n`), ...args]),
    run([file("answer.json", answer), ...args]),
  ]);
  expect([marked.code, marked.error]).toEqual([0, ""]);
  expect([whole.code, whole.error]).toEqual([1, expect.stringContaining("the text in data.license.bundle")]);
});

test("--help explains and exits 0", async () => {
  const done = await run(["--help"]);
  expect([done.code, done.error]).toEqual([0, ""]);
  for (const word of [
    "npm run --silent verify --",
    "src/cli/verify.ts",
    "bundle",
    "SD-JWT",
    "--witness",
    "FILE",
    "--keys",
    "--status",
    "--online",
    "--accept-unchecked-state",
    "--at",
    "noon",
    "--json",
    "--lang",
    "Exit code",
  ])
    expect(done.out).toContain(word);
});
