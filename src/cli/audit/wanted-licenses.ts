import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../../errors.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import { parseEntry } from "../../proof/log/log-entry.ts";
import { isJsonObject, parseStrictJson } from "../../proof/strict-json.ts";
import { messageOf, readText, UsageError } from "./auditing.ts";

/** Licenses that must stand in a log, by the digest they are known by there. */
export type WantedLicenses = Readonly<{
  count: number;
  /** Looks through entries for them. */
  look: (first: number, entries: readonly Uint8Array[]) => void;
  /** Files whose licenses were not among all that was looked through. */
  missing: () => readonly string[];
}>;

/** Longest file read: a bundle has at most 4 MiB. Units: characters. */
const maxLength = 5 * 1024 * 1024;

/**
 * Reads licenses from files and folders: compact JWS, or bundles. Only their digests are kept.
 * *Throws* UsageError for a file that is neither.
 */
export async function readWanted(paths: readonly string[]): Promise<WantedLicenses> {
  const wanted = new Map<string, string[]>();
  let count = 0;
  for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
    const digest = digestIn(await readText(path));
    if (digest === undefined) throw new UsageError(`${path} holds neither a license nor a bundle.`);
    wanted.set(digest, [...(wanted.get(digest) ?? []), path]);
    count += 1;
  }
  return {
    count,
    look: (_first, entries) => {
      if (wanted.size === 0) return;
      for (const bytes of entries) {
        const digest = digestOfEntry(bytes);
        if (digest === undefined || !wanted.has(digest)) continue;
        const entry = parseEntry(bytes);
        if (entry?.kind === "LICENSE" && entry.digest === digest) wanted.delete(digest);
      }
    },
    missing: () => [...wanted.values()].flat(),
  };
}

/** Where an entry has a digest at all, it stands first; the rest is read only of those that are wanted. */
function digestOfEntry(bytes: Uint8Array): string | undefined {
  const start = '{"digest":"';
  if (bytes.length < start.length + 44 || bytes[2] !== 0x64) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, start.length + 43).toString("latin1");
  return text.startsWith(start) ? text.slice(start.length) : undefined;
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const found = await readdir(path, { recursive: true, withFileTypes: true });
    return found
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .sort();
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

function digestIn(text: string): string | undefined {
  if (text.length > maxLength) return undefined;
  const token = text.startsWith("{") ? licenseOf(text) : text.trim();
  try {
    return token === undefined ? undefined : payloadDigest(token);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

function licenseOf(text: string): string | undefined {
  const parsed = parseStrictJson(text, { maxBytes: maxLength, maxDepth: 8 });
  const license = "value" in parsed && isJsonObject(parsed.value) ? parsed.value["license"] : undefined;
  return typeof license === "string" ? license : undefined;
}
