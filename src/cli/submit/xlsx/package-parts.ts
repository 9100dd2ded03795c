import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { UsageError } from "../../usage-error.ts";
import { xlsxWords } from "./xlsx-words.ts";

/** The parts of an Office package, by name. Names are compared without regard to case. */
export type Package = Readonly<{
  has: (name: string) => boolean;
  /** The bytes of a part, unpacked as they are taken. *Throws* UsageError. */
  read: (name: string) => AsyncGenerator<Uint8Array>;
}>;

const maxEntries = 10_000;

/**
 * Opens an archive whose parts may be so large together, as far as they are read. ZIP64 or not, sizes in front of the data
 * or behind it. *Trust*: every byte is attacker-chosen. *Throws* UsageError. *Source*: ECMA-376 part 2; PKWARE APPNOTE 6.3.10.
 */
export async function openPackage(archive: Buffer, maxBytes: number): Promise<Package> {
  const { zip, entries } = await entriesOf(archive);
  let left = maxBytes;
  return {
    has: (name) => entries.has(name.toLowerCase()),
    read: async function* (name) {
      const entry = entries.get(name.toLowerCase());
      if (!entry) throw new UsageError(xlsxWords.damaged);
      try {
        for await (const bytes of await zip.openReadStreamPromise(entry)) {
          left -= bytes.length;
          if (left < 0) throw new UsageError(xlsxWords.tooLarge(maxBytes / 1024 / 1024));
          yield bytes;
        }
      } catch (error) {
        throw error instanceof UsageError ? error : new UsageError(xlsxWords.damaged);
      }
    },
  };
}

async function entriesOf(archive: Buffer): Promise<Readonly<{ zip: ZipFile; entries: ReadonlyMap<string, Entry> }>> {
  const entries = new Map<string, Entry>();
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true, validateEntrySizes: false });
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw new UsageError(xlsxWords.locked);
      const name = entry.fileName.toLowerCase();
      if (entries.has(name) || entries.size > maxEntries) throw new UsageError(xlsxWords.damaged);
      entries.set(name, entry);
    }
    return { zip, entries };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(xlsxWords.damaged);
  }
}
