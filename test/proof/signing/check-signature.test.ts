import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isSignatureOf } from "../../../src/proof/signing/check-signature.ts";
import { makeTestKey } from "../samples.ts";

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const data = new TextEncoder().encode("证照");

function bytesOf(number: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(64, "0"), "hex"));
}

async function makeSigned() {
  const { signing, publicJwk } = await makeTestKey("license");
  const { kty, crv, x, y } = publicJwk;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const imported = await crypto.subtle.importKey("jwk", { kty, crv, x, y: y ?? "" }, algorithm, true, ["verify"]);
  const good = Uint8Array.from(await signing.sign(data));
  const check = (signature: Uint8Array) =>
    isSignatureOf(data, Uint8Array.from(signature), { alg: "ES256", publicKey: async () => imported });
  const reference = (signature: Uint8Array) =>
    crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, Uint8Array.from(signature), data);
  return { good, signing, check, reference };
}

describe("a bare signature of ES256", () => {
  test("holds whatever its numbers begin with: as positive, and without needless zeros", async () => {
    const { signing, check } = await makeSigned();
    const seen = new Set<string>();
    // Half have a bit that would make them negative; one in 512 has a zero that DER has no room for.
    for (let round = 0; round < 20_000 && seen.size < 3; round += 1) {
      const signature = Uint8Array.from(await signing.sign(data));
      for (const [first = 0, second = 0] of [signature, signature.slice(32)])
        seen.add(first >= 0x80 ? "high" : first === 0 && second < 0x80 ? "zero" : "low");
      expect(await check(signature)).toBe(true);
    }
    expect([...seen].toSorted()).toEqual(["high", "low", "zero"]);
  });

  test("of another length never holds, nor does DER", async () => {
    const { good, check } = await makeSigned();
    for (const length of [0, 1, 32, 63]) expect(await check(good.slice(0, length))).toBe(false);
    expect(await check(Uint8Array.of(...good, 0))).toBe(false);
    expect(await check(Uint8Array.of(0x30, 0x44, 2, 32, ...good.slice(0, 32), 2, 32, ...good.slice(32)))).toBe(false);
  });

  test("holds exactly when Web Crypto says so, at the edges of its numbers too", async () => {
    const { good, check, reference } = await makeSigned();
    const [r, s] = [good.slice(0, 32), good.slice(32)];
    const edges = [0n, 1n, 127n, 128n, 255n, 256n, order - 1n, order, order + 1n, 2n ** 256n - 1n].map(bytesOf);
    const other = bytesOf(order - BigInt(`0x${Buffer.from(s).toString("hex")}`));
    const numbers = [r, s, other, ...edges];
    for (const one of numbers)
      for (const two of numbers) {
        const signature = Uint8Array.of(...one, ...two);
        expect(await check(signature)).toBe(await reference(signature));
      }
    // Both signs of s verify: ECDSA has it so, and nothing here takes a signature for an identity.
    expect(await check(Uint8Array.of(...r, ...other))).toBe(true);
  });

  test("does not survive a changed byte", async () => {
    const { good, check } = await makeSigned();
    await fc.assert(
      fc.asyncProperty(fc.nat(63), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        expect(await check(good.map((byte, place) => (place === at ? byte ^ by : byte)))).toBe(false);
      }),
    );
  });
});
