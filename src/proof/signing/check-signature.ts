import { signatureNames, type VerifyingKey } from "../keyring.ts";
import { nativeEs256 } from "./native-es256.ts";

/**
 * Whether a bare signature over bytes holds, as a `Signer` makes it.
 * Trust: bytes and signature are attacker-chosen.
 * Source: RFC 7518 §3.4; RFC 8037 §3.1. A signature of another length never holds.
 */
export async function isSignatureOf(
  data: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  key: Pick<VerifyingKey, "alg" | "publicKey">,
): Promise<boolean> {
  const publicKey = await key.publicKey();
  if (key.alg === "ES256" && nativeEs256 && publicKey.extractable)
    return nativeEs256.verify(data, signature, publicKey);
  return crypto.subtle.verify(signatureNames[key.alg], publicKey, signature, data);
}
