import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { installed } from "../setup/debian.ts";
import { type ListeningHub, openListeningHub } from "../setup/oauth.ts";
import { root } from "./documents.ts";

const folder = mkdtempSync(join(tmpdir(), "zhengzhao-samples-"));
const samples = join(root, "docs/samples");

let hub: ListeningHub;
beforeAll(async () => {
  hub = await openListeningHub({ env: { DEMO: "off" } });
  await installed("/usr/bin/javac", ["default-jdk-headless"]);
  await installed("/usr/bin/openssl", ["openssl"]);
  if ((await run("python3", ["--version"])).code !== 0) await installed("/usr/bin/python3", ["python3-minimal"]);
  // What compiles with --release 8 uses no language and no class that Java 8 lacks.
  const compile = [
    "-encoding",
    "UTF-8",
    "--release",
    "8",
    "-Xlint:-options",
    "-Werror",
    "-d",
    folder,
    join(samples, "AskHub.java"),
  ];
  expect(await run("javac", compile)).toMatchObject({ code: 0 });
}, 300_000);
afterAll(async () => {
  await hub?.close();
  rmSync(folder, { recursive: true });
});

type Ended = Readonly<{ code: number; out: string; error: string }>;

/** The encoding of a machine in Shandong that nobody has set to UTF-8. */
const env = { PATH: process.env["PATH"], LC_ALL: "C", JAVA_TOOL_OPTIONS: "-Dfile.encoding=GBK" };

async function run(command: string, parameters: readonly string[]): Promise<Ended> {
  const ending = promisify(execFile)(command, [...parameters], { env });
  const { stdout, stderr, code } = await ending.then(
    (ended) => ({ ...ended, code: 0 }),
    (ended: { stdout: string; stderr: string; code: number }) => ended,
  );
  return { code, out: stdout, error: stderr.replace(/^Picked up JAVA_TOOL_OPTIONS.*\n/, "") };
}

describe.each([
  ["Java 8", "java", ["-cp", folder, "AskHub"]],
  ["Python", "python3", [join(samples, "ask_hub.py")]],
])("the sample in %s", (_, command, program) => {
  const key = join(folder, `${command}.pem`);
  const body = join(folder, `${command}.json`);
  const sample = (...parameters: string[]) => run(command, [...program, ...parameters]);
  const ask = (client: string, query: string, variables: object) => {
    writeFileSync(body, JSON.stringify({ query, variables }));
    return sample("ask", key, hub.url, client, "license:submit", body);
  };

  beforeAll(async () => {
    const made = await sample("key", key);
    expect(made).toMatchObject({ code: 0, error: "" });
    const jwk: object = JSON.parse(made.out);
    await hub.sql("insert into client_key (client_id, kid, jwk, added_at) values ('marine', $1, $2, now())", [
      command,
      JSON.stringify(jwk),
    ]);
  });

  test("makes a key that only its owner may read, and writes none over", async () => {
    expect(statSync(key).mode & 0o077).toBe(0);
    expect((await sample("key", key)).code).not.toBe(0);
  });

  test("submits a license with names in Chinese, and reads the answer, whatever the machine's encoding", async () => {
    const holder = { idType: "USCC", id: "91371002XXXX0030XC", name: "威海威高海产品股份有限公司" };
    const record = {
      sourceRecordId: `${command}-1`,
      operation: "ISSUE",
      sourceUpdatedAt: "2026-11-20T16:20:00+08:00",
      licenseType: "11100000XXXX0014XRX01",
      number: `鲁威府（海）养证〔2026〕第${command === "java" ? "00801" : "00802"}号`,
      holder,
      issuer: "11371000XXXX011424",
      region: "371002",
      issuedOn: "2026-11-20",
      validFrom: "2026-11-20",
      validUntil: "2036-11-19",
      attributes: { seaArea: "威海湾三号海域", areaHectares: 12.5, species: ["海带", "牡蛎"] },
    };
    const submit = `mutation ($input: SubmitLicensesInput!) {
      submitLicenses(input: $input) { results { outcome problems { code } } } }`;
    const { code, out, error } = await ask("marine", submit, { input: { batchId: command, records: [record] } });
    expect([code, error]).toEqual([0, ""]);
    const [stored] = await hub.sql("select number, holder_name from license where number = $1", [record.number]);
    expect(JSON.parse(out).data.submitLicenses.results).toMatchObject([{ outcome: "ACCEPTED", problems: [] }]);
    expect(stored).toEqual({ number: record.number, holder_name: holder.name });
  });

  test("says why when the hub does not know the client", async () => {
    const { code, out, error } = await ask("nobody", "{ __typename }", {});
    expect(code).not.toBe(0);
    expect(out + error).toContain("invalid_client");
  });

  test("shows how it is called", async () => {
    const { code, error } = await sample();
    expect(code).not.toBe(0);
    expect(error).toContain("ask");
  });
});
