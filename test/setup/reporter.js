import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Tests that may be skipped, by their full names, each where a machine cannot run it: one a line. */
const mayBeSkipped = new Set(
  readFileSync(join(import.meta.dirname, "may-be-skipped.txt"), "utf8")
    .split("\n")
    .filter(Boolean),
);

/**
 * Prints `N passed, N failed` (and `, N skipped`) as the very last line of the run: when the process exits, after
 * everything jest and its other reporters have to say. What ran in no test counts too: a suite that did not load,
 * a run that jest calls failed for another reason, as an obsolete snapshot in CI, and a test that was skipped though
 * nobody said that it may be. A run narrowed by name skips all others, and that is no fault.
 */
export default class LastLineReporter {
  /** @type {import("@jest/reporters").AggregatedResult | undefined} */
  #results;
  /** @type {boolean} */
  #isNarrowed;
  #wrongSkips = 0;

  /** @param {import("@jest/reporters").Config.GlobalConfig} config */
  constructor({ testNamePattern }) {
    this.#isNarrowed = Boolean(testNamePattern);
    // Not process.stdout: a forced exit of jest closes that first.
    process.once("exit", () => writeSync(1, `${lastLine(this.#results, this.#wrongSkips)}\n`));
  }

  /**
   * Jest writes `success` into these results only after its reporters have run: they are read at the exit.
   * @param {unknown} _contexts
   * @param {import("@jest/reporters").AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    this.#results = results;
    if (this.#isNarrowed) return;
    for (const name of skippedTests(results).filter((one) => !mayBeSkipped.has(one))) {
      this.#wrongSkips += 1;
      console.error(`skipped, and not listed in test/setup/may-be-skipped.txt: ${name}`);
    }
  }

  /** Jest asks every reporter whether the run failed. */
  getLastError() {
    return this.#wrongSkips > 0 ? new Error(`${this.#wrongSkips} tests were skipped that may not be`) : undefined;
  }
}

/** @param {import("@jest/reporters").AggregatedResult} results */
function skippedTests({ testResults }) {
  return testResults
    .flatMap((suite) => suite.testResults)
    .filter(({ status }) => status === "pending" || status === "todo" || status === "disabled")
    .map(({ fullName }) => fullName);
}

/**
 * @param {import("@jest/reporters").AggregatedResult | undefined} results
 * @param {number} wrongSkips
 */
function lastLine(results, wrongSkips) {
  if (!results) return "0 passed, 1 failed";
  const counted = results.numFailedTests + results.numRuntimeErrorTestSuites + wrongSkips;
  const failed = counted === 0 && (!results.success || results.wasInterrupted) ? 1 : counted;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
