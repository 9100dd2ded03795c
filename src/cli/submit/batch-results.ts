import { errorOf, Interrupted, membersOf } from "./hub-line.ts";

/** What became of a record. */
export type BatchResult = Readonly<{
  outcome: "ACCEPTED" | "UNCHANGED" | "REJECTED" | "PENDING";
  identifier: string;
  problems: readonly Readonly<{ code: string; path: string; message: string; messageZh: string }>[];
}>;

/** How often and how patiently is tried again. */
export type Patience = Readonly<{
  /** In a row, without one more result in between. */
  attempts: number;
  wait: (ms: number) => Promise<void>;
  /** From 0 to 1, so that those who were interrupted together do not come back together. */
  random: () => number;
  /** Is told that there will be another attempt. */
  onBreak: (reason: string, waitMs: number) => void;
  /** Is told at the end how many of the answers the hub gave again, as they were. */
  onEnd: (replayed: number) => void;
}>;

/**
 * The results of a batch in order, each once, whatever breaks in between: the hub answers for what it has decided and
 * goes on. *Throws* Error when it refuses or can not be understood, Interrupted when patience is at its end.
 */
export async function* batchResults(
  open: () => AsyncIterable<unknown>,
  { attempts, wait, random, onBreak, onEnd }: Patience,
): AsyncGenerator<BatchResult> {
  let given = 0;
  let failures = 0;
  for (;;) {
    const before = given;
    try {
      let index = 0;
      for await (const line of open()) {
        const members = membersOf(line);
        if (members["complete"] === true) {
          checkEnd(members["records"], given);
          return onEnd(failures === 0 ? Number(members["replayed"] ?? 0) : 0);
        }
        if ("error" in members) throw errorOf(line);
        const result = readResult(members, index);
        index += 1;
        if (index <= given) continue;
        given = index;
        yield result;
      }
      throw new Interrupted("the hub's answer broke off");
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      failures = given > before ? 1 : failures + 1;
      if (failures >= attempts) throw new Interrupted(`${error.message} (attempts: ${failures})`);
      const ms = error.afterMs ?? firstWaitMs * 2 ** (failures - 1) * (0.5 + random());
      onBreak(error.message, ms);
      await wait(ms);
    }
  }
}

const firstWaitMs = 1000;
const outcomes = ["ACCEPTED", "UNCHANGED", "REJECTED", "PENDING"] as const;

function checkEnd(records: unknown, given: number): void {
  if (records !== given) throw new Error(`the hub counts ${String(records)} records and has answered for ${given}`);
}

/** *Trust*: the hub's own answer; what it is made of is looked at so that a program in between is noticed. */
function readResult(members: Readonly<Record<string, unknown>>, index: number): BatchResult {
  const outcome = outcomes.find((one) => one === members["outcome"]);
  if (members["index"] !== index || !outcome)
    throw new Error(`the hub's answer is out of order at record ${index + 1}`);
  const problems = Array.isArray(members["problems"]) ? members["problems"] : [];
  return { outcome, identifier: textOf(members["identifier"]), problems: problems.map(readProblem) };
}

function readProblem(problem: unknown): BatchResult["problems"][number] {
  const { code, path, message, messageZh } = membersOf(problem);
  return { code: textOf(code), path: textOf(path), message: textOf(message), messageZh: textOf(messageZh) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
