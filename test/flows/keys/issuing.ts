import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import { readRecordFile } from "../../../src/store/catalogue/catalogue-files.ts";
import { department, type TestHub } from "../../setup/hub.ts";

const samples = join(import.meta.dirname, "../../../migrations/data/demo/licenses.ndjson");

/** A license as the hub stored it. */
export type Issued = Readonly<{ jws: string; kid: string }>;

/** Hands new licenses in, each another one, and answers with what was stored of them. */
export async function issuing(house: TestHub): Promise<(hub?: TestHub) => Promise<Issued>> {
  const [record] = (await readRecordFile(samples)).filter((one) => one.sourceRecordId?.startsWith("business-license"));
  if (!record) throw new Error("there is no business license among the samples");
  const [issuer] = await house.sql("select key from department where code = $1", [record.issuer]);
  const client = department(String(issuer?.["key"]));
  const { identifier: _, ...rest } = record;
  return async (hub = house) => {
    const sourceRecordId = randomUUID();
    const changes = {
      sourceRecordId,
      attributes: { ...Object(record.attributes), address: `海滨路 ${sourceRecordId}` },
    };
    const batch = { batchId: sourceRecordId, records: [{ ...rest, ...changes } as RawRecord] };
    const { accepted, results } = await hub.hub.submitLicenses(client, batch);
    if (accepted !== 1) throw new Error(JSON.stringify(results));
    const [row] = await house.sql("select jws, kid from license where source_record_id = $1", [sourceRecordId]);
    return { jws: String(row?.["jws"]), kid: String(row?.["kid"]) };
  };
}

/** Sets the time of hubs; each takes in what has changed of the keys. */
export async function setClocks(hubs: readonly TestHub[], at: Date): Promise<void> {
  for (const hub of hubs) {
    hub.clock.now = at;
    await hub.hub.refreshKeys();
  }
}
