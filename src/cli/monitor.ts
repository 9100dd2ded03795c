import "./needs-node.js"; // first of all
import { setTimeout } from "node:timers/promises";
import { type LogReader, LogUnreachable, openLog } from "../connectors/log-reader.ts";
import type { AuditFinding } from "../proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../proof/audit/log-note.ts";
import { isPersonal } from "../proof/log/log-entry.ts";
import type { NoteKey } from "../proof/log/signed-note.ts";
import { followLog } from "../use-cases/log/follow-log.ts";
import {
  Alarm,
  mustBeWritable,
  openKept,
  readKeys,
  readNewest,
  readServed,
  readText,
  recall,
  type Seen,
  tell,
  writeMemory,
} from "./audit/auditing.ts";
import { type AuditorOrder, auditorOptions, readAuditorOrder, sharedHelp } from "./audit/auditor-order.ts";
import { makeWatch, type Watched } from "./audit/watched-entries.ts";
import { jsonOf, messageOf, parseWords, printable, UsageError } from "./program.ts";

const help = `Follows a public log: prints every entry of a department or an enterprise, and raises the alarm when the log
takes anything back.

Usage: npm run --silent monitor -- PLACE [--issuer CODE …] [--holder CODE …] [options]
   or: node src/cli/monitor.ts PLACE [--issuer CODE …] [--holder CODE …] [options]

  PLACE            address of the log (https://hub.example/log) or of its hub, or a folder with the log's files
  --issuer CODE    print entries about licenses of this department; may be repeated
  --holder CODE    print entries about licenses of this enterprise, by its code; may be repeated. A person's entries
                   can not be recognized by anybody who knows the code alone: ask the hub for them.
  --all            print keys that were added or ended, keys for records, and closed days of the access ledger too;
                   without --issuer and --holder only those. Keys that were compromised are always printed
${sharedHelp.keys}
  --compare PLACE  a checkpoint another client has kept (a file), or a log as another client sees it (an address):
                   both must be of one log; may be repeated
  --state FILE     remember how far the log was read, and the newest checkpoint; begins there next time.
  --from WHERE     where to begin when nothing is remembered: the number of an entry, or now. What lies before is not
                   read; that it stays as it is is watched all the same. The first entry (0), unless told
  --once           read what there is, and end
  --every SECONDS  look again after so long: 60, unless told
${sharedHelp.answer}

Exit code: 0 nothing wrong (with --once, or after Ctrl-C), 1 fork, rollback, damage or too few witnesses, 2 could not
tell (unreachable with --once, wrong usage). Without --once a log that does not answer is asked again.`;

type Order = Watched &
  AuditorOrder &
  Readonly<{
    place: string;
    compare: readonly string[];
    from: number | "now" | undefined;
    once: boolean;
    every: number;
  }>;

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
    if (error instanceof Alarm && order) {
      tell(order)(error.finding);
      return 1;
    }
    const known = error instanceof UsageError || error instanceof LogUnreachable;
    console.error(`monitor: ${printable(known ? error.message : `could not finish: ${messageOf(error)}`)}`);
    return 2;
  }
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parseWords(args, {
    ...auditorOptions,
    issuer: { type: "string", multiple: true, default: [] },
    holder: { type: "string", multiple: true, default: [] },
    all: { type: "boolean", default: false },
    compare: { type: "string", multiple: true, default: [] },
    from: { type: "string" },
    once: { type: "boolean", default: false },
    every: { type: "string", default: "60" },
  });
  if (values.help) return undefined;
  const [place, ...more] = positionals;
  if (place === undefined || place === "" || more.length > 0) throw new UsageError("name one PLACE (see --help).");
  const { issuer, holder, all, compare, once } = values;
  const common = readAuditorOrder(values);
  if (issuer.length + holder.length === 0 && !all)
    throw new UsageError("name whom to watch with --issuer or --holder, or --all (see --help).");
  const every = Number(values.every);
  if (!(every >= 1 && every <= 86_400)) throw new UsageError("--every is a number of seconds, from 1 to 86400.");
  const from = values.from === undefined || values.from === "now" ? values.from : Number(values.from);
  if (typeof from === "number" && !(Number.isSafeInteger(from) && from >= 0))
    throw new UsageError("--from is the number of an entry, counted from 0, or now.");
  if (holder.some(isPersonal)) console.error(words.personal[common.language]);
  return { ...common, place, issuers: issuer, holders: holder, all, compare, from, once, every };
}

