import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { isOnP256 } from "../../../src/proof/bytes/p256-point.ts";

const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

describe("a point of P-256", () => {
  test("is told from everything else exactly as OpenSSL tells it", () => {
    const verdicts = points().map(([x, y]) => [isOnP256(x, y), isKey(x, y)]);
    expect(verdicts.map(([own]) => own)).toEqual(verdicts.map(([, openssl]) => openssl));
    expect(new Set(verdicts.map(([own]) => own))).toEqual(new Set([true, false]));
  });

  test("has one spelling: a coordinate is below the prime", () => {
    const zero = root(0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn);
    expect(isOnP256(bytesOf(0n), bytesOf(zero))).toBe(true);
    expect(isOnP256(bytesOf(prime), bytesOf(zero))).toBe(false);
  });

  test("has coordinates of 32 bytes", () => {
    const [[x, y] = [new Uint8Array(0), new Uint8Array(0)]] = points();
    expect(isOnP256(x, y)).toBe(true);
    expect(isOnP256(x.subarray(1), y)).toBe(false);
    expect(isOnP256(x, Uint8Array.of(0, ...y))).toBe(false);
  });
});

/** 20 keys, and each with a bit changed, its coordinates swapped, negated, zero or the prime. */
function points(): readonly (readonly [Uint8Array, Uint8Array])[] {
  return Array.from({ length: 20 }, (_, round) => {
    const { x = "", y = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
    const [xBytes, yBytes] = [Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
    const changed = Uint8Array.from(yBytes, (byte, at) => (at === round ? byte ^ 1 : byte));
    const negated = bytesOf(prime - BigInt(`0x${yBytes.toString("hex")}`));
    const others = [changed, negated, bytesOf(0n), bytesOf(prime), Buffer.alloc(32, 255)];
    return [[xBytes, yBytes] as const, [yBytes, xBytes] as const, ...others.map((other) => [xBytes, other] as const)];
  }).flat();
}

function isKey(x: Uint8Array, y: Uint8Array): boolean {
  const [xText, yText] = [x, y].map((bytes) => Buffer.from(bytes).toString("base64url"));
  try {
    createPublicKey({ key: { kty: "EC", crv: "P-256", x: xText, y: yText }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

function bytesOf(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** The prime is 3 modulo 4. */
function root(square: bigint): bigint {
  let [result, base, exponent] = [1n, square % prime, (prime + 1n) / 4n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}
