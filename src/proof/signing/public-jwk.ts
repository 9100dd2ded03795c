import { digestOf } from "../canonical-json.ts";
import type { KeyAlgorithm, PublicJwk } from "../keyring.ts";
import type { PublicPoint, WantedKey } from "./signer.ts";

/** What a public half is published with: the parts of a key that its point does not say. */
export type KeyTerms = Pick<PublicJwk, "purpose" | "iss" | "nbf"> &
  Partial<Pick<PublicJwk, "exp" | "compromised" | "x5c">>;

/** The published form of a public half. Shape: `kid` is the RFC 7638 thumbprint of the point. */
export function publicJwkOf(point: PublicPoint, terms: KeyTerms): PublicJwk {
  const { purpose, iss, nbf, exp, compromised, x5c } = terms;
  return {
    ...point,
    ...({ kid: digestOf(point), use: "sig", alg: algorithmOfPoint(point) } as const),
    ...{ purpose, iss, nbf },
    ...(exp !== undefined && { exp }),
    ...(compromised !== undefined && { compromised }),
    ...(x5c && { x5c: [...x5c] }),
  };
}

/** The published form of a new key. */
export function newPublicJwk(point: PublicPoint, { purpose, issuer, notBefore }: WantedKey): PublicJwk {
  return publicJwkOf(point, { purpose, iss: issuer, nbf: notBefore });
}

/** The point of a published key. */
export function pointOf({ kty, crv, x, y }: Pick<PublicJwk, "kty" | "crv" | "x" | "y">): PublicPoint {
  return y === undefined || kty === "OKP" ? { kty: "OKP", crv: "Ed25519", x } : { kty, crv: crv as "P-256", x, y };
}

/** Which signature a point can be the key of. */
export function algorithmOfPoint({ crv }: PublicPoint): KeyAlgorithm {
  return crv === "P-256" ? "ES256" : "EdDSA";
}
