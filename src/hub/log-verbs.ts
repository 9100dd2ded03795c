import { randomBytes } from "node:crypto";
import { signBytes } from "../proof/jws.ts";
import { formatNoteKey, noteKey } from "../proof/log/signed-note.ts";
import type { Tile } from "../proof/log/tile.ts";
import { type Database, tryAgain } from "../store/database.ts";
import type { HubKeys } from "../store/keys/key-store.ts";
import { logStore } from "../store/log/log-store.ts";
import { olderStore } from "../store/log/older-store.ts";
import { findLicenseEntries } from "../store/log/proof-store.ts";
import { seenHead } from "../store/log/seen-head.ts";
import { enter } from "../store/reader.ts";
import { logOlderEvents } from "../use-cases/log/log-older-events.ts";
import { proveLicenses } from "../use-cases/log/prove-licenses.ts";
import { type LogTrouble, publishCheckpoint } from "../use-cases/log/publish-checkpoint.ts";
import { readTile } from "../use-cases/log/read-tile.ts";
import { sequenceLog } from "../use-cases/log/sequence-log.ts";

/** What the verbs about the public log are made of. */
export type LogParts = Readonly<{
  database: Database;
  keys: HubKeys;
  keysDir: string;
  publicUrl: string;
  now: () => Date;
}>;

/** The verbs about the public log, wired to their tools. */
export function logVerbs({ database, keys, keysDir, publicUrl, now }: LogParts) {
  const key = noteKey(originOf(publicUrl), pointOf(keys));
  const sign = (text: Uint8Array) => signBytes(text, keys.log);
  const log = logStore(database.sql());
  const seen = seenHead(keysDir, keys.log.kid);
  const collecting = <T>(run: (db: Parameters<typeof olderStore>[0]) => Promise<T>) =>
    tryAgain(() =>
      database.transaction(async (db) => {
        await enter(db, { mode: "COLLECT" });
        return run(db);
      }),
    );
  let trouble: LogTrouble | undefined;

  return {
    /** A round, to be run every second on every copy: places, then a signed checkpoint. @returns why nothing is signed */
    tendLog: async (): Promise<LogTrouble | undefined> => {
      trouble = await publishCheckpoint({ now, log, seen, key, sign });
      if (trouble) return trouble;
      await sequenceLog({ transaction: (run) => database.transaction((db) => run(logStore(db))) });
      trouble = await publishCheckpoint({ now, log, seen, key, sign });
      return trouble;
    },
    /** A round, to be run every minute or so. */
    logOlderEvents: () =>
      logOlderEvents({
        newSecret: () => randomBytes(16).toString("base64url"),
        transaction: (run) => collecting((db) => run(olderStore(db))),
      }),
    /** What keeps the log from being signed, as of the last round. */
    logTrouble: () => trouble,

    // open to everyone
    logKey: formatNoteKey(key),
    readCheckpoint: () => log.newestCheckpoint(),
    readLogTile: (tile: Tile) => readTile({ log }, tile),
    /** Proofs of licenses that were just disclosed to the caller. */
    proveLicenses: (identifiers: readonly string[]) =>
      proveLicenses({ log, findEntries: (asked) => collecting((db) => findLicenseEntries(db, asked)) }, identifiers),
  };
}

/** The log's name: its address without the scheme. Source: C2SP tlog-checkpoint, "Note text". */
function originOf(publicUrl: string): string {
  return `${publicUrl.replace(/^https?:\/\//, "")}/log`;
}

function pointOf({ publicKeys, log }: HubKeys): Uint8Array {
  return Buffer.from(publicKeys.find(({ kid }) => kid === log.kid)?.x ?? "", "base64url");
}
