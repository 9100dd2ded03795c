import { createPublicKey } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { HubError } from "../../errors.ts";
import { digestOf } from "../canonical-json.ts";
import type { KeyAlgorithm } from "../keyring.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";

/**
 * A client's public key, as it is stored and as assertions are verified with it.
 * Shape: `kid` is the RFC 7638 thumbprint. There is no `alg`: the curve decides, and Ed25519 has two names in use.
 */
export type ClientJwk = Readonly<{
  kty: "EC" | "OKP";
  crv: "P-256" | "Ed25519";
  x: string;
  y?: string;
  kid: string;
  use: "sig";
}>;

/**
 * Why a key is not accepted. KEYS_MALFORMED: no JWKS, and no single key. SECRET: it holds a private part, and so has to
 * be thrown away. KIND: neither EC P-256 nor Ed25519. USE: meant for something else. ID: `kid` is not its thumbprint.
 * POINT: not a point of the curve in its one spelling. WEAK: a point that makes forged signatures verify.
 */
export type ClientKeyFault = "KEYS_MALFORMED" | "SECRET" | "KIND" | "USE" | "ID" | "POINT" | "WEAK";

/**
 * Parses a client's public key from a JWK. Members this hub has no use for are left out.
 * Throws: CLIENT_KEY_INVALID with the fault as `reason`.
 * Trust: attacker-chosen: whoever can add a key can be the client.
 * Source: RFC 7517 §4; RFC 7638; RFC 7518 §6.2; RFC 8037 §2.
 */
export function parseClientKey(value: unknown): ClientJwk {
  if (!isJsonObject(value)) throw refusal("KEYS_MALFORMED");
  if (secretMembers.some((name) => name in value) || value["kty"] === "oct") throw refusal("SECRET");
  const shape = shapes.find(({ kty, crv }) => kty === value["kty"] && crv === value["crv"]);
  if (!shape) throw refusal("KIND");
  if (!isForSigning(value, shape.algorithms)) throw refusal("USE");
  const { x, y, kid } = value;
  if (!isCoordinate(x)) throw refusal("POINT");
  const point = shape.kty === "EC" ? { kty: shape.kty, crv: shape.crv, x, y: coordinate(y) } : { ...shapeOf(shape), x };
  if (!isOnCurve(point)) throw refusal("POINT");
  if (shape.kty === "OKP" && isOfSmallOrder(x)) throw refusal("WEAK");
  const thumbprint = digestOf(point);
  if (kid !== undefined && kid !== thumbprint) throw refusal("ID");
  return { ...point, kid: thumbprint, use: "sig" };
}

/**
 * Parses the text of a client's key file: a JWKS, or one JWK.
 * Throws: as `parseClientKey`.
 */
export function parseClientKeys(text: string | Uint8Array): readonly ClientJwk[] {
  const parsed = parseStrictJson(text, { maxBytes: 64 * 1024, maxDepth: 8 });
  if ("fault" in parsed || !isJsonObject(parsed.value)) throw refusal("KEYS_MALFORMED");
  const { keys } = parsed.value;
  if (keys === undefined) return [parseClientKey(parsed.value)];
  if (!Array.isArray(keys) || keys.length === 0) throw refusal("KEYS_MALFORMED");
  return keys.map(parseClientKey);
}

/** Makes a key pair for a client. The private half is for the client's eyes only; the hub never stores it. */
export async function makeClientKey(
  algorithm: KeyAlgorithm,
): Promise<{ publicJwk: ClientJwk; privateJwk: ClientJwk & Readonly<{ d: string; alg: KeyAlgorithm }> }> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const { d = "", ...rest } = await exportJWK(privateKey);
  const publicJwk = parseClientKey(rest);
  return { publicJwk, privateJwk: { ...publicJwk, alg: algorithm, d } };
}

const shapes = [
  { kty: "EC", crv: "P-256", algorithms: ["ES256"] },
  { kty: "OKP", crv: "Ed25519", algorithms: ["EdDSA", "Ed25519"] },
] as const;

/** RSA's and symmetric ones too: whoever shows one must hear of it, even though such keys are not used. */
const secretMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"];

function refusal(reason: ClientKeyFault): HubError {
  return new HubError("CLIENT_KEY_INVALID", { reason });
}

function isForSigning({ use, alg, key_ops }: JsonObject, algorithms: readonly string[]): boolean {
  if (use !== undefined && use !== "sig") return false;
  if (alg !== undefined && !algorithms.some((name) => name === alg)) return false;
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.length === 1 && key_ops[0] === "verify");
}

function shapeOf({ kty, crv }: (typeof shapes)[number]) {
  return { kty, crv };
}

/** *Throws* the POINT refusal. */
function coordinate(value: unknown): string {
  if (!isCoordinate(value)) throw refusal("POINT");
  return value;
}

/** 32 bytes in canonical base64url: the unused bits of the last character are zero. */
function isCoordinate(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(value);
}

function isOnCurve(point: JsonObject): boolean {
  try {
    createPublicKey({ key: { ...point }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

/**
 * The y coordinates of the Ed25519 points of order 1, 2, 4 and 8, their second spellings (0 as p, 1 as p + 1) among
 * them. With such a key one signature fits many messages, without any private half. *Source*: RFC 8032 §5.1; Chalkias
 * et al., Taming the many EdDSAs, table 5.
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** The highest bit is the sign of the other coordinate. */
function isOfSmallOrder(x: string): boolean {
  const bytes = Buffer.from(x, "base64url");
  bytes.writeUInt8(bytes.readUInt8(31) & 0x7f, 31);
  return smallOrderPoints.has(bytes.toString("hex"));
}
