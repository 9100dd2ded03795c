import { type ChildProcess, fork, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A child process that answers its orders with one message. It ends with `end`, and when this process does. */
export type Child<Answer> = Readonly<{ pid: number | undefined; answer: Answer; end: () => Promise<void> }>;

/**
 * Starts a module of this folder as a process of its own and waits for its answer to the orders.
 * *Throws* when it ends before.
 */
export async function startChild<Answer>(
  module: string,
  orders: object,
  execArgv: readonly string[] = [],
): Promise<Child<Answer>> {
  const file = fileURLToPath(new URL(module, import.meta.url));
  const child = fork(file, [], { execArgv: [...execArgv], serialization: "advanced" });
  child.send(orders);
  const failed = once(child, "exit").then(() => {
    throw new Error(`${module} ended without an answer.`);
  });
  const [answer] = (await Promise.race([once(child, "message"), failed])) as [Answer];
  failed.catch(() => undefined);
  const end = async () => {
    child.disconnect();
    await ended(child);
  };
  return { pid: child.pid, answer, end };
}

/** In the child: answers the orders, then lives until its parent lets go of it. */
export function answerOrders<Orders, Answer>(answer: (orders: Orders) => Promise<Answer>): void {
  process.once("disconnect", () => process.exit(0));
  process.once("message", (orders: Orders) => {
    answer(orders).then(
      (found) => process.send?.(found),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

/** Starts a program that must not outlive this process. */
export function startProgram(
  args: readonly string[],
  options: Readonly<{ cwd: string; env: NodeJS.ProcessEnv; stdio: StdioOptions }>,
): ChildProcess {
  const child = spawn(process.execPath, args, options);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

/** Asks a program to end and waits for it. */
export async function endProgram(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await ended(child);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
