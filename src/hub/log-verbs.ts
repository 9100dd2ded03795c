import { randomBytes } from "node:crypto";
import { type Config, ConfigError } from "../config.ts";
import { askWitness as callWitness } from "../connectors/witness.ts";
import { isSoundlySigned, originOf } from "../proof/log/judge-inclusion.ts";
import { formatNoteKey, type NoteKey, noteKey, parseNoteKey } from "../proof/log/signed-note.ts";
import type { Tile } from "../proof/log/tile.ts";
import { type Database, tryAgain } from "../store/database.ts";
import { logStore } from "../store/log/log-store.ts";
import { olderStore } from "../store/log/older-store.ts";
import { findLicenseEntries } from "../store/log/proof-store.ts";
import { seenHead } from "../store/log/seen-head.ts";
import { servedLog } from "../store/log/served-log.ts";
import { witnessStore } from "../store/log/witness-store.ts";
import { enter } from "../store/reader.ts";
import { addCosignatures } from "../use-cases/log/add-cosignatures.ts";
import { askWitness } from "../use-cases/log/ask-witness.ts";
import { logOlderEvents } from "../use-cases/log/log-older-events.ts";
import { proveLicenses } from "../use-cases/log/prove-licenses.ts";
import { type LogTrouble, publishCheckpoint, type SeenHead } from "../use-cases/log/publish-checkpoint.ts";
import { type ProofQuestion, readProof } from "../use-cases/log/read-proof.ts";
import { readTile } from "../use-cases/log/read-tile.ts";
import { sequenceLog } from "../use-cases/log/sequence-log.ts";
import type { HubKeys } from "./keys/open-keys.ts";

/** What the verbs about the public log are made of. */
export type LogParts = Readonly<{
  database: Database;
  keys: HubKeys;
  keysDir: string;
  publicUrl: string;
  witnesses: Config["witnesses"];
  now: () => Date;
}>;

/** The verbs about the public log, wired to their tools. */
export function logVerbs({ database, keys, keysDir, publicUrl, witnesses, now }: LogParts) {
  const signer = () => {
    const { kid, sign } = keys.signer("log", now());
    return { key: noteKey(originOf(publicUrl), keys.keyring.find(kid)?.point ?? new Uint8Array()), sign };
  };
  const cosigning = { now, store: witnessStore(database.sql()), witnesses: witnesses.map(witnessKey) };
  const cosign = (note: string) => addCosignatures(cosigning, note);
  const known = new Map<string, number>();
  const log = logStore(database.sql());
  const served = servedLog(log, cosigning.store);
  const memory = seenHead(keysDir, randomBytes(6).toString("hex"));
  const orTrouble = <T>(work: Promise<T>) =>
    work.catch((error: unknown) => {
      trouble = "LOG_MEMORY";
      throw error;
    });
  const seen: SeenHead = {
    read: () => orTrouble(memory.read()),
    write: (head, note) => orTrouble(memory.write(head, note)),
  };
  const collecting = <T>(run: (db: Parameters<typeof olderStore>[0]) => Promise<T>) =>
    tryAgain(() =>
      database.transaction(async (db) => {
        await enter(db, { mode: "COLLECT" });
        return run(db);
      }),
    );
  let trouble: LogTrouble | undefined;
  /** Witnesses that say: more of this log was signed than there is. */
  const warning = new Set<string>();

  return {
    /** A round, to be run every second on every copy: places, then a signed checkpoint. @returns why nothing is signed */
    tendLog: async (): Promise<LogTrouble | undefined> => {
      try {
        trouble = warning.size > 0 ? "LOG_ROLLED_BACK" : await publishCheckpoint({ now, log, seen, signer });
        if (trouble) return trouble;
        await sequenceLog({ transaction: (run) => database.transaction((db) => run(logStore(db))) });
        trouble = await publishCheckpoint({ now, log, seen, signer });
        return trouble;
      } catch (error) {
        trouble ??= "LOG_BEHIND";
        throw error;
      }
    },
    /** A round, to be run every minute or so. */
    logOlderEvents: () =>
      logOlderEvents({
        newSecret: () => randomBytes(16).toString("base64url"),
        transaction: (run) => collecting((db) => run(olderStore(db))),
      }),
    /** A round, to be run every second or so: asks each witness that has an address. *Throws* what went wrong, in one error. */
    askWitnesses: async (): Promise<void> => {
      const failures: string[] = [];
      const ask = async ({ key: witness, url }: (typeof witnesses)[number]) => {
        if (url === undefined) return;
        const tools = { log, keep: cosign, ask: (body: string) => callWitness({ url }, body) };
        const asked = await askWitness(tools, known.get(witness) ?? 0).catch((error: unknown) => {
          failures.push(`${url} ${error instanceof Error ? error.message : "failed"}`);
        });
        if (asked?.kind === "COSIGNED") known.set(witness, asked.size);
        if (asked?.kind === "COSIGNED") warning.delete(witness);
        if (asked?.kind === "REFUSED") failures.push(`${url} answered ${asked.status}`);
        if (asked?.kind === "ROLLED_BACK") warning.add(witness);
      };
      await Promise.all(witnesses.map(ask));
      if (failures.length > 0) throw new Error(failures.join("; "));
    },
    /** What keeps the log from being signed, as of the last round. */
    logTrouble: () => trouble,

    // open to everyone
    logKey: () => formatNoteKey(signer().key),
    /** The newest checkpoint as it is published; `cosigned`: the newest that a witness has signed. */
    readCheckpoint: async (isCosigned = false): Promise<string | undefined> => {
      const found = await (isCosigned ? served.newestCosigned() : served.newest());
      return found && `${found.note}${found.lines.join("")}`;
    },
    addCosignatures: cosign,
    readLogTile: (tile: Tile) => readTile({ log: served }, tile),
    readLogProof: (question: ProofQuestion) => readProof({ log: served }, question),
    /** Proofs of licenses that were just disclosed to the caller. */
    proveLicenses: (identifiers: readonly string[]) =>
      proveLicenses(
        {
          ...{ log, witnesses: cosigning.store },
          isSound: (note) => isSoundlySigned(note, keys.keyring, publicUrl),
          findEntries: (asked) => collecting((db) => findLicenseEntries(db, asked)),
        },
        identifiers,
      ),
  };
}

function witnessKey({ key }: Config["witnesses"][number]): NoteKey {
  const parsed = parseNoteKey(key);
  if (!parsed) throw new ConfigError(`LOG_WITNESSES holds a key that is none: ${key}`);
  return parsed;
}
