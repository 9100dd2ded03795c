// Runs one command-line program again and again in this process, which spares each run the loading of what it imports.
// Every run has its own arguments and environment, begins the program's main file anew, and is checked for what would
// have kept a process of its own alive.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** What the parent asks for. */
export type Job = Readonly<{ args: readonly string[]; env: Readonly<Record<string, string>> }>;

const program = join(import.meta.dirname, "../..", process.argv[2] ?? "");
/** How long what a run closed may take until it is closed. *Units*: milliseconds. */
const closingMs = 5_000;
let runs = 0;

process.on("message", (job: Job) => {
  void run(job).then((ended) => process.send?.(ended));
});
const streams = [process.stdout, process.stderr] as const;
/** What keeps this process alive between two runs: what its parent holds of it. */
const mine = held();

async function run({ args, env }: Job) {
  runs += 1;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.execPath, program, ...args];
  process.exitCode = undefined;
  const said = streams.map((stream) => {
    const texts: string[] = [];
    stream.write = (text: string | Uint8Array) => texts.push(String(text)) > 0;
    return texts;
  });
  const read = () => ({ out: said[0]?.join("") ?? "", error: said[1]?.join("") ?? "" });
  try {
    await import(`${pathToFileURL(program)}?run=${runs}`);
    for (const end = performance.now() + closingMs; held() > mine; await pause(5)) {
      if (performance.now() > end) throw new Error(`it would not end: ${process.getActiveResourcesInfo().join(", ")}`);
    }
    return { code: Number(process.exitCode ?? 0), ...read() };
  } catch (error) {
    const { out, error: written } = read();
    return { code: 1, out, error: `${written}${error instanceof Error ? error.stack : String(error)}\n` };
  } finally {
    process.exitCode = undefined;
  }
}

function held(): number {
  return process.getActiveResourcesInfo().length;
}
