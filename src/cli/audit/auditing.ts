import { access, constants, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type LogReader, LogUnreachable } from "../../connectors/log-reader.ts";
import { codeOf, type LocalizedText } from "../../errors.ts";
import { type AuditFinding, type AuditRow, isWrong, wordsOf } from "../../proof/audit/audit-codes.ts";
import { type AuditMemory, formatMemory, parseMemory } from "../../proof/audit/audit-memory.ts";
import { openLogNote, type SignedCheckpoint } from "../../proof/audit/log-note.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { logKeysOf } from "../../proof/log/judge-inclusion.ts";
import { formatNoteKey, type NoteKey, parseNote, parseNoteKey } from "../../proof/log/signed-note.ts";
import { countWitnesses, type WitnessRule } from "../../proof/log/witness-rule.ts";
import { readKeyring } from "../key-set.ts";
import { jsonOf, type Language, messageOf, printable, UsageError } from "../program.ts";
import type { AuditorOrder } from "./auditor-order.ts";

/** Something that is wrong, found before the check itself could begin. */
export class Alarm extends Error {
  readonly finding: AuditFinding;
  constructor(finding: AuditFinding) {
    super(finding.code);
    this.finding = finding;
  }
}

/** The keys of the log; `warning`: they were taken from the log itself, which proves little. */
export type LogKeys = Readonly<{ keys: readonly NoteKey[]; warning?: LocalizedText }>;

/** Finds the log's keys. *Throws* UsageError for a key or key set that is none. */
export async function readKeys(log: LogReader, { vkey, keys }: Pick<AuditorOrder, "vkey" | "keys">): Promise<LogKeys> {
  if (vkey !== undefined) return { keys: [readVkey(vkey)] };
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

/** Reads a log's key as it is handed around. *Throws* UsageError. */
export function readVkey(text: string): NoteKey {
  const key = parseNoteKey(text.trim());
  if (!key) throw new UsageError("--vkey is no key, or a letter is wrong: expected NAME+ID+KEY, as at /log/vkey.");
  return key;
}

/** The keys of every log whose issuer a key set names. */
export function logKeysIn(keyring: Keyring): readonly NoteKey[] {
  const issuers = new Set(keyring.ofPurpose("log").map(({ issuer }) => issuer));
  return [...issuers].flatMap((issuer) => logKeysOf(keyring, issuer));
}

/** A log's head as it is served. `witnessed`: the newest that the witnesses asked for have signed; undefined: none. */
export type Served = Readonly<{
  newest: SignedCheckpoint;
  witnessed: SignedCheckpoint | undefined;
  findings: readonly AuditFinding[];
}>;

/**
 * Reads the newest checkpoint and, where witnesses are asked for, the newest they have signed: they come a little later.
 * *Throws* Alarm when one is not the log's; LogUnreachable when there is none.
 */
export async function readServed(log: LogReader, keys: readonly NoteKey[], rule?: WitnessRule): Promise<Served> {
  // Before the newest: what witnesses have signed must be in it.
  const cosigned = rule && (await log.readCosigned());
  const newest = await readNewest(log, keys);
  if (!rule) return { newest, witnessed: undefined, findings: [] };
  const signed = [
    { path: "checkpoint", checkpoint: newest },
    ...(cosigned === undefined ? [] : [await servedAt("checkpoint/cosigned", cosigned, keys)]),
  ];
  const findings: AuditFinding[] = [];
  let most = 0;
  for (const { path, checkpoint } of signed) {
    const note = parseNote(checkpoint.note);
    const witnessed = note && (await countWitnesses(note, rule));
    if (witnessed === "SIGNATURE") findings.push({ code: "WITNESS_SIGNATURE", path, notes: [checkpoint.note] });
    else if (witnessed?.isEnough) return { newest, witnessed: checkpoint, findings };
    else most = Math.max(most, witnessed?.count ?? 0);
  }
  const detail = `${most}/${rule.keys.length}, ≥ ${rule.atLeast}`;
  return { newest, witnessed: undefined, findings: [...findings, { code: "WITNESSES_LACKING", detail }] };
}

/** The newest checkpoint as it is served. *Throws* Alarm when it is not the log's; LogUnreachable when there is none. */
export async function readNewest(log: LogReader, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  const text = await log.readCheckpoint();
  if (text === undefined) throw new LogUnreachable("the log serves no checkpoint any more");
  return (await servedAt("checkpoint", text, keys)).checkpoint;
}

async function servedAt(path: string, text: string, keys: readonly NoteKey[]) {
  const opened = await openLogNote(text, keys);
  if ("code" in opened) throw new Alarm({ code: opened.code, path, notes: [text] });
  return { path, checkpoint: opened };
}

/** A checkpoint that somebody kept. *Throws* UsageError when it is none of this log's: it proves nothing then. */
export async function openKept(text: string, from: string, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  const opened = await openLogNote(text, keys);
  if ("code" in opened) throw new UsageError(`${from}: ${withTodo(wordsOf(opened), "en")} (${opened.code})`);
  return opened;
}

/** How far a log was read, and a checkpoint of it whose signature held. */
export type Seen = Readonly<{ edge: AuditMemory["edge"]; checkpoint: SignedCheckpoint }>;

/**
 * What an earlier run remembered, when its note holds; of anything else it is said that it is not believed.
 * @param instead the option by which what was seen before can still be compared
 */
export async function recall(
  { state, language }: AuditorOrder,
  keys: readonly NoteKey[],
  instead: "--since" | "--compare",
): Promise<Seen | undefined> {
  const text = state === undefined ? undefined : await readIfThere(state);
  if (text === undefined) return undefined;
  const memory = parseMemory(text);
  const checkpoint = memory && (await openLogNote(memory.note, keys));
  if (checkpoint && !("code" in checkpoint)) return { edge: memory.edge, checkpoint };
  notBelieved({ state, language });
  console.error(words.notCompared[language](instead));
  return undefined;
}

/** Says that what was remembered is of no use. */
export function notBelieved({ state = "", language }: Pick<AuditorOrder, "state" | "language">): void {
  const words = {
    en: "what an earlier run remembered does not hold; the log is read from its first entry.",
    zh: "先前记录的进度不可信，从第一条重新读取。",
  };
  console.error(`${printable(state)}: ${words[language]}`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  });
}

