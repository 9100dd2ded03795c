import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import { HubError } from "../../errors.ts";
import type { KeySource, PublicPoint, Signer, WantedKey } from "../../proof/signing/signer.ts";
import { readBody } from "../bounded-body.ts";
import type { KmsPlace } from "./signer-places.ts";

/** What a call of the service may take. *Units*: milliseconds, bytes, pieces. */
export const kmsLimits = {
  /** A try; all tries of a call. */
  tryMs: 2_000,
  tries: 3,
  maxBytes: 16 * 1024,
  /** After so many failures one behind another nobody is asked for a while. */
  failures: 5,
  restMs: 5_000,
} as const;

/** What the service did wrong, or that it did nothing. `passing`: the next try may succeed. */
class KmsError extends Error {
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

/**
 * Keys that a key management service holds, asked over HTTP. The service gets a digest (ES256) or what is to be signed
 * (EdDSA), and never keeps the hub waiting for long.
 * - `POST URL/keys` `{name, algorithm}` → `{keyId, publicKey}` (a JWK): makes a key pair.
 * - `GET URL/keys/ID` → the same of a key that is there, else 404.
 * - `POST URL/sign` `{keyId, algorithm, digest | data}` → `{signature}`: base64url, all of them.
 */
export function httpKms(place: KmsPlace): KeySource {
  const call = caller(place);
  return {
    kind: "KMS",
    make: async ({ purpose, alg, issuer, notBefore }: WantedKey) => {
      const name = `zhengzhao-${purpose}-${alg}-${notBefore}-${createHash("sha256").update(issuer).digest("hex").slice(0, 8)}`;
      const { keyId, publicKey } = await call("/keys", { name, algorithm: alg });
      if (typeof keyId !== "string" || keyId === "") throw unavailable("it named no key");
      return { name: keyId, point: pointIn(publicKey, alg) };
    },
    find: async (name, alg) => {
      const found = await call(`/keys/${encodeURIComponent(name)}`, undefined);
      return found["keyId"] === name ? pointIn(found["publicKey"], alg) : undefined;
    },
    open: async ({ kid, alg, purpose, issuer, name }): Promise<Signer> => ({
      ...{ kid, alg, purpose, issuer },
      sign: async (data) => {
        const digest = createHash("sha256").update(data).digest("base64url");
        const input = alg === "ES256" ? { digest } : { data: Buffer.from(data).toString("base64url") };
        const { signature } = await call("/sign", { keyId: name, algorithm: alg, ...input });
        const bytes = Buffer.from(typeof signature === "string" ? signature : "", "base64url");
        if (bytes.length !== 64) throw unavailable("its signature is not of 64 bytes");
        return bytes;
      },
    }),
    close: async () => {},
  };
}

type Call = (path: string, body: object | undefined) => Promise<Readonly<Record<string, unknown>>>;

function caller({ url, tokenFile }: KmsPlace): Call {
  const policy = wrap(
    circuitBreaker(
      handleWhen((error) => !(error instanceof KmsError) || error.passing),
      { halfOpenAfter: kmsLimits.restMs, breaker: new ConsecutiveBreaker(kmsLimits.failures) },
    ),
    retry(
      handleWhen((error) => !(error instanceof KmsError) || error.passing),
      { maxAttempts: kmsLimits.tries - 1, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 500 }) },
    ),
    timeout(kmsLimits.tryMs, TimeoutStrategy.Aggressive),
  );
  return async (path, body) => {
    try {
      return await policy.execute(({ signal }) => ask(`${url}${path}`, tokenFile, body, signal));
    } catch (cause) {
      throw unavailable(cause instanceof BrokenCircuitError ? "it failed before" : "it did not answer", cause);
    }
  };
}

async function ask(
  url: string,
  tokenFile: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  // Read each time: a service's tokens are short-lived, and something else on this machine renews them.
  const token = (await readFile(tokenFile, "utf8")).trim();
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", accept: "application/json", authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...{ redirect: "manual", signal },
  });
  if (response.status === 404 && body === undefined) {
    await response.body?.cancel();
    return {};
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KmsError(`HTTP ${response.status}`, response.status === 429 || response.status >= 500);
  }
  const bytes = await readBody(response, kmsLimits.maxBytes);
  if (bytes === undefined) throw new KmsError(`more than ${kmsLimits.maxBytes} bytes`, false);
  return parse(bytes.toString("utf8"));
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {}
  throw new KmsError("no JSON object", false);
}

function pointIn(value: unknown, alg: string): PublicPoint {
  const { kty, crv, x, y } =
    typeof value === "object" && value !== null ? ({ ...value } as Record<string, unknown>) : {};
  if (alg === "ES256" && kty === "EC" && crv === "P-256" && typeof x === "string" && typeof y === "string")
    return { kty, crv, x, y };
  if (alg === "EdDSA" && kty === "OKP" && crv === "Ed25519" && typeof x === "string") return { kty, crv, x };
  throw unavailable("its key is of another kind");
}

/** What callers learn: that they may try again. What the service said goes to the log at most. */
function unavailable(why: string, cause?: unknown): HubError {
  return new HubError("BUSY", { reason: "KEY_SERVICE" }, { cause: new Error(`the key service: ${why}`, { cause }) });
}
