import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ConfigError, isOfThisMachine } from "../../config.ts";
import type { KeyPurpose } from "../../proof/keyring.ts";
import type { KeySourceKind } from "../../proof/signing/signer.ts";

/** A token that speaks PKCS#11: its library, the token's label, the file that holds the user's PIN. */
export type Pkcs11Place = Readonly<{ module: string; token: string; pinFile: string }>;

/** A key management service: its address, the file that holds the bearer token. */
export type KmsPlace = Readonly<{ url: string; tokenFile: string }>;

/** Which purposes have their keys elsewhere than in files. `labels`: names of keys that were made there beforehand. */
export type SignerPlaces = Readonly<{
  purposes: ReadonlyMap<KeyPurpose, KeySourceKind>;
  labels: ReadonlyMap<KeyPurpose, string>;
  pkcs11?: Pkcs11Place;
  kms?: KmsPlace;
}>;

/** Every key is a file. */
export const noSigners: SignerPlaces = { purposes: new Map(), labels: new Map() };

/** Purposes whose keys may lie elsewhere. Tokens' may not: a secret for cookies is made from them. */
const purposesElsewhere = ["license", "status", "log", "receipt"] as const;

/**
 * Reads the file that KEY_SIGNERS names; files in it are named from its own folder. *Throws* ConfigError with one line that
 * names the member.
 */
export async function readSignerPlaces(file: string): Promise<SignerPlaces> {
  const wrong = (what: string) => new ConfigError(`${file} (KEY_SIGNERS): ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? "it is no JSON" : "it can not be read");
  }
  const folder = dirname(file);
  const whole = membersOf(value, ["purposes", "labels", "pkcs11", "kms"], "it", wrong);
  const purposes = new Map<KeyPurpose, KeySourceKind>();
  for (const [name, kind] of Object.entries(membersOf(whole["purposes"], purposesElsewhere, "purposes", wrong))) {
    const purpose = purposesElsewhere.find((one) => one === name);
    if (!purpose || (kind !== "pkcs11" && kind !== "kms")) throw wrong(`purposes.${name} is neither pkcs11 nor kms`);
    if (whole[kind] === undefined) throw wrong(`purposes.${name} is ${kind}, and ${kind} is not there`);
    if (purpose === "log" && kind === "kms") throw wrong("purposes.log can not be kms: the log is signed with Ed25519");
    purposes.set(purpose, kind === "kms" ? "KMS" : "PKCS11");
  }
  const labels = new Map<KeyPurpose, string>();
  for (const [name, label] of Object.entries(membersOf(whole["labels"] ?? {}, purposesElsewhere, "labels", wrong))) {
    const purpose = purposesElsewhere.find((one) => one === name);
    if (!purpose || !purposes.has(purpose)) throw wrong(`labels.${name} is of a purpose that is not in purposes`);
    labels.set(purpose, textOf(label, `labels.${name}`, wrong));
  }
  const read = <Name extends string>(part: "pkcs11" | "kms", names: readonly Name[]) => {
    const members = membersOf(whole[part], names, part, wrong);
    return Object.fromEntries(names.map((name) => [name, textOf(members[name], `${part}.${name}`, wrong)])) as Readonly<
      Record<Name, string>
    >; // each was read in this line
  };
  const pkcs11 = whole["pkcs11"] === undefined ? undefined : read("pkcs11", ["module", "token", "pinFile"]);
  const kms = whole["kms"] === undefined ? undefined : read("kms", ["url", "tokenFile"]);
  if (kms && !isSafe(kms.url))
    throw wrong("kms.url must be https: whoever can change what goes there signs as the hub");
  return {
    ...{ purposes, labels },
    ...(pkcs11 && { pkcs11: { ...pkcs11, pinFile: resolve(folder, pkcs11.pinFile) } }),
    ...(kms && { kms: { url: kms.url.replace(/\/+$/, ""), tokenFile: resolve(folder, kms.tokenFile) } }),
  };
}

function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  if (username + password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isOfThisMachine(url));
}

type Wrong = (what: string) => ConfigError;

function membersOf(value: unknown, names: readonly string[], path: string, wrong: Wrong): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(`${path} is no object`);
  const members = { ...value };
  const unknown = Object.keys(members).find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong(`${path} has the member ${unknown}; expected of ${names.join(", ")}`);
  return members;
}

function textOf(value: unknown, path: string, wrong: Wrong): string {
  if (typeof value === "string" && /^[^\p{Cc}]{1,500}$/u.test(value)) return value;
  throw wrong(`${path} is no text`);
}
