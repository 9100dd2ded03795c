import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job } from "./warm.ts";

/** The package's folder. */
export const root = join(import.meta.dirname, "../..");

/** What a process that ended left behind. `code` is null when a signal ended it. */
export type Ended = Readonly<{ code: number | null; out: string; error: string }>;

/** A process under way. */
export type Running = Readonly<{
  child: ChildProcess;
  /** Everything it has written to standard error so far. */
  error: () => string;
  /** Resolves when standard output fits. *Throws* when the process ends before. */
  says: (pattern: RegExp) => Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}>;

/** A hub that answers. */
export type RunningHub = Running &
  Readonly<{
    /** Its address without a path. */
    url: string;
    /** All it said until it was ready. */
    welcome: string;
    /** Ends it as Ctrl-C does. */
    stop: () => Promise<Ended>;
  }>;

/** Folders and processes of one test file, all gone after `clear`. */
export type Workshop = Readonly<{
  folder: string;
  /** Starts a Node program of the package, away from its folder, with this environment and nothing else. */
  start: (program: string, args: readonly string[], env: Environment) => Running;
  run: (program: string, args: readonly string[], env?: Environment) => Promise<Ended>;
  /** As `run`, one after the other in one process (warm.ts): for many calls where the start itself is not in question. */
  runWarm: (program: string, args: readonly string[], env?: Environment) => Promise<Ended>;
  /** Starts the built hub in demo mode on a free port and waits until it is ready. */
  startHub: (env: Environment) => Promise<RunningHub>;
  clear: () => Promise<void>;
}>;

export type Environment = Readonly<Record<string, string>>;

/**
 * Makes a workshop; call `clear` in `afterAll`.
 * @param longestLife nothing the test starts may live longer, in milliseconds
 */
export function openWorkshop(longestLife = 150_000): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "zhengzhao-cli-"));
  const running = new Set<Running>();
  const warm = new Map<string, Promise<Warm>>();
  const start: Workshop["start"] = (program, args, env) => {
    const one = launch(join(root, program), args, { env, cwd: folder, longestLife });
    running.add(one);
    void one.ended.then(() => running.delete(one));
    return one;
  };
  return {
    folder,
    start,
    run: (program, args, env = {}) => start(program, args, env).ended,
    runWarm: (program, args, env = {}) => {
      const before = warm.get(program) ?? startWarm(program, folder);
      const ended = before.then(async ({ child }) => {
        child.send({ args, env } satisfies Job);
        const over = once(child, "exit").then(([code]) => [{ code, out: "", error: "it ended its process" }]);
        const [last] = await Promise.race([once(child, "message"), over]);
        return { child, last };
      });
      warm.set(program, ended);
      return ended.then(({ last }) => last);
    },
    startHub: async (env) => {
      const hub = start("dist/src/main.js", [], { PORT: "0", ...env });
      const ready = await hub.says(/(http:\S+)\/graphql\n[\s\S]*Ctrl-C stops the hub\.\n/);
      const stop = () => {
        hub.child.kill("SIGINT");
        return hub.ended;
      };
      return { ...hub, url: ready[1] ?? "", welcome: ready.input, stop };
    },
    clear: async () => {
      for (const one of warm.values()) (await one).child.kill("SIGKILL");
      for (const one of running) one.child.kill("SIGKILL");
      await Promise.all([...running].map((one) => one.ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A process that runs a program again and again, and how the last run ended. */
type Warm = Readonly<{ child: ChildProcess; last?: Ended }>;

async function startWarm(program: string, cwd: string): Promise<Warm> {
  const args = ["--enable-source-maps", join(import.meta.dirname, "warm.ts"), program];
  return {
    child: spawn(process.execPath, args, { cwd, env: compileCache, stdio: ["ignore", "ignore", "inherit", "ipc"] }),
  };
}

type Launch = Readonly<{ env: Environment; cwd: string; longestLife: number }>;

/** A program is started dozens of times: compiled once, each start takes half the time. */
export const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "zhengzhao-compiled") } as const;

function launch(program: string, args: readonly string[], { env, cwd, longestLife }: Launch): Running {
  const child = spawn(process.execPath, ["--enable-source-maps", program, ...args], {
    ...{ cwd, env: { ...compileCache, ...env }, stdio: "pipe", timeout: longestLife, killSignal: "SIGKILL" },
  });
  child.stdin.end();
  const read = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (read.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (read.error += text));
  const ended = once(child, "close").then(([code]): Ended => ({ code, ...read }));
  const says = async (pattern: RegExp) => {
    const over = ended.then(() => true);
    for (;;) {
      const found = pattern.exec(read.out);
      if (found) return found;
      if ((await Promise.race([once(child.stdout, "data"), over])) === true) {
        throw new Error(`${program} ended before it said ${pattern}: ${read.out}${read.error}`);
      }
    }
  };
  return { child, error: () => read.error, says, ended };
}

/** The one line a command that failed says. *Throws* when it is none or several, or shows a stack. */
export function onlyLine({ out, error }: Ended): string {
  const lines = error.split("\n");
  if (out !== "" || lines.length !== 2 || lines[1] !== "" || !lines[0] || / at .+:\d+:\d+/.test(error)) {
    throw new Error(`expected one line on standard error and nothing else, got:\n${out}---\n${error}`);
  }
  return lines[0];
}
