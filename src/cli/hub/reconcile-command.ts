import { type FileHandle, open } from "node:fs/promises";
import { addDays, dateOf, parseDate } from "../../domain/calendar.ts";
import { type RecordDifference, recordOutcomes } from "../../domain/reconciling/listed-record.ts";
import { runEnds } from "../../domain/sources/source-run.ts";
import { leanly } from "../../edge/guard/lean-heap.ts";
import type { Reconciled } from "../../use-cases/reconciling/reconcile-source.ts";
import { openCounter } from "../submit/progress.ts";
import { lineOf, type Output, type SessionCommand, textOf, UsageError, type Values } from "./command.ts";
import { factsOf, tableOf } from "./table.ts";

const text = { type: "string" } as const;

/** Differences that are shown where no file takes them. */
const shown = 20;

/** `hub reconcile ID` */
export const reconcileCommand: SessionCommand = {
  words: "ID",
  about:
    "Compares a source, read anew from its beginning, with what the hub holds of it, and lists every record that differs.",
  options: { from: text, until: text, list: text },
  help: [
    "ID               of the source",
    "--from DAY       first day compared, by sourceUpdatedAt in Asia/Shanghai: 366 days ago unless said",
    "--until DAY      last day: yesterday unless said",
    "--list FILE      every record that differs, as NDJSON; without, the first 20 are shown",
    "",
    "Needs SOURCE_SECRETS, as the hub does. Exit code 1 also when records differ.",
    "",
    "hub reconcile transport-view",
    "hub reconcile transport-view --from 2026-01-01 --until 2026-06-30 --list differences.ndjson",
  ],
  run: async ({ reconciling, caller }, [id = ""], values) => {
    const range = rangeOf(values);
    const file = await openList(textOf(values, "list"));
    const counter = openCounter("records read");
    const stop = new AbortController();
    const onStop = () => stop.abort();
    process.once("SIGINT", onStop);
    const first: RecordDifference[] = [];
    try {
      const reconciled = await reconciling.reconcileNow(
        caller,
        {
          ...{ id, range, around: leanly, onRead: counter.update },
          onDifferences: async (differences) => {
            if (file) await file.write(differences.map((one) => `${JSON.stringify(one)}\n`).join(""));
            else first.push(...differences.slice(0, shown - first.length));
          },
        },
        stop.signal,
      );
      return outputOf(reconciled, first, range);
    } finally {
      process.off("SIGINT", onStop);
      counter.stop();
      await file?.close();
    }
  },
};

type Range = Readonly<{ from: string; until: string }>;

function rangeOf(values: Values): Range {
  const day = (name: string, otherwise: string) => {
    const given = textOf(values, name);
    const parsed = given === undefined ? otherwise : parseDate(given);
    if (parsed === undefined) throw new UsageError(`--${name} is ${given}; expected a day such as 2026-11-22`);
    return parsed;
  };
  const until = day("until", addDays(dateOf(new Date()), -1));
  const from = day("from", addDays(until, -365));
  if (until < from) throw new UsageError("--until is before --from");
  return { from, until };
}

async function openList(file: string | undefined): Promise<FileHandle | undefined> {
  try {
    return file === undefined ? undefined : await open(file, "w", 0o600);
  } catch (error) {
    throw new UsageError(`${file} can not be written: ${lineOf(error)}`);
  }
}

function outputOf(reconciled: Reconciled, first: readonly RecordDifference[], range: Range): Output {
  const { outcome, detail, read, unreadable, reconciliation, summary } = reconciled;
  const differing = summary ? recordOutcomes.reduce((sum, name) => sum + summary[keyOf(name)], 0) : 0;
  const facts = {
    "its end": `${outcome}: ${runEnds[outcome].en}`,
    ...(detail !== undefined && { where: detail }),
    days: `${range.from} to ${range.until}`,
    ...(reconciliation && {
      ...{
        reconciliation: reconciliation.id,
        theirs: `${reconciliation.theirCount}`,
        ours: `${reconciliation.ourCount}`,
      },
      "days that differ": `${new Set(reconciliation.differences.map(({ day }) => day)).size}`,
    }),
    "rows that are no record": `${unreadable}`,
    ...Object.fromEntries(recordOutcomes.map((name) => [name.toLowerCase(), `${summary?.[keyOf(name)] ?? 0}`])),
  };
  const rows = first.map(({ outcome: what, sourceRecordId, theirs, ours }) => [
    ...[what, sourceRecordId, theirs?.toISOString() ?? "-", ours?.toISOString() ?? "-"],
  ]);
  const more = rows.length > 0 && differing > rows.length ? [`… and ${differing - rows.length} more: --list FILE`] : [];
  const table = rows.length > 0 ? ["", ...tableOf(["WHAT", "RECORD", "THEIRS", "OURS"], rows), ...more] : [];
  return {
    value: {
      outcome,
      detail,
      range,
      read,
      unreadable,
      reconciliation: reconciliation?.id ?? null,
      summary: summary ?? null,
    },
    lines: [
      ...factsOf(outcome === "DONE" ? facts : { "its end": facts["its end"], ...(detail && { where: detail }) }),
      ...table,
    ],
    exitCode: outcome === "DONE" && differing === 0 ? 0 : 1,
  };
}

function keyOf(name: (typeof recordOutcomes)[number]) {
  const keys = { MISSING: "missing", EXTRA: "extra", STALE: "stale", NEWER: "newer", DIFFERENT: "different" } as const;
  return keys[name];
}
