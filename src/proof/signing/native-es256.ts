import type { KeyObject } from "node:crypto";
import { native } from "../bytes/native.ts";
import type { JsonObject } from "../strict-json.ts";

/** A signature of ES256: r and s, 32 bytes each, unsigned, big-endian. Source: RFC 7518 §3.4. */
type Signature = Uint8Array<ArrayBuffer>;

/**
 * ES256 by Node's own calls, in the same pool of threads as Web Crypto's, which takes half as long again: it translates each
 * signature from and to DER with the key unpacked anew. Undefined where there is no Node.
 */
export const nativeEs256 = native && es256By(native);

function es256By({ sign, verify, createPrivateKey, KeyObject }: NonNullable<typeof native>) {
  const keyObjects = new WeakMap<CryptoKey, KeyObject>();
  const keyObjectOf = (key: CryptoKey): KeyObject => {
    const known = keyObjects.get(key) ?? KeyObject.from(key);
    keyObjects.set(key, known);
    return known;
  };
  return {
    /**
     * Whether a signature holds; one of another length does not.
     * @param publicKey extractable, as public keys are
     * Trust: bytes and signature are attacker-chosen.
     */
    verify: (data: Uint8Array, signature: Uint8Array, publicKey: CryptoKey): Promise<boolean> =>
      new Promise((resolve, reject) => {
        if (signature.length !== 64) return resolve(false);
        const done = (error: Error | null, holds: boolean) => (error ? reject(error) : resolve(holds));
        verify("sha256", data, keyObjectOf(publicKey), derOf(signature), done);
      }),

    /** What signs with a key: its secret can not be had from it any more. Throws: when the JWK is none. */
    signerOf: (privateJwk: JsonObject) => {
      const key = createPrivateKey({ key: { ...privateJwk }, format: "jwk" });
      return (data: Uint8Array): Promise<Signature> =>
        new Promise((resolve, reject) => {
          const done = (error: Error | null, der: Uint8Array) => (error ? reject(error) : resolve(signatureOf(der)));
          sign("sha256", data, key, done);
        });
    },
  };
}

/**
 * A signature as the sequence of two integers that X.509 knows.
 * Shape: DER, each without needless zeros, with one where it would else be negative.
 * Source: RFC 3279 §2.2.3; ITU-T X.690 §8.3.
 */
function derOf(signature: Uint8Array): Uint8Array {
  const der = new Uint8Array(72);
  const end = setInteger(der, setInteger(der, 2, signature.subarray(0, 32)), signature.subarray(32));
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** Writes an integer, and says where it ends. */
function setInteger(der: Uint8Array, at: number, bytes: Uint8Array): number {
  let zeros = 0;
  while (zeros < 31 && bytes[zeros] === 0) zeros += 1;
  const value = bytes.subarray(zeros);
  const sign = (value[0] ?? 0) >= 0x80 ? 1 : 0;
  der.set([0x02, value.length + sign, 0], at);
  der.set(value, at + 2 + sign);
  return at + 2 + sign + value.length;
}

/** The way back. Trust: made by this very process. */
function signatureOf(der: Uint8Array): Signature {
  const signature = new Uint8Array(64);
  const [r, behind] = integerAt(der, 2);
  const [s] = integerAt(der, behind);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return signature;
}

/** An integer without the zero of its sign, and where it ends. */
function integerAt(der: Uint8Array, at: number): readonly [Uint8Array, number] {
  const [start, end] = [at + 2, at + 2 + (der[at + 1] ?? 0)];
  return [der.subarray(der[start] === 0 ? start + 1 : start, end), end];
}
