import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../errors.ts";
import { base64 } from "../../proof/bytes/base64.ts";
import type { LogHead } from "./log-store.ts";

/**
 * The newest head of the log that this machine has seen signed, in a file beside the log's key: a database that is put
 * back to an older day can not take it along. Copies of the hub on one folder share it, whatever key signs. *Throws* an Error
 * when the file says nothing readable: it must not be taken for none.
 * @param mark tells this copy's files from those of others
 */
export function seenHead(folder: string, mark: string) {
  const file = join(folder, "log-seen.txt");
  let known: LogHead | undefined;
  const read = async (): Promise<LogHead | undefined> => {
    const kept = await readHead(file);
    if (kept && kept.size > (known?.size ?? -1)) known = kept;
    return known;
  };
  return {
    read,
    /** Remembers a head, unless a newer one is; its signed note lies below, to be published should the log be lost. */
    write: async (head: LogHead, note: string): Promise<void> => {
      if (((await read())?.size ?? -1) >= head.size) return;
      const fresh = `${file}.${mark}.new`;
      await writeFile(fresh, `${head.size}\n${base64.encode(head.root)}\n\n${note}`, { mode: 0o600, flush: true });
      await rename(fresh, file);
      known = head;
    },
  };
}

async function readHead(file: string): Promise<LogHead | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [size = "", root = ""] = text.split("\n");
  const digest = base64.decode(root);
  if (!/^\d{1,16}$/.test(size) || digest?.length !== 32)
    throw new Error(`${file} does not say which head of the log was seen last: restore it, or move it away`);
  return { size: Number(size), root: digest };
}
