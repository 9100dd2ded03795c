/**
 * Whether two coordinates are a point of the curve P-256, each below the field's prime. Neither key material that is
 * secret nor an answer worth timing passes here.
 * Shape: 32 bytes each, big-endian.
 * Source: SEC 1 §3.2.2.1; NIST SP 800-186 §3.2.1.3. The curve has cofactor 1, so every point of it is of full order.
 */
export function isOnP256(xBytes: Uint8Array, yBytes: Uint8Array): boolean {
  if (xBytes.length !== 32 || yBytes.length !== 32) return false;
  const [x, y] = [numberOf(xBytes), numberOf(yBytes)];
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n;
}

const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
