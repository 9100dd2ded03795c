import { caller, openBenchHub } from "./stage.ts";
import { answerSubmitOrders } from "./submit-run.ts";

// Child process of submit.ts: the hub's own verb, in process.
answerSubmitOrders(async ({ env }) => {
  const { hub, close } = await openBenchHub(env);
  const submit = async (batchId: string, records: Parameters<typeof hub.submitLicenses>[1]["records"]) => {
    const { accepted, results } = await hub.submitLicenses(caller, { batchId, records });
    const refused = results.find((result) => result.outcome !== "ACCEPTED");
    if (accepted !== records.length) throw new Error(`Not every record was accepted: ${JSON.stringify(refused)}`);
  };
  return { submit, close };
});
