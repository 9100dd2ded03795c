import { createPublicKey, type KeyObject } from "node:crypto";
import { ExternalSigningKey } from "oidc-provider";
import { signBytes } from "../../proof/jws.ts";
import type { TokenKey } from "../../store/keys/key-store.ts";

/** The hub's token key as the authorization server uses it: it signs, and its private half never leaves `proof`. */
export class HubTokenKey extends ExternalSigningKey {
  readonly #key: TokenKey;
  readonly #publicKey: KeyObject;

  constructor(key: TokenKey) {
    super();
    this.#key = key;
    const { kty, crv, x, y } = key.publicJwk;
    this.#publicKey = createPublicKey({ key: { kty, crv, x, ...(y !== undefined && { y }) }, format: "jwk" });
  }

  override get kid(): string {
    return this.#key.publicJwk.kid;
  }

  override get alg(): string {
    return this.#key.publicJwk.alg;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override sign(data: Uint8Array): Promise<Uint8Array> {
    return signBytes(data, this.#key.signing);
  }
}