async function follow(order: Order): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await mustBeWritable(order.state);
  const log = await openLog(order.place);
  const { keys, warning } = await readKeys(log, order);
  if (warning) console.error(warning[order.language]);
  const watch = makeWatch(order);
  const remembered = await recall(order, keys, "--compare");
  if (remembered && order.from !== undefined)
    console.error(`monitor: ${words.fromIdle[order.language](remembered.edge.size())}`);
  let seen = remembered;
  let last: Reached | undefined;
  const end = (reached: Reached) => {
    tellEnd(order, reached, watch.counts());
    // Of one who comes back every hour the last hour may well hold nothing.
    if (remembered === undefined && watch.counts().read > 0)
      for (const code of watch.unmet()) console.error(printable(`monitor: ${words.unmet[order.language]}${code}`));
    return 0;
  };
  for (;;) {
    try {
      const round = await followOnce(order, { log, keys, seen, watch, stop: stop.signal });
      round.findings.forEach(tell(order));
      if (round.findings.length > 0) return 1;
      seen = round.seen;
      // A round that was cut short has shown nothing.
      if (stop.signal.aborted) return interrupted(order);
      last = round.reached;
      if (order.once) return end(last);
    } catch (error) {
      // One that does not answer now is asked again; it can not hide by that, for what was seen is remembered.
      if (!(error instanceof LogUnreachable) || order.once) throw error;
      console.error(printable(`monitor: ${error.message}`));
    }
    await setTimeout(order.every * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) return last ? end(last) : interrupted(order);
  }
}

function interrupted({ once, language }: Order): number {
  console.error(`monitor: ${words.stopped[language]}`);
  return once ? 2 : 0;
}

/** How far a round has come. `witnessed`: the size that the witnesses asked for have signed. */
type Reached = Readonly<{ origin: string; size: number; witnessed?: number }>;

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
  const { newest, witnessed, findings } = await readServed(log, keys, order.witnesses);
  const { origin, size } = newest;
  const reached: Reached = { origin, size, ...(witnessed && { witnessed: witnessed.size }) };
  if (findings.length > 0) return { findings, seen, reached };
  const from = seen ? undefined : await begin(order, log, newest);
  if (from && "unfit" in from) {
    const { unfit, path } = from;
    return { findings: [{ code: `TILE_${unfit}`, path } satisfies AuditFinding], seen, reached };
  }
  let next = seen;
  const wrong = await followLog(
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
    { newest, before: seen, from, others: [...others, ...(witnessed ? [witnessed] : [])] },
  );
  return { findings: wrong, seen: next, reached };
}

/** Where the first round begins, which is told. */
async function begin({ from = 0, state, language }: Order, log: LogReader, { size }: SignedCheckpoint) {
  const first = from === "now" ? size : from;
  if (first > size) throw new UsageError(`--from ${first}: the log has ${size} entries so far.`);
  const is = words.first[language](first, size);
  console.error(`monitor: ${is}${state === undefined ? words.noState[language] : ""}`);
  return first === 0 ? undefined : log.readEdge(first, size);
}

async function readOther(place: string, keys: readonly NoteKey[]): Promise<SignedCheckpoint> {
  if (!/^https?:\/\//.test(place)) return openKept(await readText(place), place, keys);
  return readNewest(await openLog(place), keys);
}

type Counts = ReturnType<ReturnType<typeof makeWatch>["counts"]>;

function tellEnd({ json, language }: Order, reached: Reached, counts: Counts): void {
  const { origin, size, witnessed } = reached;
  const seen = witnessed === undefined ? "" : `, ${words.witnessed[language]} ${witnessed}`;
  if (json) console.log(jsonOf({ outcome: "IN_ORDER", ...reached, ...counts }));
  else
    console.log(
      printable(`IN_ORDER  ${words.end[language]} (${origin}: ${size}, ${words.counts[language](counts)}${seen})`),
    );
}

const words = {
  unmet: { en: "no entry that was read is of ", zh: "所读条目中没有属于该代码者：" },
  stopped: { en: "interrupted before it had come to the end.", zh: "已中断，尚未读完。" },
  witnessed: { en: "seen by witnesses up to", zh: "见证方已签署至" },
  end: { en: "Nothing was taken back.", zh: "未发现任何撤改。" },
  counts: {
    en: ({ read, printed, unknown }: Counts) => `${read} read now, ${printed} printed, of unknown kind ${unknown}`,
    zh: ({ read, printed, unknown }: Counts) => `本次读取 ${read} 条，输出 ${printed} 条，未知类型 ${unknown} 条`,
  },
  first: {
    en: (first: number, size: number) =>
      first === 0
        ? `nothing is remembered yet: reading all ${size} entries so far. (--from now: only what comes.)`
        : `beginning at entry ${first} of ${size}; what lies before is not printed.`,
    zh: (first: number, size: number) =>
      first === 0
        ? `尚无进度记录：读取至今全部 ${size} 条。（--from now：仅读取此后的条目。）`
        : `自第 ${first} 条起，共 ${size} 条；此前的条目不输出。`,
  },
  fromIdle: {
    en: (size: number) => `--from is passed over: the --state remembers that the log was read up to entry ${size}.`,
    zh: (size: number) => `忽略 --from：--state 所记进度为 ${size} 条，由此继续。`,
  },
  noState: { en: " Without --state the next run begins so again.", zh: "未指定 --state 时下次仍如此开始。" },
  personal: {
    en: "WARNING: a code given as --holder can be a person's. A person's entries can not be recognized by the code alone; ask the hub for them.",
    zh: "警告：--holder 可能是自然人证件号。仅凭证件号无法识别自然人的条目，请向枢纽查询。",
  },
} as const;

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
