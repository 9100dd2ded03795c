import "./needs-node.js"; // first of all
import { LogUnreachable, openLog } from "../connectors/log-reader.ts";
import { type AuditFinding, isWrong } from "../proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../proof/audit/log-note.ts";
import type { Keyring } from "../proof/keyring.ts";
import { checkLog, type LogCheck } from "../use-cases/log/check-log.ts";
import {
  Alarm,
  mustBeWritable,
  notBelieved,
  openKept,
  readKeys,
  readServed,
  readText,
  recall,
  tell,
  writeMemory,
  writeWhole,
} from "./audit/auditing.ts";
import { type AuditorOrder, auditorOptions, readAuditorOrder, sharedHelp } from "./audit/auditor-order.ts";
import { loggedKeys } from "./audit/logged-keys.ts";
import { openProgress } from "./audit/progress.ts";
import { readWanted } from "./audit/wanted-licenses.ts";
import { readKeyring } from "./key-set.ts";
import { jsonOf, messageOf, parseWords, printable, UsageError } from "./program.ts";

const help = `Checks a public log whole: recomputes every leaf, tile and root, and compares with what was seen before.

Usage: npm run --silent fsck -- PLACE [options]
   or: node src/cli/fsck.ts PLACE [options]

  PLACE            address of the log (https://hub.example/log) or of its hub, or a folder with the log's files (a
                   mirror): checkpoint, tile/…; may be left out when --database is given
${sharedHelp.keys}
  --since FILE     a checkpoint kept earlier: the log must still begin with what it stood for
  --keep FILE      write the newest checkpoint there when the log is in order; name it as --since next time
  --state FILE     remember how far the log was read: an interrupted run goes on there, the next reads what is new
  --licenses PATH  a license, a bundle, or a folder of them, which must stand in the log; may be repeated. A line for
                   each file says what came of it. With --keys their signatures are verified too.
                   Of a bundle only the license is looked at: its proofs are for verify. Reads the log from its first
                   entry.
  --database URL   compare the hub's own tables with its log, row by row, as whoever owns them (postgres://…); with
                   a PLACE they must also hold what the published log has shown.
                   With --keys every license's signature is verified too.
${sharedHelp.answer}

Needs no build, no database and no network but the log's, unless told.
Exit code: 0 in order, 1 something is wrong (fork, rolled back, damage, a file that is no license of this log),
2 could not tell (unreachable, interrupted, wrong usage).`;

type Order = AuditorOrder &
  Readonly<{
    place: string | undefined;
    since: string | undefined;
    keep: string | undefined;
    licenses: readonly string[];
    database: string | undefined;
  }>;

/** How many findings there were; `summary`: of the part that was checked. */
type Checked = Readonly<{ findings: number; isStopped: boolean; summary: Readonly<Record<string, unknown>> }>;

async function main(args: readonly string[]): Promise<number> {
  let order: Order | undefined;
  try {
    order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    // The published log first: what it has shown by then, the tables must hold.
    const published = order.place === undefined ? undefined : await checkPlace(order.place, order);
    const tables =
      order.database === undefined ? undefined : await checkTables(order.database, order, published?.shown);
    const checked = [published, tables].filter((part) => part !== undefined);
    const findings = checked.reduce((sum, part) => sum + part.findings, 0);
    const isStopped = checked.some((part) => part.isStopped);
    const outcome = findings > 0 ? "WRONG" : isStopped ? "STOPPED" : "IN_ORDER";
    tellOutcome(order, outcome, findings, Object.assign({}, ...checked.map((part) => part.summary)));
    return { IN_ORDER: 0, WRONG: 1, STOPPED: 2 }[outcome];
  } catch (error) {
    if (error instanceof Alarm && order) {
      tell(order)(error.finding);
      tellOutcome(order, "WRONG", 1, {});
      return 1;
    }
    const known = error instanceof UsageError || error instanceof LogUnreachable;
    console.error(`fsck: ${printable(known ? error.message : `could not finish: ${messageOf(error)}`)}`);
    if (error instanceof LogUnreachable && order?.state !== undefined)
      console.error("fsck: run the same command again to go on where it ended.");
    return 2;
  }
}

function tellOutcome(
  { json, language }: Order,
  outcome: keyof typeof outcomes,
  findings: number,
  summary: Checked["summary"],
): void {
  console.log(
    json
      ? jsonOf({ outcome, findings, ...summary })
      : `${outcome}  ${outcomes[outcome][language]}${summaryOf(summary)}`,
  );
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parseWords(args, {
    ...auditorOptions,
    since: { type: "string" },
    keep: { type: "string" },
    licenses: { type: "string", multiple: true, default: [] },
    database: { type: "string" },
  });
  if (values.help) return undefined;
  const [place, ...more] = positionals;
  if (more.length > 0 || place === "") throw new UsageError("name one PLACE (see --help).");
  const { since, keep, licenses, database } = values;
  const order = { ...readAuditorOrder(values), place, since, keep, licenses, database };
  if (place !== undefined) return order;
  if (database === undefined) throw new UsageError("name a PLACE, or a --database (see --help).");
  const { state, witnesses } = order;
  // Nobody may take for checked what was not looked at.
  const given = Object.entries({ since, keep, state, licenses: licenses[0], witness: witnesses?.keys[0] });
  const idle = given.find(([, value]) => value !== undefined)?.[0];
  if (idle !== undefined) throw new UsageError(`--${idle} needs a PLACE: the log's address or folder (see --help).`);
  return order;
}

