import { startChild } from "./child.ts";

/** What a load process asks for. *Units*: as named. */
export type Load = Readonly<{
  port: number;
  token?: string;
  /** JSON bodies for POST /graphql, taken in turn by every connection from a place of its own. */
  bodies: readonly string[];
  connections: number;
  seconds: number;
  /** Rest of a connection between an answer and its next request. */
  pauseMs?: number;
  /** What every answer must be; anything else counts as wrong. */
  expected: Readonly<{ status: number; text: string }>;
}>;

/** What came back. `wrong`: the first answer that was not as expected. */
export type LoadReport = Readonly<{
  latenciesMs: readonly number[];
  seconds: number;
  perSecond: number;
  wrong?: string;
}>;

/**
 * Sends requests over kept connections from a process of its own, so that counting does not slow what is counted.
 * *Throws* when an answer was not as expected.
 */
export async function runLoad(load: Load): Promise<LoadReport> {
  const { answer, end } = await startChild<LoadReport>("load-process.js", load);
  await end();
  if (answer.wrong !== undefined) throw new Error(`An answer was not as expected: ${answer.wrong.slice(0, 600)}`);
  return answer;
}
