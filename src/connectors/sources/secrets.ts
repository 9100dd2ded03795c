import { readFile } from "node:fs/promises";
import { SourceError } from "./source-call.ts";

/**
 * Reads the file of secrets: a JSON object, name to value. It is read anew for each pull, so that a secret can be changed
 * without a restart. *Throws* an Error with one line that repeats nothing of it.
 */
export async function readSecrets(file: string): Promise<ReadonlyMap<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is no JSON" : errorCode(error);
    throw new Error(`the secrets in ${file} (SOURCE_SECRETS) can not be read: ${reason}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`the secrets in ${file} (SOURCE_SECRETS) are no JSON object such as {"NAME":"VALUE"}`);
  const secrets = new Map<string, string>();
  for (const [name, secret] of Object.entries(value)) {
    if (typeof secret !== "string" || secret === "")
      throw new Error(`the secret ${JSON.stringify(name)} in ${file} (SOURCE_SECRETS) is no text, or empty`);
    secrets.set(name, secret);
  }
  return secrets;
}

/** The secret a source names. *Throws* SourceError SECRET_MISSING with the name. */
export async function findSecret(file: string | undefined, name: string): Promise<string> {
  const secrets = file === undefined ? undefined : await readSecrets(file).catch(() => undefined);
  const secret = secrets?.get(name);
  if (secret === undefined) throw new SourceError("SECRET_MISSING", name);
  return secret;
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "it can not be opened";
}
