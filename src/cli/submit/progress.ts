import { Presets, SingleBar } from "cli-progress";
import { printable } from "../hub/table.ts";

/** A bar on a terminal's standard error; where there is none, only breaks are told. */
export type Progress = Readonly<{
  advance: () => void;
  note: (reason: string, waitMs: number) => void;
  stop: () => void;
}>;

/** Begins a bar of so many rows. */
export function openProgress(rows: number): Progress {
  if (!process.stderr.isTTY) return { advance: () => undefined, note: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    { stream: process.stderr, format: "{bar} {percentage}% {value}/{total} {note}", hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(rows, 0, { note: "" });
  return {
    advance: () => bar.increment(1, { note: "" }),
    note: (reason, waitMs) => bar.update({ note: `${printable(reason)}; again in ${Math.ceil(waitMs / 1000)} s` }),
    stop: () => bar.stop(),
  };
}

/** A count on a terminal's standard error of something that has no known end. */
export function openCounter(what: string): Readonly<{ update: (count: number) => void; stop: () => void }> {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    stream: process.stderr,
    format: `{value} ${what}`,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(Number.MAX_SAFE_INTEGER, 0);
  return { update: (count) => bar.update(count), stop: () => bar.stop() };
}
