import { base64 } from "../bytes/base64.ts";
import { type Digest, emptyRoot, isSame } from "./merkle.ts";

/** The head of a log: which log, how many leaves, and the hash over them. */
export type Checkpoint = Readonly<{ origin: string; size: number; root: Digest }>;

/** The text of a checkpoint, which is then signed as a note. Source: C2SP tlog-checkpoint, "Note text". */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64.encode(root)}\n`;
}

/**
 * Reads the text of a checkpoint; lines behind the third are extensions, and passed over.
 * Undefined: it is none, or it names a size beyond 2^53.
 * Trust: attacker-chosen until its note is verified.
 * Source: C2SP tlog-checkpoint, "Note text".
 */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)) return undefined;
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n");
  if (origin === "" || extensions.includes("")) return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(sizeText) || !Number.isSafeInteger(Number(sizeText))) return undefined;
  const [size, root] = [Number(sizeText), base64.decode(rootText)];
  if (root?.length !== 32 || (size === 0 && !isSame(root, emptyRoot))) return undefined;
  return { origin, size, root };
}
