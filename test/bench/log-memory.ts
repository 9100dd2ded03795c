/** Memory of this process once its garbage is gone. *Units*: MiB. *Throws* when the bench runs without `--expose-gc`. */
export function settledMemory(): number {
  if (!globalThis.gc) throw new Error("Run it by npm run bench: garbage has to be collected before it is weighed.");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().rss / 2 ** 20;
}
