import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What the streams that run now have each asked for. *Units*: percent. */
const growths: number[] = [];

/**
 * Passes the parts of a long stream on while V8 clears the heap early. Left to itself it lets what has been sent pile up
 * to a multiple of what is alive: right for a hub under load, but not for a stream that takes minutes and must not double
 * the hub. One collection at the beginning (some 50 ms) makes the new rule count from then on.
 * @param growth how much the heap may grow between two collections, in percent: less costs processor time
 * *Source*: V8's `--heap-growing-percent`, read at each collection; 0: its own rule.
 */
export async function* withLeanHeap<Part>(parts: AsyncIterable<Part>, growth: number): AsyncGenerator<Part> {
  begin(growth);
  try {
    yield* parts;
  } finally {
    end(growth);
  }
}

/** The same around work that takes minutes and is no stream. */
export async function leanly<T>(work: () => Promise<T>): Promise<T> {
  const growth = 100;
  begin(growth);
  try {
    return await work();
  } finally {
    end(growth);
  }
}

function begin(growth: number): void {
  growths.push(growth);
  applyGrowth();
  if (growths.length === 1) collect();
}

function end(growth: number): void {
  growths.splice(growths.indexOf(growth), 1);
  applyGrowth();
}

/** The most careful of them counts. */
function applyGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${growths.length > 0 ? Math.min(...growths) : 0}`);
}

function collect(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
  setFlagsFromString("--no-expose-gc");
}
