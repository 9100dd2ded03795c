import { constants, crc32, inflateRawSync } from "node:zlib";
import { UsageError } from "../../hub/command.ts";

/** A file inside an archive. */
export type ZipEntry = Readonly<{ name: string; bytes: Uint8Array }>;

/**
 * Unpacks the wanted files of an archive, all of them together at most so large. What the archive says of sizes is not
 * believed. *Trust*: every byte is attacker-chosen. *Throws* UsageError.
 * *Source*: PKWARE APPNOTE 6.3.10, §4.3.
 */
export function readZip(archive: Buffer, wanted: (name: string) => boolean, maxBytes: number): readonly ZipEntry[] {
  try {
    return [...entriesOf(archive, wanted, maxBytes)];
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    // Reads beyond the end, data that does not inflate: all of it means the same to a person.
    if (error instanceof UsageError) throw error;
    throw damaged();
  }
}

/** Puts files into an archive without packing them. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const nameBytes = Buffer.from(name);
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    const facts = Buffer.alloc(26);
    for (const [at, value] of [
      [0, 20],
      [2, 0x0800],
      [8, 0x21],
      [22, nameBytes.length],
    ] as const)
      facts.writeUInt16LE(value, at);
    for (const [at, value] of [
      [10, crc32(bytes)],
      [14, bytes.length],
      [18, bytes.length],
    ] as const)
      facts.writeUInt32LE(value, at);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    files.push(signature(localHeader), facts, nameBytes, Buffer.from(bytes));
    directory.push(signature(centralHeader), Buffer.from([20, 0]), facts, place, nameBytes);
    offset += 30 + nameBytes.length + bytes.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directoryBytes.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, directoryBytes, signature(endOfDirectory), end]);
}

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfDirectory = 0x06054b50;
const maxEntries = 10_000;

function* entriesOf(archive: Buffer, wanted: (name: string) => boolean, maxBytes: number): Generator<ZipEntry> {
  const end = archive.lastIndexOf(signature(endOfDirectory));
  if (end < 0) throw damaged();
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count > maxEntries || at === 0xffffffff) throw damaged();
  const seen = new Set<string>();
  let left = maxBytes;
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== centralHeader) throw damaged();
    const [flags, method] = [archive.readUInt16LE(at + 8), archive.readUInt16LE(at + 10)];
    const [packed, nameLength] = [archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const [extra, comment] = [archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)];
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    const file = archive.readUInt32LE(at + 42);
    at += 46 + nameLength + extra + comment;
    if (flags & 1) throw new UsageError("the .xlsx file is locked with a password: save it without");
    if (!wanted(name)) continue;
    if (seen.has(name) || archive.readUInt32LE(file) !== localHeader) throw damaged();
    seen.add(name);
    const start = file + 30 + archive.readUInt16LE(file + 26) + archive.readUInt16LE(file + 28);
    const data = archive.subarray(start, start + packed);
    if (data.length !== packed || (method !== 0 && method !== 8)) throw damaged();
    if (left <= 0 || (method === 0 && data.length > left)) throw tooLarge(maxBytes);
    const bytes =
      method === 0 ? data : inflateRawSync(data, { maxOutputLength: left, finishFlush: constants.Z_SYNC_FLUSH });
    left -= bytes.length;
    yield { name, bytes };
  }
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function damaged(): UsageError {
  return new UsageError("the .xlsx file is damaged: open it in a spreadsheet and save it again");
}

function tooLarge(maxBytes: number): UsageError {
  return new UsageError(
    `the .xlsx file holds more than ${maxBytes / 1024 / 1024} MiB when unpacked: save it as CSV UTF-8`,
  );
}
