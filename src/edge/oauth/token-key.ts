import { createPublicKey, type KeyObject } from "node:crypto";
import { ExternalSigningKey } from "oidc-provider";
import type { PublicJwk } from "../../proof/keyring.ts";
import type { Signer } from "../../proof/signing/signer.ts";

/**
 * A token key of the hub as the authorization server uses it: it signs, and its private half never leaves `proof`.
 * @param signer undefined: the key is published only, since it does not sign yet or any more
 */
export class HubTokenKey extends ExternalSigningKey {
  readonly #publicJwk: PublicJwk;
  readonly #publicKey: KeyObject;
  readonly #signer: Signer | undefined;

  constructor(publicJwk: PublicJwk, signer: Signer | undefined) {
    super();
    this.#publicJwk = publicJwk;
    this.#signer = signer;
    const { kty, crv, x, y } = publicJwk;
    this.#publicKey = createPublicKey({ key: { kty, crv, x, ...(y !== undefined && { y }) }, format: "jwk" });
  }

  override get kid(): string {
    return this.#publicJwk.kid;
  }

  override get alg(): string {
    return this.#publicJwk.alg;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override async sign(data: Uint8Array): Promise<Uint8Array> {
    if (!this.#signer) throw new TypeError("this key does not sign");
    return this.#signer.sign(data);
  }
}
