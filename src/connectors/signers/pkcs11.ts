import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { HubError } from "../../errors.ts";
import type { KeyAlgorithm } from "../../proof/keyring.ts";
import type { KeySource, PublicPoint, Signer } from "../../proof/signing/signer.ts";
import type { Pkcs11Place } from "./signer-places.ts";

/** What the thread is asked. `data`: what the mechanism signs, a digest for ES256. */
export type Pkcs11Question = Readonly<
  { id: number; name: string; alg: KeyAlgorithm } & ({ do: "MAKE" | "FIND" } | { do: "SIGN"; data: Uint8Array })
>;

/** What it answers. No `bytes`: there is no such key. */
export type Pkcs11Answer = Readonly<{ id: number; result: { bytes?: Uint8Array }; error?: string }>;

/** How long a token may take to answer. *Units*: milliseconds. */
export const tokenTimeoutMs = 5_000;

type Waiting = Readonly<{ resolve: (bytes: Uint8Array | undefined) => void; reject: (error: HubError) => void }>;

/**
 * Keys that a token holds (PKCS#11): made there, not extractable, found by their labels. The library is called in a thread
 * of its own, which is started when the first key is needed, and anew when the token hangs.
 */
export function pkcs11Source({ module, token, pinFile }: Pkcs11Place): KeySource {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let asked = 0;

  const end = async (why: string): Promise<void> => {
    const ended = worker;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(unavailable(why));
    waiting.clear();
    await ended?.terminate();
  };
  const start = (): Worker => {
    const started = new Worker(new URL(`./pkcs11-worker.${extension}`, import.meta.url), {
      workerData: { module, token, pinFile } satisfies Pkcs11Place,
    });
    // A hub that has stopped does not wait for it.
    started.unref();
    started.on("message", ({ id, result, error }: Pkcs11Answer) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) one?.resolve(result.bytes);
      else one?.reject(unavailable(error));
    });
    started.on("error", (error) => {
      if (worker === started) void end(error instanceof Error ? error.message : "it ended");
    });
    return started;
  };
  const ask = (question: Omit<Extract<Pkcs11Question, { do: "MAKE" | "FIND" }>, "id"> | Signing) =>
    new Promise<Uint8Array | undefined>((resolve, reject) => {
      asked += 1;
      const id = asked;
      const timer = setTimeout(() => void end("it did not answer"), tokenTimeoutMs);
      const done = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      };
      waiting.set(id, { resolve: done(resolve), reject: done(reject) });
      worker ??= start();
      worker.postMessage({ ...question, id });
    });

  const find = async (name: string, alg: KeyAlgorithm) => {
    const bytes = await ask({ do: "FIND", name, alg });
    return bytes && toPoint(bytes, alg);
  };
  return {
    kind: "PKCS11",
    make: async ({ purpose, alg, issuer, notBefore }) => {
      const name = `zhengzhao-${purpose}-${alg}-${notBefore}-${createHash("sha256").update(issuer).digest("hex").slice(0, 8)}`;
      // Two keys that begin at the same second, or a copy that was cut off before it could record the first.
      const free = await firstFree(name, async (label) => (await ask({ do: "FIND", name: label, alg })) === undefined);
      const bytes = await ask({ do: "MAKE", name: free, alg });
      if (!bytes) throw unavailable("the key it made is not there");
      return { name: free, point: toPoint(bytes, alg) };
    },
    find,
    open: async ({ kid, alg, purpose, issuer, name }): Promise<Signer | undefined> => {
      if ((await find(name, alg)) === undefined) return undefined;
      return {
        ...{ kid, alg, purpose, issuer },
        sign: async (data) => {
          const input = alg === "ES256" ? createHash("sha256").update(data).digest() : data;
          const signature = await ask({ do: "SIGN", name, alg, data: input });
          if (signature?.length !== 64) throw unavailable("the key is not there any more");
          return signature;
        },
      };
    },
    close: () => end("the hub is stopping"),
  };
}

type Signing = Omit<Extract<Pkcs11Question, { do: "SIGN" }>, "id">;

/** The source runs as it is, and compiled. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

async function firstFree(name: string, isFree: (label: string) => Promise<boolean>): Promise<string> {
  for (let number = 1; number < 100; number++) {
    const label = number === 1 ? name : `${name}-${number}`;
    if (await isFree(label)) return label;
  }
  throw unavailable("it has too many keys of this name");
}

function toPoint(bytes: Uint8Array, alg: KeyAlgorithm): PublicPoint {
  const text = (from: number, until: number) => Buffer.from(bytes.subarray(from, until)).toString("base64url");
  if (alg === "EdDSA") return { kty: "OKP", crv: "Ed25519", x: text(0, 32) };
  return { kty: "EC", crv: "P-256", x: text(1, 33), y: text(33, 65) };
}

/** What callers learn: that they may try again. What the token said is for the log. */
function unavailable(why: string): HubError {
  return new HubError("BUSY", { reason: "KEY_TOKEN" }, { cause: new Error(`the token (PKCS#11): ${why}`) });
}
