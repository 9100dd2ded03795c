import type { KeyAlgorithm, KeyPurpose } from "../keyring.ts";

/**
 * A key ready to sign for one issuer and purpose, wherever its private half lies: in a file, on a token (PKCS#11), with a
 * key management service.
 */
export type Signer = Readonly<{
  kid: string;
  alg: KeyAlgorithm;
  purpose: KeyPurpose;
  issuer: string;
  /** The key's certificates, leaf first, base64 of DER; for kinds of token that must carry them. */
  x5c?: readonly string[];
  /**
   * The bare signature over the data.
   * Shape: 64 bytes: r and s (ES256), or as RFC 8032 says (Ed25519). Throws: BUSY when whatever holds the key does not
   * answer. Source: RFC 7518 §3.4; RFC 8037 §3.1.
   */
  sign(data: Uint8Array): Promise<Uint8Array>;
}>;

/** The bare public half of a key. */
export type PublicPoint = Readonly<
  { kty: "EC"; crv: "P-256"; x: string; y: string } | { kty: "OKP"; crv: "Ed25519"; x: string }
>;

/** A key as its source must know it to sign with it: `name` is what the source itself calls it. */
export type HeldKey = Readonly<{
  kid: string;
  alg: KeyAlgorithm;
  purpose: KeyPurpose;
  issuer: string;
  name: string;
}>;

/** What a new key is to be. `notBefore`: seconds since 1970. */
export type WantedKey = Readonly<{ purpose: KeyPurpose; issuer: string; alg: KeyAlgorithm; notBefore: number }>;

/** Where private keys lie. */
export type KeySource = Readonly<{
  kind: KeySourceKind;
  /** Makes a key pair there. Throws: BUSY when the source does not answer. */
  make(wanted: WantedKey): Promise<Readonly<{ name: string; point: PublicPoint }>>;
  /** The public half of a key somebody else made there, by its name; undefined: there is none. */
  find(name: string, alg: KeyAlgorithm): Promise<PublicPoint | undefined>;
  /** Undefined: the private half is not there, or not for this process to use. */
  open(key: HeldKey): Promise<Signer | undefined>;
  close(): Promise<void>;
}>;

/** Kinds of places private keys lie in. */
export const keySourceKinds = ["FILE", "PKCS11", "KMS"] as const;
export type KeySourceKind = (typeof keySourceKinds)[number];
