import { randomInt, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "../../config.ts";
import { resolveHost } from "../../connectors/notices/callable-addresses.ts";
import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { type OperatorVerbs, operatorVerbs } from "../../hub/access-verbs.ts";
import { openKeySources } from "../../hub/keys/key-sources.ts";
import { type KeyOperatorVerbs, keyOperatorVerbs } from "../../hub/keys/key-verbs.ts";
import { type NoticeVerbs, noticeVerbs, sealingOf } from "../../hub/notice-verbs.ts";
import { type ReconcilingVerbs, reconcilingVerbs } from "../../hub/reconciling-verbs.ts";
import { type SourceOperatorVerbs, sourceOperatorVerbs } from "../../hub/source-verbs.ts";
import { keyPlanOf, type OpenedDatabase, openHubDatabase } from "../../open-hub.ts";
import { catalogueStore } from "../../store/catalogue/catalogue-store.ts";
import { lineOf } from "./command.ts";

/** The hub's database, open for one command. */
export type Session = Readonly<{
  verbs: OperatorVerbs;
  sources: SourceOperatorVerbs;
  keys: KeyOperatorVerbs;
  reconciling: Pick<ReconcilingVerbs, "reconcileNow">;
  notices: Omit<NoticeVerbs, "deliverDueNotices">;
  now: () => Date;
  /** The person at the command line, as an operator. */
  caller: Caller;
  /** The code of a department that was named by its code or its key; what is neither comes back as it is. */
  departmentCode: (name: string) => Promise<string>;
}>;

/**
 * Runs something on the hub's database. Who may read the database's address or its folder is an operator already, so no
 * token is asked for: what is decided is recorded under the user's name.
 * *Throws* an Error with one clear line when there is no such database, or another process holds it.
 */
export async function withSession<T>(run: (session: Session) => Promise<T>): Promise<T> {
  const config = readConfig();
  if (!config.databaseUrl && !existsSync(join(config.dataDir, "pglite"))) {
    throw new Error(
      `there is no database in ${config.dataDir} (DATA_DIR), and DATABASE_URL is not set: start the hub once`,
    );
  }
  const keySources = await openKeySources(config);
  const { database, close } = await openHubDatabase(config).catch(unusable(config));
  try {
    await checkVersion(database, config);
    const permit = async (caller: Caller) => {
      checkMay(caller, "MANAGE_CLIENTS");
      return caller.clientId;
    };
    const { limits, sourceSecrets } = config;
    const parts = { database, now: () => new Date() };
    const sealing = () => sealingOf(config.keysDir, false);
    const calls = { networks: config.webhookNetworks, demo: config.demo, resolve: resolveHost };
    const noticeParts = { ...parts, newId: () => randomUUID(), chance: () => randomInt(2 ** 20) / 2 ** 20 };
    // Running hubs look every second what has changed.
    const keyParts = { ...parts, plan: keyPlanOf(config, keySources), changed: async () => {} };
    return await run({
      notices: noticeVerbs({ ...noticeParts, limits, sealing, calls }, permit),
      keys: keyOperatorVerbs(keyParts, permit),
      now: parts.now,
      verbs: operatorVerbs(parts, permit),
      sources: sourceOperatorVerbs(parts, permit),
      reconciling: reconcilingVerbs({ ...parts, newId: () => randomUUID(), limits, sourceSecrets }, permit),
      caller: { kind: "OPERATOR", clientId: `cli:${userName()}`, scopes: new Set(["hub:operate"]) },
      departmentCode: async (name) => {
        const { departments } = await catalogueStore(database.sql()).readSmall();
        return departments.find(({ code, key }) => code === name || key === name)?.code ?? name;
      },
    });
  } finally {
    await keySources.close();
    await close();
  }
}

/** *Throws* when the database does not answer, or a hub of this version has not prepared it. */
async function checkVersion(database: OpenedDatabase["database"], config: Config): Promise<void> {
  // Not while a hub is bringing it to its version.
  const pending = await database.alone(() => database.orm.migrator.getPending()).catch(unusable(config));
  if (pending.length > 0) throw new Error("the database is not at this version: start the hub once");
}

/** Says which database it is that fails. The address is not repeated whole: it may hold a password. */
function unusable({ databaseUrl }: Config): (error: unknown) => never {
  return (error) => {
    if (!databaseUrl) throw error;
    throw new Error(`the database at ${new URL(databaseUrl).host} (DATABASE_URL) can not be used: ${lineOf(error)}`);
  };
}

/** A user that the machine has no name for still has a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
