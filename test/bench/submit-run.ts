import { answerOrders } from "./child.ts";
import { memoryOf } from "./measure.ts";
import { licensesPerHolder, makeRecords } from "./records.ts";
import { batchSize } from "./stage.ts";

/** What a submitting process is told and what it reports. *Units*: as named; peak in bytes. */
export type SubmitOrders = Readonly<{ env: Readonly<Record<string, string>>; records: number }>;
export type SubmitReport = Readonly<{ seconds: number; perSecond: number; processorMs: number; peakBytes: number }>;

/** Hands in one batch. */
export type SubmitBatch = (batchId: string, records: ReturnType<typeof makeRecords>) => Promise<void>;

/** In a submitting process: opens what the orders name, measures, closes, reports. */
export function answerSubmitOrders(
  open: (orders: SubmitOrders) => Promise<{ submit: SubmitBatch; close: () => Promise<void> }>,
): void {
  answerOrders<SubmitOrders, SubmitReport>(async (orders) => {
    const { submit, close } = await open(orders);
    const report = await measure(orders.records, submit);
    await close();
    return report;
  });
}

/**
 * Times the submission of generated records, batch after batch; a batch is generated before its time begins. One batch
 * more goes first and is not counted: connections and compiled code are not what is asked.
 */
async function measure(records: number, submit: SubmitBatch): Promise<SubmitReport> {
  const batches = Math.ceil(records / batchSize);
  const holdersPerBatch = batchSize / licensesPerHolder;
  let ms = 0;
  let processorMs = 0;
  let sampledPeak = 0;
  const sample = () => {
    sampledPeak = Math.max(sampledPeak, process.memoryUsage.rss());
  };
  const sampling = setInterval(sample, 50);
  for (let batch = 0; batch <= batches; batch += 1) {
    const own = makeRecords(batch * holdersPerBatch, holdersPerBatch);
    const begin = performance.now();
    const before = process.cpuUsage();
    await submit(`bench-${batch}`, own);
    sample();
    if (batch === 0) continue;
    ms += performance.now() - begin;
    const { user, system } = process.cpuUsage(before);
    processorMs += (user + system) / 1000;
  }
  clearInterval(sampling);
  const seconds = ms / 1000;
  return {
    seconds,
    perSecond: (batches * batchSize) / seconds,
    processorMs,
    peakBytes: Math.max(sampledPeak, memoryOf(process.pid, "VmHWM")),
  };
}
