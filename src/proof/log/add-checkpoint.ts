import { base64 } from "../bytes/base64.ts";
import type { Digest } from "./merkle.ts";

/** What a log sends a witness: its new checkpoint, and the proof that it continues the one of that size. */
export type AddCheckpoint = Readonly<{ oldSize: number; proof: readonly Digest[]; note: string }>;

/** Writes the body of a request to a witness. Source: C2SP tlog-witness, "add-checkpoint". */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((node) => `${base64.encode(node)}\n`).join("")}\n${note}`;
}

/** Reads such a body, as a witness does. Undefined: it is none. Trust: attacker-chosen. */
export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  const split = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, Math.max(0, split)).split("\n");
  const size = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  const proof = lines.map(base64.decode);
  if (split < 0 || size === undefined || lines.length > 63 || !proof.every((node) => node?.length === 32))
    return undefined;
  return { oldSize: Number(size), proof: proof.filter((node) => node !== undefined), note: body.slice(split + 2) };
}
