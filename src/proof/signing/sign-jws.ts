import { HubError } from "../../errors.ts";
import type { BaseClaims, ExpectedJws } from "../jws.ts";
import type { JsonObject } from "../strict-json.ts";
import type { Signer } from "./signer.ts";

/**
 * Signs claims as a compact JWS with the key's own algorithm. Nothing is signed that `openJws` would refuse.
 * Throws: TypeError when the key is of another purpose or issuer: a mistake of the program, never of its input;
 * INPUT_INVALID (reason CLAIMS_MALFORMED or TOKEN_TOO_LARGE) when the claims do not make an acceptable token; BUSY as
 * `Signer`.
 * Source: RFC 7515 §5.1, §7.1.
 */
export async function signJws<C extends BaseClaims>(
  claims: C & JsonObject,
  expected: ExpectedJws<C>,
  key: Signer,
): Promise<string> {
  const [type] = expected.types;
  if (key.purpose !== expected.purpose) throw new TypeError(`A ${key.purpose} key may not sign ${type}.`);
  if (key.issuer !== claims.iss) throw new TypeError("A key signs for its own issuer only.");
  if (typeof (expected.parseClaims(claims) ?? "") === "string")
    throw new HubError("INPUT_INVALID", { reason: "CLAIMS_MALFORMED" });
  const token = await signCompact(JSON.stringify(claims), type, key);
  if (token.length > expected.maxLength) throw new HubError("INPUT_INVALID", { reason: "TOKEN_TOO_LARGE" });
  return token;
}

/**
 * Puts a compact JWS together; what it says is not looked at.
 * Shape: a credential for wallets carries the key's certificates (`x5c`), as HAIP demands; no other token may bring keys.
 * Throws: BUSY as `Signer`.
 * Source: RFC 7515 §7.1, §4.1.6; OpenID4VC HAIP 1.0 §6.1.1.
 */
export async function signCompact(payload: string, type: string, key: Signer): Promise<string> {
  const input = `${headerOf(key, type)}.${Buffer.from(payload, "utf8").toString("base64url")}`;
  const signature = await key.sign(Buffer.from(input, "latin1"));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

/** The protected header, base64url: the same for everything a key signs of one kind. */
function headerOf(key: Signer, typ: string): string {
  const known = headers.get(key) ?? new Map<string, string>();
  headers.set(key, known);
  const made = known.get(typ) ?? encode({ alg: key.alg, typ, kid: key.kid, ...certificatesOf(key, typ) });
  known.set(typ, made);
  return made;
}

const headers = new WeakMap<Signer, Map<string, string>>();

function certificatesOf({ x5c }: Signer, typ: string): { x5c?: readonly string[] } {
  return typ === "dc+sd-jwt" && x5c ? { x5c } : {};
}

function encode(header: object): string {
  return Buffer.from(JSON.stringify(header), "utf8").toString("base64url");
}
