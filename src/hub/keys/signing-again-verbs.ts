import { type Database, type Sql, tryAgain } from "../../store/database.ts";
import { type SigningAgainStore, signingAgainStore } from "../../store/keys/signing-again-store.ts";
import type { SigningKeys } from "../../store/keys/signing-keys.ts";
import { logStore } from "../../store/log/log-store.ts";
import { findLicenseEntries } from "../../store/log/proof-store.ts";
import { enter } from "../../store/reader.ts";
import { type PassOutcome, signLicensesAgain } from "../../use-cases/keys/sign-licenses-again.ts";
import { newSalts } from "../collecting-verbs.ts";
import { statusListUri } from "../status-verbs.ts";

/** What signing again is made of. */
export type SigningAgainParts = Readonly<{
  database: Database;
  now: () => Date;
  issuer: string;
  keys: Pick<SigningKeys, "signer" | "publicKeys">;
}>;

/** The round that signs again what compromised keys have signed. */
export function signingAgainRounds({ database, now, issuer, keys }: SigningAgainParts) {
  const tools: Parameters<typeof signLicensesAgain>[0] = {
    ...{ now, issuer, newSalts },
    unsoundKeys: () =>
      keys
        .publicKeys()
        .flatMap(({ kid, purpose, compromised }) => (purpose === "license" && compromised !== undefined ? [kid] : [])),
    signer: (at) => keys.signer("license", at),
    statusUri: (list) => statusListUri(issuer, list),
    transaction: (run) =>
      tryAgain(() =>
        collecting(database, (store, db) =>
          run({ store, log: logStore(db), findEntries: (identifiers) => findLicenseEntries(db, identifiers) }),
        ),
      ),
  };
  return {
    /** A round, to be run every second or so on every copy; soon finds nothing to do. */
    signLicensesAgain: (signal: AbortSignal, onBegin: (left: number) => void): Promise<PassOutcome> =>
      signLicensesAgain(tools, signal, onBegin),
  };
}

/** How many licenses of each compromised key are still to be signed again. */
export function countToSignAgain(database: Database, issuer: string): Promise<ReadonlyMap<string, number>> {
  return collecting(database, (store) => store.count(issuer));
}

function collecting<T>(database: Database, run: (store: SigningAgainStore, db: Sql) => Promise<T>): Promise<T> {
  return database.transaction(async (db) => {
    await enter(db, { mode: "COLLECT" });
    return run(signingAgainStore(db), db);
  });
}
