import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Client } from "pg";
import { openWorkshop } from "../cli/processes.ts";
import { testDatabaseUrl } from "../setup/postgres.ts";
import { root } from "./documents.ts";
import { openShell, type Printed } from "./shell.ts";

/** The address every page writes; the hub of the test has another port. */
const writtenUrl = "http://127.0.0.1:4000";

/** What a reader types and what runs instead: npm would only add time. Nothing else of npm is executed. */
const instead: readonly (readonly [string, string])[] = [
  ["npm run --silent token -- ", "node src/cli/token.ts "],
  ["npm run --silent verify -- ", "node src/cli/verify.ts "],
  ["npm run --silent fsck -- ", "node src/cli/fsck.ts "],
  ["npm run --silent monitor -- ", "node src/cli/monitor.ts "],
  ["npm run --silent hub -- ", "node src/cli/hub.ts "],
  ["npm run --silent operations -- ", "node src/cli/operations.ts "],
];

/** What the folder a reader sits in holds; what snippets write goes beside it, not into the package. */
const folderHolds = ["src", "schema", "migrations", "test", "package.json", "node_modules"] as const;

/** A running hub and a shell beside it for each page. */
export type Stage = Readonly<{
  /** Runs a snippet in the page's own shell, as a reader would who has just started the hub. */
  run: (page: string, snippet: string) => Promise<Printed>;
  close: () => Promise<void>;
}>;

/** Starts the built hub as a process in demo mode, on a fresh database of the test server. */
export async function openStage(): Promise<Stage> {
  const workshop = openWorkshop();
  const database = `docs_${randomUUID().replaceAll("-", "")}`;
  await administer(`create database ${database}`);
  const databaseUrl = new URL(testDatabaseUrl());
  databaseUrl.pathname = `/${database}`;
  const keysDir = join(workshop.folder, "keys");
  const hubPlace = { DATABASE_URL: databaseUrl.href, KEYS_DIR: keysDir };
  const env = { ...hubPlace, DEMO: "on", PUBLIC_URL: writtenUrl };
  const hub = await workshop.startHub(env);
  const folder = makeFolder(workshop.folder);
  const path = [join(workshop.folder, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const shells = new Map<string, ReturnType<typeof openShell>>();
  const shellOf = (page: string) => {
    const shell = shells.get(page) ?? openShell(folder, { PATH: path, ...hubPlace, LANG: "C.UTF-8" });
    shells.set(page, shell);
    return shell;
  };
  return {
    run: async (page, snippet) => {
      const { code, out } = await shellOf(page).run(toRunnable(snippet, hub.url));
      return { code, out: out.replaceAll(hub.url, writtenUrl) };
    },
    close: async () => {
      await Promise.all([...shells.values()].map((shell) => shell.close()));
      await hub.stop();
      await workshop.clear();
      await administer(`drop database ${database} with (force)`);
    },
  };
}

/** *Throws* when the snippet calls npm in a way nothing stands for. */
function toRunnable(snippet: string, url: string): string {
  const mapped = instead.reduce((text, [typed, runs]) => text.replaceAll(typed, runs), snippet);
  if (/\bnp[mx]\b/.test(mapped)) throw new Error("a snippet that runs may call npm only as test/docs/stage.ts maps it");
  return mapped.replaceAll(writtenUrl, url);
}

function makeFolder(parent: string): string {
  const [folder, bin] = [join(parent, "package"), join(parent, "bin")];
  for (const path of [join(folder, "data"), bin]) mkdirSync(path, { recursive: true });
  for (const name of folderHolds) symlinkSync(join(root, name), join(folder, name));
  if (spawnSync("curl", ["--version"]).status !== 0) standInForCurl(join(bin, "curl"));
  return folder;
}

/** Writes a `curl` that is `curl.ts`. */
export function standInForCurl(file: string): void {
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, "curl.ts")}' "$@"\n`);
  chmodSync(file, 0o755);
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  await client.query(statement);
  await client.end();
}
