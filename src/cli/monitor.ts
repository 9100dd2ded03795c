import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type LogReader, LogUnreachable, openLog } from "../connectors/log-reader.ts";
import { type AuditFinding, auditCodes } from "../proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../proof/audit/log-note.ts";
import { isPersonal } from "../proof/log/log-entry.ts";
import type { NoteKey } from "../proof/log/signed-note.ts";
import type { TreeEdge } from "../proof/log/tree-edge.ts";
import { followLog } from "../use-cases/log/follow-log.ts";
import {
  Alarm,
  findingLines,
  type Language,
  messageOf,
  openKept,
  printable,
  readKeys,
  readLanguage,
  readMemory,
  readNewest,
  readText,
  UsageError,
  writeMemory,
} from "./audit/auditing.ts";
import { makeWatch, type Watched } from "./audit/watched-entries.ts";

const help = `Follows a public log: prints every entry of a department or an enterprise, and raises the alarm when the log
takes anything back.

Usage: node src/cli/monitor.ts PLACE [--issuer CODE …] [--holder CODE …] [options]

  PLACE            address of the log (https://hub.example/log) or of its hub, or a folder with the log's files
  --issuer CODE    print entries about licenses of this department; may be repeated
  --holder CODE    print entries about licenses of this enterprise, by its code; may be repeated. A person's entries
                   can not be recognized by anybody who knows the code alone: ask the hub for them.
  --all            print keys that were added or ended, keys for records, and closed days of the access ledger too
  --vkey KEY       the log's key, NAME+ID+KEY, as at /log/vkey
  --keys JWKS      file with the hub's key set; instead of --vkey.
                   With neither, the key beside the log is taken on trust, and printed.
  --compare PLACE  a checkpoint another client has kept (a file), or a log as another client sees it (an address):
                   both must be of one log; may be repeated
  --state FILE     remember how far the log was read, and the newest checkpoint; begins there next time.
                   Without it the log is read from its first entry.
  --once           read what there is, and end
  --every SECONDS  look again after so long: 60, unless told
  --json           print a JSON object a line
  --lang           language: en (default) or zh
  --help           print this

Exit code: 0 nothing wrong (with --once, or after Ctrl-C), 1 fork, rollback or damage, 2 could not tell (unreachable
with --once, wrong usage). Without --once a log that does not answer is asked again.`;

type Order = Watched &
  Readonly<{
    place: string;
    vkey: string | undefined;
    keys: string | undefined;
    compare: readonly string[];
    state: string | undefined;
    once: boolean;
    every: number;
    json: boolean;
    language: Language;
  }>;

type Seen = Readonly<{ edge: TreeEdge; checkpoint: SignedCheckpoint }>;

