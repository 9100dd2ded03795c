import { readConfig } from "../../src/config.ts";
import { addDays, dateOf } from "../../src/domain/calendar.ts";
import type { RecordDifference } from "../../src/domain/reconciling/listed-record.ts";
import { leanly } from "../../src/edge/guard/lean-heap.ts";
import { openHub } from "../../src/open-hub.ts";
import { answerOrders } from "./child.ts";
import { memoryOf } from "./measure.ts";

/** Which source to compare, on which database. */
export type ReconcileOrders = Readonly<{ env: Readonly<Record<string, string>>; root: string; source: string }>;

/** How it went: seconds, the peak resident memory in bytes, and every record that was told. */
export type ReconcileAnswer = Readonly<{ seconds: number; peakBytes: number; read: number; told: readonly string[] }>;

answerOrders(async ({ env, root, source }: ReconcileOrders): Promise<ReconcileAnswer> => {
  const opened = await openHub(readConfig(env), root, () => new Date());
  const told: string[] = [];
  const until = addDays(dateOf(new Date()), -1);
  const begin = performance.now();
  const reconciled = await opened.hub.reconcileNow(
    { kind: "OPERATOR", clientId: "bench-operator", scopes: new Set(["hub:operate"]) },
    {
      id: source,
      around: leanly,
      range: { from: "2020-01-01", until },
      onDifferences: async (differences: readonly RecordDifference[]) => {
        told.push(...differences.map(({ outcome, sourceRecordId }) => `${outcome} ${sourceRecordId}`));
      },
    },
    new AbortController().signal,
  );
  const seconds = (performance.now() - begin) / 1_000;
  await opened.close();
  if (reconciled.outcome !== "DONE") throw new Error(`It ended as ${reconciled.outcome}: ${reconciled.detail}`);
  return { seconds, peakBytes: memoryOf(process.pid, "VmHWM"), read: reconciled.read, told };
});
