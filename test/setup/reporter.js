import { writeSync } from "node:fs";

/**
 * Prints `N passed, N failed` (and `, N skipped`) as the very last line of the run: when the process exits, after
 * everything jest and its other reporters have to say. What ran in no test counts too: a suite that did not load,
 * and a run that jest calls failed for another reason, as an obsolete snapshot in CI.
 */
export default class LastLineReporter {
  /** @type {import("@jest/reporters").AggregatedResult | undefined} */
  #results;

  constructor() {
    // Not process.stdout: a forced exit of jest closes that first.
    process.once("exit", () => writeSync(1, `${lastLine(this.#results)}\n`));
  }

  /**
   * Jest writes `success` into these results only after its reporters have run: they are read at the exit.
   * @param {unknown} _contexts
   * @param {import("@jest/reporters").AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    this.#results = results;
  }
}

/** @param {import("@jest/reporters").AggregatedResult | undefined} results */
function lastLine(results) {
  if (!results) return "0 passed, 1 failed";
  const counted = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const failed = counted === 0 && (!results.success || results.wasInterrupted) ? 1 : counted;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
