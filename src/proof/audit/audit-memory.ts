import { base64 } from "../bytes/base64.ts";
import { sha256Base64url } from "../bytes/sha256.ts";
import { levelsOf, readNodes, writeNodes } from "../log/tile.ts";
import { type TreeEdge, treeEdge } from "../log/tree-edge.ts";
import { isJsonObject, parseStrictJson } from "../strict-json.ts";

/** How far a log was read and found in order, and the newest checkpoint of it that was seen. */
export type AuditMemory = Readonly<{
  edge: TreeEdge;
  /** Signed. Trust: verified before it was written; verify it again, for files can be written by others. */
  note: string;
}>;

/**
 * Writes it as a file's text. The file holds hashes only: the tiles at the edge, level by level, and a digest over them
 * that tells damage (not forgery: the root that is reached in the end tells that).
 */
export function formatMemory({ edge, note }: AuditMemory): string {
  const edges = Object.fromEntries(edge.tiles().map(({ level, nodes }) => [level, base64.encode(writeNodes(nodes))]));
  const content = { version: 1, size: edge.size(), edge: edges, note };
  return `${JSON.stringify({ ...content, digest: sha256Base64url(JSON.stringify(content)) })}\n`;
}

/** Reads such a text. Undefined: it is damaged, or no such text. */
export function parseMemory(text: string): AuditMemory | undefined {
  const parsed = parseStrictJson(text, { maxBytes: 1024 * 1024, maxDepth: 3 });
  if (!("value" in parsed) || !isJsonObject(parsed.value)) return undefined;
  const { digest, ...content } = parsed.value;
  const { version, size, edge, note } = content;
  if (version !== 1 || digest !== sha256Base64url(JSON.stringify(content))) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (!isJsonObject(edge) || typeof note !== "string") return undefined;
  const widths = new Map(levelsOf(size).map(({ level, partial }) => [level, partial]));
  const read = (level: number) => {
    const bytes = base64.decode(String(edge[level] ?? ""));
    return bytes && readNodes(bytes, widths.get(level) ?? 0);
  };
  try {
    return { edge: treeEdge(size, read), note };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
