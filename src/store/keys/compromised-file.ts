import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../config.ts";
import { parseInstant } from "../../domain/calendar.ts";
import { codeOf } from "../../errors.ts";
import { isJsonObject, parseStrictJson } from "../../proof/strict-json.ts";
import type { StoredSigningKey } from "./signing-key-store.ts";

/** Since when keys are not the hub's alone, by their ids. *Units*: seconds since 1970. */
export type Compromises = ReadonlyMap<string, number>;

const fileName = "compromised.json";

/**
 * Which keys are compromised, in a file beside them: a database that is put back to an older day forgets it, and must not sign
 * with such a key. *Throws* ConfigError when the file says nothing readable: it must not be taken for none.
 */
export async function readCompromised(folder: string): Promise<Compromises> {
  const file = join(folder, fileName);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "{}";
    throw new ConfigError(`the file ${file} can not be read`);
  });
  const parsed = parseStrictJson(text, { maxBytes: 1024 * 1024, maxDepth: 1 });
  const entries = "value" in parsed && isJsonObject(parsed.value) ? Object.entries(parsed.value) : undefined;
  const known = entries?.flatMap(([kid, since]) => {
    const instant = typeof since === "string" ? parseInstant(since) : undefined;
    // One from before 1970 no key set can say: it would be refused by every reader, and stay in the database.
    return instant && instant.getTime() >= 0 ? [[kid, Math.floor(instant.getTime() / 1000)] as const] : [];
  });
  if (known && known.length === entries?.length) return new Map(known);
  throw new ConfigError(`the file ${file} is damaged: restore it from a backup, or move it away`);
}

/** Adds to the file what it does not know yet. @param mark tells this copy's files from those of others */
export async function rememberCompromised(
  folder: string,
  keys: readonly StoredSigningKey[],
  mark: string,
): Promise<void> {
  const known = await readCompromised(folder);
  const earlier = keys.flatMap(({ kid, compromisedAt }) =>
    compromisedAt !== undefined && compromisedAt < (known.get(kid) ?? Number.POSITIVE_INFINITY)
      ? [[kid, compromisedAt] as const]
      : [],
  );
  if (earlier.length === 0) return;
  const all = new Map([...known, ...earlier]);
  const text = [...all].map(([kid, since]) => [kid, new Date(since * 1000).toISOString()]);
  const fresh = join(folder, `${fileName}.${mark}.new`);
  await writeFile(fresh, `${JSON.stringify(Object.fromEntries(text), null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(fresh, join(folder, fileName));
}
