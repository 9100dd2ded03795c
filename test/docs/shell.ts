import { spawn } from "node:child_process";
import { once } from "node:events";
import { compileCache } from "../cli/processes.ts";

/** What a snippet printed, on both streams, and the exit code of its last command. */
export type Printed = Readonly<{ code: number; out: string }>;

/** A shell that keeps its variables and functions from one snippet to the next, as a reader's does. */
export type Shell = Readonly<{ run: (snippet: string) => Promise<Printed>; close: () => Promise<void> }>;

/** Opens a bash in a folder, with this environment and nothing else. */
export function openShell(cwd: string, env: Readonly<Record<string, string>>): Shell {
  const child = spawn("bash", ["--noprofile", "--norc", "-s"], {
    ...{ cwd, env: { ...compileCache, ...env }, stdio: ["pipe", "pipe", "inherit"] },
  });
  const ended = once(child, "close");
  const mark = `end of snippet ${process.pid}`;
  let read = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (read += text));

  const run = async (snippet: string): Promise<Printed> => {
    read = "";
    child.stdin.write(`{\n${snippet}\n} </dev/null 2>&1\nprintf '%s %s.' '${mark}' "$?"\n`);
    for (;;) {
      const found = new RegExp(`${mark} (\\d+)\\.$`).exec(read);
      if (found) return { code: Number(found[1]), out: read.slice(0, found.index) };
      const isOver = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
      if (isOver) throw new Error(`the shell ended: ${read}`);
    }
  };
  const close = async () => {
    child.stdin.end();
    await ended;
  };
  return { run, close };
}