async function checkPlace(place: string, order: Order): Promise<Checked & Readonly<{ shown: SignedCheckpoint }>> {
  const counted = counter(tell(order));
  // Who reads a log for an hour must not hear only then that nothing can be kept of it.
  for (const path of [order.keep, order.state]) await mustBeWritable(path);
  const log = await openLog(place);
  const { keys, warning } = await readKeys(log, order);
  if (warning) console.error(warning[order.language]);
  const { newest, witnessed, findings } = await readServed(log, keys, order.witnesses);
  const since = order.since === undefined ? [] : [await openKept(await readText(order.since), order.since, keys)];
  const memory = await recall(order, keys, "--since");
  const keyring = order.keys === undefined ? undefined : await readKeyring(order.keys);
  const wanted = await readLicenses(order, keyring, counted.report);
  const named = keyring && loggedKeys(keyring);
  findings.forEach(counted.report);
  const stop = stopOnInterrupt();
  const start = wanted.sought > 0 ? undefined : memory?.edge;
  const progress = openProgress(start?.size() ?? 0, newest.size);
  let result: LogCheck;
  try {
    result = await checkLog(
      {
        log,
        report: counted.report,
        progress: progress.reach,
        remember: async (kept) => (order.state === undefined ? undefined : writeMemory(order.state, kept)),
        isStopped: stop.isStopped,
      },
      {
        checkpoint: newest,
        known: [...since, ...(memory ? [memory.checkpoint] : []), ...(witnessed ? [witnessed] : [])],
        from: start,
        onEntries: (first, entries) => {
          wanted.look(first, entries);
          named?.look(entries);
        },
      },
    );
  } finally {
    progress.stop();
    stop.end();
  }
  if (result.restarted) notBelieved(order);
  if (named?.isOlder()) console.error(words.olderKeys[order.language]);
  const isStopped = result.outcome === "STOPPED";
  if (isStopped)
    console.error(words.stopped[order.language] + (order.state === undefined ? words.noState[order.language] : ""));
  else wanted.findings(newest.size).forEach(counted.report);
  // Of the log itself: a file beside it that is no license takes nothing from what the log has shown.
  const isSound = result.outcome === "IN_ORDER" && findings.length === 0;
  if (order.keep !== undefined && isSound) await writeWhole(order.keep, newest.note);
  const { origin, size } = newest;
  return {
    findings: counted.count(),
    isStopped,
    shown: newest,
    summary: {
      ...{ origin, size, from: result.from, licenses: wanted.files },
      ...(order.witnesses && { witnessed: witnessed?.size ?? 0 }),
    },
  };
}

async function readLicenses(
  { licenses, language }: Order,
  keyring: Keyring | undefined,
  report: (finding: AuditFinding) => void,
) {
  if (licenses.length > 0 && keyring === undefined) console.error(words.noKeys[language]);
  return readWanted(licenses, keyring, report);
}

async function checkTables(url: string, order: Order, shown: SignedCheckpoint | undefined): Promise<Checked> {
  // Only now: whoever checks a log from outside needs none of what a database needs.
  const { checkDatabase } = await import("./audit/database-door.ts");
  return checkDatabase(url, { ...order, shown }, (line) => console.log(line));
}

function counter(report: (finding: AuditFinding) => void) {
  let count = 0;
  return {
    count: () => count,
    report: (finding: AuditFinding) => {
      if (isWrong(finding)) count += 1;
      report(finding);
    },
  };
}

/** The first Ctrl-C stops where it can go on later; the second ends at once, as always. */
function stopOnInterrupt() {
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.once("SIGINT", stop);
  return { isStopped: () => stopped, end: () => process.off("SIGINT", stop) };
}

function summaryOf({ origin, size, from, licenses, witnessed, rows }: Readonly<Record<string, unknown>>): string {
  const log = origin === undefined ? "" : ` ${printable(String(origin))}: ${size} entries, read from ${from}`;
  const sample = licenses === undefined || licenses === 0 ? "" : `, license files: ${licenses}`;
  const seen = witnessed === undefined ? "" : `, seen by witnesses up to ${witnessed}`;
  const tables = rows === undefined ? "" : ` ${rows} rows compared`;
  const text = [log + sample + seen, tables].filter(Boolean).join(";");
  return text === "" ? "" : ` (${text.trim()})`;
}

const outcomes = {
  IN_ORDER: { en: "Everything fits.", zh: "全部相符。" },
  WRONG: { en: "Something is wrong: keep what is printed above.", zh: "发现问题，请保存以上输出。" },
  STOPPED: { en: "Interrupted: nothing wrong so far.", zh: "已中断，至此未发现问题。" },
} as const;

const words = {
  stopped: {
    en: "fsck: interrupted. Run the same command again to go on.",
    zh: "fsck：已中断。再次运行同一命令即可继续。",
  },
  noState: { en: " Without --state it begins anew.", zh: "未指定 --state 时将从头开始。" },
  noKeys: {
    en: "WARNING: without --keys no license's signature is verified: a forged one only shows by not standing in the log.",
    zh: "警告：未指定 --keys，不验证证照签名；伪造的证照只能由其不在日志中看出。",
  },
  olderKeys: {
    en: "WARNING: the log names keys (or a compromise) that your key set lacks: fetch /.well-known/jwks.json anew.",
    zh: "警告：日志所载的密钥（或泄露声明）不在您的密钥集中：请重新获取 /.well-known/jwks.json。",
  },
} as const;

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
