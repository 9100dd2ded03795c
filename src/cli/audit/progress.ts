import { Presets, SingleBar } from "cli-progress";

/** How far a long check has come, told on standard error. */
export type Progress = Readonly<{ reach: (done: number) => void; stop: () => void }>;

/** Shorter checks are over before anybody reads a line. */
const leastOfLines = 100_000;

/** A bar on a terminal; elsewhere a line at every twentieth. */
export function openProgress(from: number, total: number): Progress {
  if (process.stderr.isTTY) {
    const format = "{bar} {percentage}% {value}/{total} entries, {eta_formatted} left";
    const bar = new SingleBar({ stream: process.stderr, format, hideCursor: true }, Presets.shades_classic);
    bar.start(total, from);
    return { reach: (done) => bar.update(done), stop: () => bar.stop() };
  }
  let told = from;
  return {
    reach: (done) => {
      if (total - from < leastOfLines || done - told < (total - from) / 20) return;
      told = done;
      console.error(`${done} of ${total} entries`);
    },
    stop: () => undefined,
  };
}
