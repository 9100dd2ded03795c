import { HubError } from "../../errors.ts";
import { type PublicJwk, parseJwks } from "../keyring.ts";
import { isSignatureOf } from "./check-signature.ts";
import type { Signer } from "./signer.ts";

/**
 * A signer elsewhere that is not taken at its word: each signature is verified with the public half before anybody sees it.
 * A label or an id can come to name another key, and what is stored under a signature that does not hold stays for ever.
 * Throws: when it signs, BUSY (reason KEY_OTHER) besides what the signer throws.
 */
export function checkedSigner(signer: Signer, publicJwk: PublicJwk): Signer {
  const key = parseJwks({ keys: [publicJwk] }).find(signer.kid);
  return {
    ...signer,
    sign: async (data) => {
      const signature = await signer.sign(data);
      if (key && (await isSignatureOf(Uint8Array.from(data), Uint8Array.from(signature), key))) return signature;
      const cause = new Error(`what should sign with the ${signer.purpose} key ${signer.kid} signs with another one`);
      throw new HubError("BUSY", { reason: "KEY_OTHER" }, { cause });
    },
  };
}
