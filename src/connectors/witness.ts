import { readBody } from "./bounded-body.ts";

/** A witness that signs checkpoints when it is asked. *Shape*: `url` without a trailing slash. */
export type WitnessPlace = Readonly<{ url: string }>;

/** What a witness answered. `size`: of the newest checkpoint it knows of the log. */
export type WitnessAnswer =
  | Readonly<{ kind: "COSIGNED"; lines: string }>
  | Readonly<{ kind: "KNOWS"; size: number }>
  | Readonly<{ kind: "REFUSED"; status: number }>;

/** Longest answer read, and how long it may take. */
const limits = { maxBytes: 8_192, timeMs: 5_000 } as const;

/**
 * Asks a witness to sign a checkpoint. Redirects are not followed. *Throws* what `fetch` throws when it does not answer.
 * *Trust*: the answer is the witness's.
 * *Source*: C2SP tlog-witness, "add-checkpoint".
 */
export async function askWitness({ url }: WitnessPlace, body: string): Promise<WitnessAnswer> {
  const response = await fetch(`${url}/add-checkpoint`, {
    ...{ method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(limits.timeMs) },
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
  const text = (await readBody(response, limits.maxBytes))?.toString("utf8");
  if (text === undefined) throw new Error("the witness answers with more than 8 KiB");
  if (response.status === 200) return { kind: "COSIGNED", lines: text };
  if (response.status === 409 && /^\d{1,16}\n?$/.test(text)) return { kind: "KNOWS", size: Number(text) };
  return { kind: "REFUSED", status: response.status };
}
