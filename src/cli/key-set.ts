import { HubError } from "../errors.ts";
import { type Keyring, parseJwks } from "../proof/keyring.ts";
import { readBytes } from "./license-files.ts";
import { UsageError } from "./program.ts";

/** Reads a hub's key set. *Throws* UsageError for a file that is none. */
export async function readKeyring(path: string): Promise<Keyring> {
  if (/^https?:\/\//.test(path))
    throw new UsageError(`--keys is a file: fetch it first, and keep it (curl -s ${path} > jwks.json).`);
  const bytes = await readBytes(path);
  try {
    return parseJwks(bytes);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { reason, index } = error.details;
    const where = index === undefined ? "" : ` at keys[${index}]`;
    throw new UsageError(`the key set in ${path} is not acceptable: ${reason}${where}.`);
  }
}
