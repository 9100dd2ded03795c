import { createReadStream, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { maxBundleBytes } from "../proof/bundle/bundle.ts";
import { givenText } from "../proof/bundle/given-text.ts";
import { messageOf, UsageError } from "./program.ts";

/** The files a person means, and whether there may be many: a folder stands for every file below it. */
export type Chosen = Readonly<{ files: readonly string[]; areMany: boolean }>;

/**
 * Finds the files that names stand for. *Order*: as named, those of a folder by name. Files and folders whose names begin
 * with a dot are passed over, and links in a folder are not followed.
 * *Throws*: UsageError for a folder without files. A name of nothing is left for the reading to report.
 */
export function chooseFiles(names: readonly string[]): Chosen {
  const folders = names.filter((name) => name !== "-" && statSync(name, { throwIfNoEntry: false })?.isDirectory());
  const files = names.flatMap((name) => (folders.includes(name) ? filesBelow(name) : [name]));
  if (files.length === 0) throw new UsageError(`there is no file in ${names.join(", ")}.`);
  return { files, areMany: names.length > 1 || folders.length > 0 };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

/** Of a longer file no more is read, and it is too large for whoever parses it. */
const maxFileBytes = maxBundleBytes;

/** Reads a file, or standard input for `-`, up to where no license reaches. *Throws*: UsageError when it cannot be read. */
export async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxFileBytes) break;
    }
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}.`);
  }
  return Buffer.concat(chunks);
}

/** The license or bundle in a file. Of one that was not read to its end nothing is taken away: it stays too large. */
export function textOf(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return bytes.length > maxFileBytes ? text : givenText(text);
}
