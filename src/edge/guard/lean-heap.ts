import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How much the heap may grow between two collections while something is streamed. *Units*: percent. */
const growth = 20;

let streams = 0;

/**
 * Passes the parts of a long stream on while V8 clears the heap early. Left to itself it lets what has been sent pile up
 * to a multiple of what is alive: right for a hub under load, but not for an export that takes minutes and must not
 * double the hub. One collection at the beginning (some 50 ms) makes the new rule count from then on.
 * *Source*: V8's `--heap-growing-percent`, read at each collection; 0: its own rule.
 */
export async function* withLeanHeap<Part>(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  streams += 1;
  try {
    if (streams === 1) {
      setFlagsFromString(`--heap-growing-percent=${growth}`);
      collect();
    }
    yield* parts;
  } finally {
    streams -= 1;
    if (streams === 0) setFlagsFromString("--heap-growing-percent=0");
  }
}

function collect(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
  setFlagsFromString("--no-expose-gc");
}
