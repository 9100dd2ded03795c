import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { parseClientPrivateKey } from "../../proof/access/client-proof.ts";
import { signRecord } from "../../proof/records/record-signature.ts";
import { UsageError } from "../hub/command.ts";
import { readSecret } from "./credentials.ts";

/** Puts a department's signature into each record. `sign`: takes a record's JSON and gives it back with `signature`. */
export type Signer = Readonly<{ kid: string; sign: (line: string) => Promise<string> }>;

/**
 * Opens the key a department signs its records with. Only Ed25519: it signs the same record alike each time, and what is
 * sent again after a break must be the same.
 * *Throws* UsageError when the file holds no such key.
 */
export async function openSigner(file: string): Promise<Signer> {
  const key = await parseClientPrivateKey(await readSecret("signing key", file));
  if (key?.alg !== "EdDSA")
    throw new UsageError("the signing key (--sign) is no private Ed25519 key: one JWK with its d");
  return {
    kid: key.kid,
    sign: async (line) => {
      const record = JSON.parse(line) as RawRecord; // made or checked by this program
      return JSON.stringify({ ...record, signature: await signRecord(record, key) });
    },
  };
}
