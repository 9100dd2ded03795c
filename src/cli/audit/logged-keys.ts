import { type Keyring, keyPurposes } from "../../proof/keyring.ts";
import { parseEntry } from "../../proof/log/log-entry.ts";

/** Whether a key set is older than the log: it lacks a key, or a compromise, of which entries speak. */
export type LoggedKeys = Readonly<{
  look: (entries: readonly Uint8Array[]) => void;
  isOlder: () => boolean;
}>;

/** Looks for keys in entries. *Trust*: the entries are whatever the log's owner wrote; the answer is advice only. */
export function loggedKeys(keyring: Keyring): LoggedKeys {
  let isOlder = false;
  return {
    look: (entries) => {
      for (const bytes of entries) if (!isOlder && speaksOfKey(bytes)) isOlder = lacks(keyring, bytes);
    },
    isOlder: () => isOlder,
  };
}

function lacks(keyring: Keyring, bytes: Uint8Array): boolean {
  const entry = parseEntry(bytes);
  // Keys for purposes unknown here are in no keyring.
  if (entry?.kind !== "KEY" || !keyPurposes.some((purpose) => purpose === entry.purpose)) return false;
  const key = keyring.find(entry.kid);
  return key === undefined || (entry.event === "COMPROMISED" && key.compromisedAt === undefined);
}

/** Most entries are of licenses: they are not parsed. */
function speaksOfKey({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, byteLength).includes('"kind":"KEY"');
}
