import { readFile, rm, writeFile } from "node:fs/promises";
import { HubError } from "../../errors.ts";
import { type ClientJwk, makeClientKey, parseClientKeys } from "../../proof/access/client-key.ts";
import type { KeyAlgorithm } from "../../proof/keyring.ts";
import { lineOf, textOf, UsageError, type Values } from "./command.ts";

/** The options of every command that takes a key. */
export const keyOptions = { jwks: { type: "string" }, "new-key": { type: "string" } } as const;

/** What they mean. */
export const keyHelp = [
  "--jwks FILE      the client's public keys, a JWKS or one JWK: EC P-256 or Ed25519",
  "--new-key FILE   makes a key pair; the private half goes into this new file (mode 0600), and nowhere else",
] as const;

/**
 * Runs something with the keys a command names. A private key made for something that was then refused is removed again.
 * *Throws* UsageError when a file can not be used; CLIENT_KEY_INVALID.
 */
export async function withKeys<T>(
  values: Values,
  run: (keys: readonly ClientJwk[]) => Promise<T>,
  algorithm: KeyAlgorithm = "ES256",
): Promise<T> {
  const [jwksFile, newFile] = [textOf(values, "jwks"), textOf(values, "new-key")];
  if (jwksFile !== undefined && newFile !== undefined) throw new UsageError("give --jwks or --new-key, not both");
  if (jwksFile !== undefined) return run(parseClientKeys(await readKeys(jwksFile)));
  if (newFile === undefined) return run([]);
  const { publicJwk, privateJwk } = await makeClientKey(algorithm);
  await writePrivate(newFile, privateJwk);
  try {
    return await run([publicJwk]);
  } catch (error) {
    // Of anything else it is not known whether the hub has the public half by now.
    if (error instanceof HubError || error instanceof UsageError) await rm(newFile, { force: true });
    throw error;
  }
}

async function readKeys(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`the key file can not be read: ${lineOf(error)}`);
  }
}

/** Never writes over a file: it could be the only copy of another key. */
async function writePrivate(file: string, jwk: object): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(jwk, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new UsageError(`the new key can not be written: ${lineOf(error)}`);
  }
}
