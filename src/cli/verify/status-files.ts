import type { Keyring } from "../../proof/keyring.ts";
import { openStatusList, type StatusList } from "../../proof/status/status-list.ts";
import { readBytes, textOf } from "../license-files.ts";
import { UsageError } from "../program.ts";

/** Reads status lists out of files. *Throws* UsageError for a file that holds none, or none signed by a key of the set. */
export async function readStatusLists(files: readonly string[], keyring: Keyring): Promise<readonly StatusList[]> {
  return Promise.all(
    files.map(async (file) => {
      const opening = await openStatusList(textOf(await readBytes(file)), keyring);
      if ("list" in opening) return opening.list;
      const detail = opening.detail === undefined ? "" : ` (${opening.detail})`;
      throw new UsageError(`the status list in ${file} is not acceptable: ${opening.code}${detail}.`);
    }),
  );
}
