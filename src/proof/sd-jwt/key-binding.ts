import { sha256Base64url } from "../bytes/sha256.ts";
import { fitsShape, isDigest, isSeconds, isSecondsOrAbsent, isText } from "../claims-shape.ts";
import { parseCompactJws } from "../compact-jws.ts";
import { isSignedBy } from "../jws.ts";
import { readKeyPoint } from "../keyring.ts";
import { isJsonObject, parseStrictJson } from "../strict-json.ts";
import { type Finding, found, passed, type VerificationCode } from "../verification.ts";
import type { SdJwtParts } from "./sd-jwt.ts";

/**
 * What the proof of a holder has to answer to. Without `nonce` and `audience` nobody asked for it here and now, and it
 * may have been shown to somebody else before: the finding says so.
 */
export type BindingDemand = Readonly<{ nonce?: string; audience?: string; at: Date }>;

/** How old a holder's proof may be, and how far ahead its clock. Units: seconds. */
export const bindingWindow = { ageSeconds: 300, aheadSeconds: 60 } as const;

/**
 * The step HOLDER_BINDING of an SD-JWT whose signature held: does whoever shows it hold the key it is bound to?
 * Shape: `confirmation` is its claim `cnf`, undefined when it is bound to nobody.
 * Trust: the proof is attacker-chosen, the key in `confirmation` comes from under the issuer's signature.
 * Source: RFC 9901 §4.3, §7.3; RFC 7800 §3.2.
 */
export async function checkKeyBinding(
  parts: SdJwtParts,
  confirmation: unknown,
  demand: BindingDemand,
): Promise<Finding> {
  const isDemanded = demand.nonce !== undefined || demand.audience !== undefined;
  if (parts.keyBinding === undefined) {
    if (isDemanded) return found("HOLDER_BINDING", "SD_JWT_KEY_BINDING_MISSING");
    return found("HOLDER_BINDING", confirmation === undefined ? "NOT_APPLICABLE" : "SD_JWT_KEY_BINDING_ABSENT");
  }
  const key = readKeyPoint(isJsonObject(confirmation) ? confirmation["jwk"] : undefined);
  if (key === undefined) return found("HOLDER_BINDING", "SD_JWT_HOLDER_KEY");
  const fault = await findFault(parts.keyBinding, parts.presented, key, demand);
  if (fault !== undefined) return found("HOLDER_BINDING", fault);
  return isDemanded
    ? passed("HOLDER_BINDING")
    : passed("HOLDER_BINDING", {
        en: "not compared with a nonce or an audience: it may have been shown elsewhere before",
        zh: "未核对随机数与受众，可能曾向他人出示",
      });
}

type HolderKey = NonNullable<ReturnType<typeof readKeyPoint>>;

async function findFault(
  proof: string,
  presented: string,
  key: HolderKey,
  demand: BindingDemand,
): Promise<VerificationCode | undefined> {
  const jws = parseCompactJws(proof, { types: ["kb+jwt"], maxLength: maxProofLength, kid: "OPTIONAL" });
  if ("code" in jws || jws.headerFault !== undefined) return "SD_JWT_KEY_BINDING_MALFORMED";
  if (jws.alg !== key.alg || !(await isSignedBy(proof, key))) return "SD_JWT_KEY_BINDING_SIGNATURE";
  const parsed = parseStrictJson(jws.payload, { maxBytes: maxProofLength, maxDepth: 4 });
  if (!("value" in parsed) || !isJsonObject(parsed.value) || !fitsShape(parsed.value, proofShape))
    return "SD_JWT_KEY_BINDING_MALFORMED";
  const { iat, nbf, exp, nonce, aud, sd_hash: hash } = parsed.value;
  if (hash !== sha256Base64url(presented)) return "SD_JWT_KEY_BINDING_OTHER";
  if (demand.nonce !== undefined && nonce !== demand.nonce) return "SD_JWT_NONCE";
  if (demand.audience !== undefined && aud !== demand.audience) return "SD_JWT_AUDIENCE";
  const second = demand.at.getTime() / 1000;
  const isNow =
    Number(iat) >= second - bindingWindow.ageSeconds &&
    Number(nbf ?? iat) <= second + bindingWindow.aheadSeconds &&
    Number(iat) <= second + bindingWindow.aheadSeconds &&
    Number(exp ?? Infinity) > second - bindingWindow.aheadSeconds;
  return isNow ? undefined : "SD_JWT_KEY_BINDING_TIME";
}

const maxProofLength = 8 * 1024;

const proofShape = {
  iat: isSeconds,
  nbf: isSecondsOrAbsent,
  exp: isSecondsOrAbsent,
  nonce: isText,
  aud: isText,
  sd_hash: isDigest,
};
