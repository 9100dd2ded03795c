import { HubError } from "../errors.ts";
import { type Keyring, parseJwks } from "../proof/keyring.ts";
import { isJsonObject } from "../proof/strict-json.ts";
import { readBytes } from "./license-files.ts";
import { UsageError } from "./program.ts";

/** Reads a hub's key set. *Throws* UsageError for a file that is none. */
export async function readKeyring(path: string): Promise<Keyring> {
  if (/^https?:\/\//.test(path))
    throw new UsageError(`--keys is a file: fetch it first, and keep it (curl -s ${path} > jwks.json).`);
  const bytes = await readBytes(path);
  try {
    const keyring = parseJwks(bytes);
    if (keyring.size > 0 || isKeySet(bytes)) return keyring;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { reason, index } = error.details;
    if (reason === "KEYS_MALFORMED") throw new UsageError(`${noKeySet(path)} (${reason})`);
    const where = index === undefined ? "" : ` at keys[${index}]`;
    throw new UsageError(`the key set in ${path} is not acceptable: ${reason}${where}.`);
  }
  throw new UsageError(noKeySet(path));
}

/** Whether the members of `keys` are keys at all: those of a bundle only name some. *Source*: RFC 7517 §4.1. */
function isKeySet(bytes: Buffer): boolean {
  const { keys }: { keys: readonly unknown[] } = JSON.parse(bytes.toString());
  return keys.length === 0 || keys.some((key) => isJsonObject(key) && "kty" in key);
}

function noKeySet(path: string): string {
  return `${path}: The file is no key set. Fetch /.well-known/jwks.json of the hub.`;
}
