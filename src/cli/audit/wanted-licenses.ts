import { existsSync } from "node:fs";
import type { AuditFinding } from "../../proof/audit/audit-codes.ts";
import { isBundle, parseBundle } from "../../proof/bundle/bundle.ts";
import { maxTokenLength, parseCompactJws, payloadDigest } from "../../proof/compact-jws.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { licenseJws, openLicense } from "../../proof/license-jws.ts";
import { parseEntry } from "../../proof/log/log-entry.ts";
import { licenseSdJwt, openLicenseSdJwt } from "../../proof/sd-jwt/license-sd-jwt.ts";
import { isSdJwt, splitSdJwt } from "../../proof/sd-jwt/sd-jwt.ts";
import { chooseFiles, readBytes, textOf } from "../license-files.ts";
import { UsageError } from "../program.ts";

/** Licenses that must stand in a log, by the digest they are known by there. */
export type WantedLicenses = Readonly<{
  /** How many files there are. */
  files: number;
  /** How many of them are licenses, and looked for. */
  sought: number;
  /** Looks through entries for them. */
  look: (first: number, entries: readonly Uint8Array[]) => void;
  /** What came of each that was looked for, in a log of so many entries. *Order*: as named. */
  findings: (size: number) => readonly AuditFinding[];
}>;

/** How many files are read at a time. */
const inFlight = 16;

/**
 * Reads licenses from files and folders: compact JWS, or bundles. Only their digests are kept. A file that holds none, or one
 * whose signature does not hold, is reported, and the rest goes on.
 * @param keyring the hub's keys; undefined: signatures are not looked at
 * *Throws* UsageError for a name of nothing.
 */
export async function readWanted(
  names: readonly string[],
  keyring: Keyring | undefined,
  report: (finding: AuditFinding) => void,
): Promise<WantedLicenses> {
  const nothing = names.find((name) => !existsSync(name));
  if (nothing !== undefined) throw new UsageError(`--licenses: there is no ${nothing}.`);
  const files = names.length === 0 ? [] : chooseFiles(names).files;
  const wanted: Readonly<{ file: string; digest: string }>[] = [];
  for (let from = 0; from < files.length; from += inFlight)
    for (const judged of await Promise.all(files.slice(from, from + inFlight).map((file) => judgeFile(file, keyring))))
      if ("code" in judged) report(judged);
      else wanted.push(judged);
  const missing = new Set(wanted.map(({ digest }) => digest));
  let looked = 0;
  return {
    files: files.length,
    sought: wanted.length,
    look: (_first, entries) => {
      looked += entries.length;
      if (missing.size === 0) return;
      for (const bytes of entries) {
        const digest = digestOfEntry(bytes);
        if (digest === undefined || !missing.has(digest)) continue;
        const entry = parseEntry(bytes);
        if (entry?.kind === "LICENSE" && entry.digest === digest) missing.delete(digest);
      }
    },
    findings: (size) => {
      // It may stand where nothing could be read: nobody is accused of leaving it out.
      const lacking = looked < size ? "LICENSE_UNDECIDED" : "LICENSE_MISSING";
      return wanted.map(({ file, digest }) => ({ code: missing.has(digest) ? lacking : "LICENSE_LOGGED", file }));
    },
  };
}

/** Where an entry has a digest at all, it stands first; the rest is read only of those that are wanted. */
function digestOfEntry(bytes: Uint8Array): string | undefined {
  const start = '{"digest":"';
  if (bytes.length < start.length + 44 || bytes[2] !== 0x64) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, start.length + 43).toString("latin1");
  return text.startsWith(start) ? text.slice(start.length) : undefined;
}

/** The digest to look for, or why there is nothing to look for. *Trust*: the file holds whatever somebody put there. */
async function judgeFile(
  file: string,
  keyring: Keyring | undefined,
): Promise<Readonly<{ file: string; digest: string }> | AuditFinding> {
  let text: string;
  try {
    text = textOf(await readBytes(file));
  } catch (error) {
    if (error instanceof UsageError) return { code: "FILE_UNREADABLE", file, detail: error.message };
    throw error;
  }
  const bundle = isBundle(text) ? parseBundle(text) : { license: text };
  if ("code" in bundle)
    return bundle.code === "BUNDLE_VERSION"
      ? { code: bundle.code, file }
      : { code: "NOT_A_LICENSE", file, detail: bundle.code };
  const token = bundle.license;
  const parts = isSdJwt(token) ? splitSdJwt(token) : { issued: token };
  if ("code" in parts) return { code: "NOT_A_LICENSE", file, detail: parts.code };
  const isInPart = "presented" in parts;
  const { types } = isInPart ? licenseSdJwt : licenseJws;
  const jws = parseCompactJws(parts.issued, { types, maxLength: maxTokenLength });
  const fault = "code" in jws ? jws.code : jws.headerFault;
  if (fault !== undefined) return { code: "NOT_A_LICENSE", file, detail: fault };
  const opening = keyring && (isInPart ? openLicenseSdJwt(parts, keyring) : openLicense(token, keyring));
  const { findings } = (await opening) ?? { findings: [] };
  const failed = findings.filter(({ outcome }) => outcome === "FAIL");
  // What somebody has changed is forged, whatever form is left of it.
  const forged = failed.find(({ name }) => name !== "FORMAT");
  if (forged?.code) return { code: "LICENSE_SIGNATURE", file, detail: forged.code };
  const [malformed] = failed;
  if (malformed?.code) return { code: "NOT_A_LICENSE", file, detail: malformed.code };
  return isInPart ? { code: "LICENSE_IN_PART", file } : { file, digest: payloadDigest(token) };
}
