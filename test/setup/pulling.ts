import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller } from "../../src/domain/access/caller.ts";
import type { StoredRun } from "../../src/store/sources/source-store.ts";
import { openTestHub, type TestHub, type TestHubOptions } from "./hub.ts";

/** Whose secrets the test hubs know. */
export const secrets = { "subgraph-token": "t0p-s3cret", "sharing-secret": "s3cret-tw0", "view-password": "geheim" };

export const operator: Caller = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) };

/** A hub that pulls, and has little patience. */
export type PullingHub = TestHub &
  Readonly<{
    secretsFile: string;
    /** Makes a source due and pulls it; answers with its run. */
    pull: (id: string) => Promise<StoredRun>;
    add: (source: object) => Promise<unknown>;
    /** How many licenses, submissions and results of each outcome there are. */
    stored: () => Promise<Record<string, number>>;
  }>;

/** Opens a hub without sample records whose sources' secrets are those above. */
export async function openPullingHub(options: TestHubOptions = {}): Promise<PullingHub> {
  const folder = mkdtempSync(join(tmpdir(), "zhengzhao-secrets-"));
  const secretsFile = join(folder, "secrets.json");
  writeFileSync(secretsFile, JSON.stringify(secrets));
  const limits = { maxSourceCallMs: 600, maxSourceBytes: 1_048_576, ...options.limits };
  const house = await openTestHub({ demo: false, ...options, limits, env: { SOURCE_SECRETS: secretsFile } });
  const { hub } = house;
  return {
    ...{ ...house, secretsFile },
    add: (source) => hub.addSource(operator, source),
    pull: async (id) => {
      await hub.askPull(operator, id);
      if (!(await hub.pullDueSource(new AbortController().signal))) throw new Error("nothing was due");
      const { rows } = await hub.readSourceRuns(operator, { source: id, first: 1, after: undefined });
      if (!rows[0]) throw new Error(`${id} was not the one that was due`);
      return rows[0];
    },
    stored: async () => {
      const [row] = await house.sql(`select (select count(*)::int from license) as licenses,
        (select count(*)::int from license_event) as events, (select count(*)::int from submission) as submissions`);
      return row as Record<string, number>;
    },
    close: async () => {
      await house.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
