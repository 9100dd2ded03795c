import { isJsonObject, type JsonObject, parseStrictJson } from "../../proof/strict-json.ts";

/** Algorithms clients, senders and their proofs sign with. */
export const signatures = ["ES256", "EdDSA", "Ed25519"] as const;

/** Longest life of a client's assertion, and of its id. *Units*: seconds; characters. */
const assertionLimits = { seconds: 5 * 60, jti: 128 };

/** How far a client's clock may be off. *Units*: seconds. */
export const toleranceSeconds = 30;

/** What an assertion may call itself: a JWT of another kind was signed for something else. *Source*: RFC 7523; RFC 8725 §3.11. */
const assertionTypes: readonly unknown[] = [undefined, "jwt", "client-authentication+jwt"];

/** What of a client's assertion is wrong. `KEY`: nothing that it says itself. */
export type ClientFault = Readonly<{
  part: "ASSERTION" | "typ" | "alg" | "iss" | "aud" | "exp" | "nbf" | "jti" | "KEY";
  /** For whoever sent it. *Shape*: the characters RFC 6749 §5.2 allows. */
  description: string;
  /** For the log: what was found. Never the assertion, nor anything of it that could be a secret. */
  facts: JsonObject;
}>;

/**
 * Why a client's assertion does not prove who sends it, as far as that can be read off the assertion alone. So the answer is
 * the same whether there is such a client or not, and whether a key is another client's, retired, or nobody's.
 * *Trust*: every character of the assertion is attacker-chosen.
 * *Source*: RFC 7523 §3; FAPI 2.0 Security Profile §5.3.2.1 (the audience is the issuer, and nothing else).
 */
export function clientFault(assertion: unknown, issuer: string, now: Date): ClientFault {
  const [header, claims] = typeof assertion === "string" ? assertion.split(".").map(readPart) : [];
  if (!header || !claims) return fault("ASSERTION", "client_assertion is missing, or no JWT", {});
  const { typ, alg, kid } = header;
  const { iss, sub, aud, exp, nbf, jti } = claims;
  const seconds = Math.floor(now.getTime() / 1000);
  const clock = `the clock here says ${seconds} (${now.toISOString().slice(0, 19)}Z)`;
  const facts = {
    client: shown(sub),
    kid: shown(kid),
    alg: shown(alg),
    ...(typeof exp === "number" && { secondsLeft: Math.round(exp - seconds) }),
  };
  if (!assertionTypes.includes(typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : typ))
    return fault("typ", "typ names another kind of JWT than a client's assertion: leave it out, or say JWT", facts);
  if (!signatures.some((name) => name === alg))
    return fault("alg", `alg must be one of ${signatures.join(", ")}`, facts);
  if (iss !== sub || typeof sub !== "string") return fault("iss", "iss and sub must both be the client_id", facts);
  if (aud !== issuer) return fault("aud", `aud must be the issuer and nothing else: ${issuer}`, facts);
  if (typeof exp !== "number") return fault("exp", "exp is missing, or no number of seconds", facts);
  if (exp + toleranceSeconds <= seconds)
    return fault("exp", `exp is over: the assertion ended at ${Math.floor(exp)}, ${clock}`, facts);
  if (exp > seconds + assertionLimits.seconds + toleranceSeconds)
    return fault("exp", `exp is more than ${assertionLimits.seconds} seconds ahead: ${clock}`, facts);
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= seconds + toleranceSeconds))
    return fault("nbf", `nbf is not reached yet: ${clock}`, facts);
  if (typeof jti !== "string" || jti.length < 1 || jti.length > assertionLimits.jti)
    return fault("jti", `jti must be a text of 1 to ${assertionLimits.jti} characters`, facts);
  return fault(
    "KEY",
    "no key that stands for this client_id has made this signature: look at client_id, kid and key",
    facts,
  );
}

function fault(part: ClientFault["part"], description: string, facts: JsonObject): ClientFault {
  return { part, description, facts };
}

const partLimits = { maxBytes: 4096, maxDepth: 4 };

function readPart(part: string): JsonObject | undefined {
  const parsed = parseStrictJson(Buffer.from(part, "base64url"), partLimits);
  return "value" in parsed && isJsonObject(parsed.value) ? parsed.value : undefined;
}

/** A name as the log may have it. */
function shown(text: unknown): string {
  return typeof text === "string" && /^[\w.:-]{1,80}$/.test(text) ? text : "(not shown)";
}
