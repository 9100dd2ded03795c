import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client } from "pg";
import { issuer, makeRecords } from "../bench/records.ts";
import { department } from "../setup/hub.ts";
import { type ListeningHub, openListeningHub } from "../setup/oauth.ts";
import { root } from "../setup/place.ts";
import { type Postgres, startPostgres, unprivilegedUser } from "../setup/postgres.ts";

const exec = promisify(execFile);

let postgres: Postgres;
let folder: string;
let house: ListeningHub;
const within = (name: string) => join(folder, name);
const submit = (batchId: string, firstHolder: number) =>
  house.hub.submitLicenses(department(issuer.client), { batchId, records: makeRecords(firstHolder, 4) });

beforeAll(async () => {
  const user = await unprivilegedUser();
  folder = await mkdtemp(join(tmpdir(), "zhengzhao-drill-"));
  await chmod(folder, 0o755);
  await mkdir(within("wal"));
  if (user) await chown(within("wal"), user.uid, user.gid);
  const archiving = { archive_mode: "on", archive_command: `cp %p ${within("wal")}/%f`, wal_level: "replica" };
  postgres = await startPostgres({ durable: true, settings: archiving });
  house = await openListeningHub({ env: { DATABASE_URL: postgres.url, KEYS_DIR: within("keys") } });
  await submit("before", 0);
  await house.hub.tendLog();

  const archived = async () => {
    const [last] = await house.sql("select pg_walfile_name(pg_switch_wal()) as name");
    while (!existsSync(join(within("wal"), String(last?.["name"])))) await pause(50);
  };
  // One session has to begin and end a backup.
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query("select pg_backup_start('drill', true)");
  await cp(postgres.dataDir, within("base"), { recursive: true });
  const { rows } = await client.query("select labelfile from pg_backup_stop()");
  await client.end();
  await writeFile(within("base/backup_label"), rows[0].labelfile);
  await house.sql("create table backed_up ()");
  await archived();
  await cp(within("wal"), within("short"), { recursive: true });

  // What only the archived WAL has.
  await submit("since", 10);
  await house.hub.tendLog();
  await archived();
  await writeFile(within("jwks.json"), await (await fetch(`${house.url}/.well-known/jwks.json`)).text());
}, 180_000);
afterAll(async () => {
  await house?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the drill as its page says. */
async function drill(wal: string): Promise<Readonly<{ code: number; out: string; error: string }>> {
  const path = [postgres.bin, dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const user = (await unprivilegedUser())?.uid;
  const name = user === undefined ? "" : (await exec("id", ["-nu", String(user)])).stdout.trim();
  const env = { ...process.env, PATH: path, DRILL_USER: name, DRILL_SECONDS: "60" };
  const parameters = [within("base"), wal, "postgres", house.url, "--keys", within("jwks.json")];
  return exec(join(root, "docs/samples/restore-drill.sh"), parameters, { cwd: root, env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      out: stdout,
      error: stderr,
    }),
  );
}

test("a base backup and its archived WAL bring back everything the public log has shown", async () => {
  const { code, out, error } = await drill(within("wal"));
  expect({ code, error }).toEqual({ code: 0, error });
  expect(out).toMatch(/The database is back after \d+ s\./);
  expect(out).toMatch(/Restored and checked in \d+ s\.\n$/);
}, 60_000);

test("without what the WAL has since, the drill fails, and says what is missing", async () => {
  const { code, out } = await drill(within("short"));
  expect(code).toBe(1);
  expect(out).toMatch(/The database is back/);
  expect(out).toMatch(/ROW_MISSING +log_head 1 \[the published log has \d+ entries\]/);
}, 60_000);