async function main(args: readonly string[]): Promise<number> {
  let order: Order | undefined;
  try {
    order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    return await follow(order);
  } catch (error) {
    if (error instanceof Alarm && order) return alarm(order, [error.finding]);
    const known = error instanceof UsageError || error instanceof LogUnreachable;
    console.error(`monitor: ${printable(known ? error.message : `could not finish: ${messageOf(error)}`)}`);
    return 2;
  }
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [place, ...more] = positionals;
  if (place === undefined || place === "" || more.length > 0) throw new UsageError("name one PLACE (see --help).");
  const { issuer, holder, all, vkey, keys, compare, state, once, json } = values;
  if (vkey !== undefined && keys !== undefined) throw new UsageError("--vkey or --keys, not both.");
  if (issuer.length + holder.length === 0 && !all)
    throw new UsageError("name whom to watch with --issuer or --holder, or --all (see --help).");
  const every = Number(values.every);
  if (!(every >= 1 && every <= 86_400)) throw new UsageError("--every is a number of seconds, from 1 to 86400.");
  const language = readLanguage(values.lang);
  if (holder.some(isPersonal)) console.error(words.personal[language]);
  return { place, issuers: issuer, holders: holder, all, vkey, keys, compare, state, once, every, json, language };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        issuer: { type: "string", multiple: true, default: [] },
        holder: { type: "string", multiple: true, default: [] },
        all: { type: "boolean", default: false },
        vkey: { type: "string" },
        keys: { type: "string" },
        compare: { type: "string", multiple: true, default: [] },
        state: { type: "string" },
        once: { type: "boolean", default: false },
        every: { type: "string", default: "60" },
        json: { type: "boolean", default: false },
        lang: { type: "string", default: "en" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} (see --help).`);
  }
}

async function follow(order: Order): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const log = await openLog(order.place);
  const { keys, warning } = await readKeys(log, order);
  if (warning) console.error(warning[order.language]);
  const watch = makeWatch(order);
  let seen = await recall(order, keys);
  for (;;) {
    try {
      const round = await followOnce(order, { log, keys, seen, watch, stop: stop.signal });
      if (round.findings.length > 0) return alarm(order, round.findings);
      seen = round.seen;
      if (order.once) {
        tellEnd(order, seen, watch.unknown());
        for (const code of seen && order.state === undefined ? watch.unmet() : [])
          console.error(printable(`monitor: ${words.unmet[order.language]}${code}`));
        return 0;
      }
    } catch (error) {
      // One that does not answer now is asked again; it can not hide by that, for what was seen is remembered.
      if (!(error instanceof LogUnreachable) || order.once) throw error;
      console.error(printable(`monitor: ${error.message}`));
    }
    await setTimeout(order.every * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) return 0;
  }
}

type Round = Readonly<{
  log: LogReader;
  keys: readonly NoteKey[];
  seen: Seen | undefined;
  watch: ReturnType<typeof makeWatch>;
  stop: AbortSignal;
}>;

async function followOnce(order: Order, { log, keys, seen, watch, stop }: Round) {
  // Others first: what they saw before we look, we must see too.
  const others = await Promise.all(order.compare.map((place) => readOther(place, keys)));
  const newest = await readNewest(log, keys);
  let next = seen;
  const findings = await followLog(
    {
      log,
      entry: (index, bytes) => {
        for (const line of watch.lines(index, bytes)) console.log(line);
      },
      remember: async (memory) => {
        if (order.state !== undefined) await writeMemory(order.state, memory);
        next = { edge: memory.edge, checkpoint: await openKept(memory.note, "", keys) };
      },
      isStopped: () => stop.aborted,
    },
    { newest, before: seen, others },
  );
  return { findings, seen: next };
}

async function readOther(place: string, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  if (!/^https?:\/\//.test(place)) return openKept(await readText(place), place, keys);
  return readNewest(await openLog(place), keys);
}

async function recall(order: Order, keys: readonly NoteKey[]): Promise<Seen | undefined> {
  const memory = order.state === undefined ? undefined : await readMemory(order.state);
  if (memory === undefined) return undefined;
  const checkpoint = memory === "DAMAGED" ? undefined : await openKept(memory.note, "", keys).catch(() => undefined);
  if (memory !== "DAMAGED" && checkpoint) return { edge: memory.edge, checkpoint };
  console.error(printable(`${order.state ?? ""}: ${words.notBelieved[order.language]}`));
  return undefined;
}

function alarm({ json, language }: Order, findings: readonly AuditFinding[]): number {
  for (const finding of findings)
    if (json) console.log(JSON.stringify({ ...finding, text: auditCodes[finding.code][language] }));
    else console.log(findingLines(finding, language).join("\n"));
  return 1;
}

function tellEnd({ json, language }: Order, seen: Seen | undefined, unknown: number): void {
  const { origin, size } = seen?.checkpoint ?? { origin: "", size: 0 };
  if (json) console.log(JSON.stringify({ outcome: "IN_ORDER", origin, size, unknown }));
  else
    console.log(
      printable(`IN_ORDER  ${words.end[language]} (${origin}: ${size}, ${words.unknown[language]} ${unknown})`),
    );
}

const words = {
  unmet: { en: "no entry so far is of ", zh: "尚无条目属于 " },
  end: { en: "Nothing was taken back.", zh: "未发现任何撤改。" },
  unknown: { en: "of unknown kind", zh: "未知类型" },
  notBelieved: {
    en: "what was remembered does not hold; the log is read from its first entry.",
    zh: "先前记录的进度不可信，从第一条重新读取。",
  },
  personal: {
    en: "WARNING: a code given as --holder can be a person's. A person's entries can not be recognized by the code alone; ask the hub for them.",
    zh: "警告：--holder 可能是自然人证件号。仅凭证件号无法识别自然人的条目，请向枢纽查询。",
  },
} as const;

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