export const writeMemory = (path: string, memory: AuditMemory) => writeWhole(path, formatMemory(memory));

/** Writes a file so that it is there whole or not at all. *Throws* UsageError when it cannot be written. */
export async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.new`, text, { flush: true });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
  }
}

/** Whether a file can be written later, as far as its folder tells. *Throws* UsageError. */
export async function mustBeWritable(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
  });
}

/** Reads a checkpoint that somebody kept. *Throws* UsageError. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "EISDIR")
      throw new UsageError(
        `${path} is a folder: name a file in it that holds a checkpoint (of a log: ${path}/checkpoint).`,
      );
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

/** Tells what was found: as lines for a person, the evidence whole, or as JSON. */
export function tell({ json, language }: Readonly<{ json: boolean; language: Language }>) {
  return (finding: AuditFinding): void => {
    const { text, todo } = wordsOf(finding);
    if (json) console.log(jsonOf({ ...finding, text: text[language], ...(todo && { todo: todo[language] }) }));
    else console.log(findingLines(finding, language).join("\n"));
  };
}

/** What a code means and, behind an arrow, what to do. */
export function withTodo({ text, todo }: AuditRow, language: Language): string {
  return todo ? `${text[language]} → ${todo[language]}` : text[language];
}

function findingLines(finding: AuditFinding, language: Language): readonly string[] {
  const { code, path, file, detail, notes } = finding;
  const said = withTodo(wordsOf(finding), language);
  const words = [path ?? file, detail && `[${detail}]`, said].filter(Boolean).join("  ");
  return [
    `${isWrong(finding) ? "✗" : "✓"} ${code.padEnd(20)} ${printable(words)}`,
    ...(notes ?? []).flatMap((note) => [
      "",
      ...note
        .trimEnd()
        .split("\n")
        .map((line) => `    ${printable(line)}`),
    ]),
  ];
}

const words = {
  notCompared: {
    en: (option: string) =>
      `What was seen before can not be compared: use ${option} with a checkpoint you keep elsewhere.`,
    zh: (option: string) => `无法与先前所见比对：请用 ${option} 指明另行保存的检查点。`,
  },
} as const;
