import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { issuerKeys } from "./connectors/issuer-keys.ts";
import { type ResolveHost, resolveHost } from "./connectors/notices/callable-addresses.ts";
import { readSecrets } from "./connectors/sources/secrets.ts";
import { chinaCalendar } from "./domain/working-days.ts";
import { type KeySources, openKeySources } from "./hub/keys/key-sources.ts";
import type { KeyPlan } from "./hub/keys/key-verbs.ts";
import { type KeyNews, openHubKeys } from "./hub/keys/open-keys.ts";
import { sealingOf } from "./hub/notice-verbs.ts";
import { type Hub, makeHub } from "./hub.ts";
import { readCatalogueFiles, readRecordFile } from "./store/catalogue/catalogue-files.ts";
import { readCalendarFile } from "./store/corrections/calendar-file.ts";
import { type Database, type DatabasePlace, openDatabase } from "./store/database.ts";
import { lockFolder } from "./store/keys/folder-lock.ts";
import { checkKeys } from "./store/keys/key-store.ts";
import type { KeyTrouble } from "./store/keys/signing-keys.ts";
import type { DemoReport } from "./use-cases/load-demo.ts";

/** What opening a hub tells while it takes its time, and what a test may leave out. */
export type OpeningSteps = Readonly<{
  onDemoProgress?: (done: number, total: number) => void;
  /** Clients and grants of the demo, but none of its records. */
  skipDemoRecords?: boolean;
  /** The outside issuer's keys could not be fetched; the hub goes on with those it has. */
  onIssuerFailure?: (error: unknown) => void;
  /** Finds the addresses of names otherwise than the machine does. */
  resolveHost?: ResolveHost;
  /** The private half of a key is not at hand; undefined: all are again. */
  onKeyTrouble?: (trouble: KeyTrouble | undefined, cause: unknown) => void;
  onKeyNews?: (news: KeyNews) => void;
}>;

/** An opened hub and how to close it. */
export type OpenedHub = Readonly<{ hub: Hub; demo: DemoReport | undefined; close: () => Promise<void> }>;

/**
 * Opens everything a hub stands on: database and migrations, keys, the catalogue, and in demo mode the sample data.
 * @param root the package's folder, where schema/ and migrations/data/ lie
 * *Throws* an Error with one clear line when the folder or the keys cannot be used.
 */
export async function openHub(
  config: Config,
  root: string,
  now: () => Date,
  steps: OpeningSteps = {},
  onStatement?: (sql: string) => void,
): Promise<OpenedHub> {
  // A wrong file is told at the start, not in the middle of the night.
  if (config.sourceSecrets) await readSecrets(config.sourceSecrets);
  const workingDays = chinaCalendar(config.workingDays ? await readCalendarFile(config.workingDays) : undefined);
  const sources = await openKeySources(config);
  const { keysDir: folder, publicUrl, keyAlgorithm: algorithm, outsideIssuer: outside } = config;
  const tokenIssuer = config.demo ? config.tokenIssuer : undefined;
  const keyPlace = { folder, issuer: publicUrl, tokenIssuer, issuesTokens: outside === undefined, algorithm };
  const opening = openHubDatabase(config, onStatement, () => checkKeys(keyPlace));
  const { database, close: closeDatabase } = await opening.catch(async (error: unknown) => {
    await sources.close();
    throw error;
  });
  const close = async () => {
    await sources.close();
    await closeDatabase();
  };
  try {
    // One copy at a time makes keys, migrates and loads; those that start beside it find everything made.
    const opened = await database.alone(async () => {
      await database.migrate();
      const { limits, sourceSecrets, correctionTerms } = config;
      const keyPlan = keyPlanOf(config, sources);
      const onTrouble: NonNullable<OpeningSteps["onKeyTrouble"]> = (...told) => steps.onKeyTrouble?.(...told);
      const onNews = (news: KeyNews) => steps.onKeyNews?.(news);
      const keys = await openHubKeys({ database, now, plan: keyPlan, place: keyPlace, onTrouble, onNews });
      const outsideKeys = outside && issuerKeys(outside, now, (error) => steps.onIssuerFailure?.(error));
      const sealing = await sealingOf(config.keysDir, true);
      const { caseOpenDays, webhookNetworks: networks, demo } = config;
      const hub = makeHub({
        ...{ database, keys, keyPlan, keysDir: config.keysDir, publicUrl, now, limits, outsideKeys, sourceSecrets },
        ...{ correctionTerms, workingDays, witnesses: config.witnesses },
        ...{ caseOpenDays, sealing, calls: { networks, demo, resolve: steps.resolveHost ?? resolveHost } },
      });
      return { hub, demo: await loadFirstData(hub, config.demo, root, steps) };
    });
    return { ...opened, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** How a hub of this configuration signs. */
export function keyPlanOf(config: Config, sources: KeySources): KeyPlan {
  return {
    ...{ issuer: config.publicUrl, algorithm: config.keyAlgorithm, sources },
    ...{ rotationDays: config.keyRotationDays, aheadSeconds: config.keyPublishAheadSeconds },
  };
}

/** A hub's database alone: for a command that works on it, beside a running hub or without one. */
export type OpenedDatabase = Readonly<{ database: Database; close: () => Promise<void> }>;

/**
 * Opens the database a hub would work on; an embedded one is locked. *Throws* as `openHub`.
 * @param checkFirst runs when an embedded one is locked and none is open yet, so that what it throws is told soon
 */
export async function openHubDatabase(
  config: Config,
  onStatement?: (sql: string) => void,
  checkFirst?: () => Promise<void>,
): Promise<OpenedDatabase> {
  const unlock = config.databaseUrl ? async () => {} : await lockDataFolder(config.dataDir);
  const open = async () => {
    await checkFirst?.();
    return openDatabase(placeOf(config, onStatement));
  };
  const database = await open().catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
  const close = async () => {
    await database.close();
    await unlock();
  };
  return { database, close };
}

async function loadFirstData(
  hub: Hub,
  isDemo: boolean,
  root: string,
  steps: OpeningSteps,
): Promise<DemoReport | undefined> {
  const data = join(root, "migrations/data");
  const licenseTypeSchemas = join(root, "schema/license-types");
  const catalogue = await readCatalogueFiles({ catalogue: join(data, "catalogue"), licenseTypeSchemas });
  await hub.loadCatalogue(catalogue);
  if (!isDemo) return undefined;
  const files = steps.skipDemoRecords ? [] : ["demo/licenses.ndjson", "demo/license-events.ndjson"];
  const records = (await Promise.all(files.map((file) => readRecordFile(join(data, file))))).flat();
  return hub.loadDemo(catalogue, records, (done) => steps.onDemoProgress?.(done, records.length));
}

function placeOf(config: Config, onStatement: ((sql: string) => void) | undefined): DatabasePlace {
  if (!config.databaseUrl) return { kind: "EMBEDDED", folder: join(config.dataDir, "pglite") };
  const server = { kind: "SERVER", url: config.databaseUrl, poolSize: config.databasePool } as const;
  return onStatement ? { ...server, onStatement } : server;
}

async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return await lockFolder(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the data folder ${folder} (DATA_DIR) can not be used: ${reason}`);
  }
}
