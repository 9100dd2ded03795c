import { readFile, rename, writeFile } from "node:fs/promises";
import { type LogReader, LogUnreachable } from "../../connectors/log-reader.ts";
import { HubError, type LocalizedText } from "../../errors.ts";
import { type AuditFinding, auditCodes } from "../../proof/audit/audit-codes.ts";
import { type AuditMemory, formatMemory, parseMemory } from "../../proof/audit/audit-memory.ts";
import { openLogNote, type SignedCheckpoint } from "../../proof/audit/log-note.ts";
import { type Keyring, parseJwks } from "../../proof/keyring.ts";
import { logKeysOf } from "../../proof/log/judge-inclusion.ts";
import { formatNoteKey, type NoteKey, parseNoteKey } from "../../proof/log/signed-note.ts";

/** The language an auditor reads. */
export type Language = keyof LocalizedText;

/** A wrong call, or a file that cannot be used: one line for standard error. */
export class UsageError extends Error {}

/** Something that is wrong, found before the check itself could begin. */
export class Alarm extends Error {
  readonly finding: AuditFinding;
  constructor(finding: AuditFinding) {
    super(finding.code);
    this.finding = finding;
  }
}

/** What a checkpoint is verified with, where the caller says it. */
export type KeyOrder = Readonly<{ vkey: string | undefined; keys: string | undefined }>;

/** The keys of the log; `warning`: they were taken from the log itself, which proves little. */
export type LogKeys = Readonly<{ keys: readonly NoteKey[]; warning?: LocalizedText }>;

/** Finds the log's keys. *Throws* UsageError for a key or key set that is none. */
export async function readKeys(log: LogReader, { vkey, keys }: KeyOrder): Promise<LogKeys> {
  if (vkey !== undefined) {
    const key = parseNoteKey(vkey.trim());
    if (!key) throw new UsageError("--vkey is no key: expected NAME+ID+KEY, as at /log/vkey.");
    return { keys: [key] };
  }
  if (keys !== undefined) {
    const found = logKeysIn(await readKeyring(keys));
    if (found.length === 0) throw new UsageError(`the key set in ${keys} holds no key of a log.`);
    return { keys: found };
  }
  const served = await log.readKey();
  const key = served === undefined ? undefined : parseNoteKey(served);
  if (!key) throw new UsageError("the log serves no key beside it: name one with --vkey or --keys (see --help).");
  const text = formatNoteKey(key);
  return {
    keys: [key],
    warning: {
      en: `WARNING: the log's key was taken from the log itself, on trust. Keep it and name it next time:\n  --vkey '${text}'`,
      zh: `警告：日志公钥取自日志自身，首次使用即予信任。请保存，下次用下列参数指明：\n  --vkey '${text}'`,
    },
  };
}

/** Reads a hub's key set. *Throws* UsageError. */
export async function readKeyring(path: string): Promise<Keyring> {
  const text = await readText(path);
  try {
    return parseJwks(text);
  } catch (error) {
    if (error instanceof HubError) throw new UsageError(`the key set in ${path} is not acceptable.`);
    throw error;
  }
}

/** The keys of every log whose issuer a key set names. */
export function logKeysIn(keyring: Keyring): readonly NoteKey[] {
  const issuers = new Set(keyring.ofPurpose("log").map(({ issuer }) => issuer));
  return [...issuers].flatMap((issuer) => logKeysOf(keyring, issuer));
}

/** The newest checkpoint as it is served. *Throws* Alarm when it is not the log's; LogUnreachable when there is none. */
export async function readNewest(log: LogReader, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  const text = await log.readCheckpoint();
  if (text === undefined) throw new LogUnreachable("there is no log: it has no checkpoint");
  const opened = await openLogNote(text, keys);
  if ("code" in opened) throw new Alarm({ code: opened.code, path: "checkpoint", notes: [text] });
  return opened;
}

/** A checkpoint that somebody kept. *Throws* UsageError when it is none of this log's: it proves nothing then. */
export async function openKept(text: string, from: string, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  const opened = await openLogNote(text, keys);
  if ("code" in opened) throw new UsageError(`${from}: ${auditCodes[opened.code].en} (${opened.code})`);
  return opened;
}

/** What an earlier run remembered; DAMAGED: there is a file, and it is not believed. */
export async function readMemory(path: string): Promise<AuditMemory | "DAMAGED" | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  });
  return text === undefined ? undefined : (parseMemory(text) ?? "DAMAGED");
}

export const writeMemory = (path: string, memory: AuditMemory) => writeWhole(path, formatMemory(memory));

/** Writes a file so that it is there whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

/** A finding as lines for a person; the evidence is printed whole. */
export function findingLines({ code, path, file, notes }: AuditFinding, language: Language): readonly string[] {
  const where = path ?? file;
  return [
    `✗ ${code.padEnd(20)} ${where === undefined ? "" : `${printable(where)}  `}${auditCodes[code][language]}`,
    ...(notes ?? []).flatMap((note) => [
      "",
      ...note
        .trimEnd()
        .split("\n")
        .map((line) => `    ${printable(line)}`),
    ]),
  ];
}

/** Text that cannot steer a terminal: control and direction characters become a question mark. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "?");
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads the language asked for. *Throws* UsageError. */
export function readLanguage(text: string): Language {
  if (text !== "en" && text !== "zh") throw new UsageError("--lang is en or zh.");
  return text;
}
