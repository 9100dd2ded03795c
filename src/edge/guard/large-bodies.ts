/** From this size on a body takes long enough to parse that others notice. *Units*: bytes. */
const largeBytes = 32_768;

/** How long the process is left to others after a large body, as a multiple of what the body took. */
const rest = 3;

/** Runs work over a body of so many bytes when its turn has come. */
export type LargeBodyLane = <T>(bytes: number, work: () => T) => Promise<T>;

/**
 * One lane for all large bodies of a process. While one is parsed nobody else is served, and another request comes back
 * to the event loop several times before it is answered: so they go one by one, with a rest after each in which whoever
 * waited is served. Small bodies pass at once.
 */
export function largeBodyLane(): LargeBodyLane {
  let last: Promise<void> = Promise.resolve();
  return async (bytes, work) => {
    if (bytes < largeBytes) return work();
    const turn = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await turn;
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      setTimeout(resolve, rest * (performance.now() - startedAt));
    }
  };
}
