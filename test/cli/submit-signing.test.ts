import { afterAll, expect, test } from "@jest/globals";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { checkRecordSignature } from "../../src/proof/records/record-signature.ts";
import { csvOf, officeMapping, officeTable, sampleRecords } from "../setup/sample-files.ts";
import { onlyLine } from "./processes.ts";
import { openSubmitStage } from "./submit-stage.ts";

// `hub submit --sign`: a department signs the records of a file on their way.

const stage = openSubmitStage();
afterAll(() => stage.clear());

const path = stage.file("signed.csv", csvOf(officeTable(sampleRecords("food-operation-license")).slice(0, 4)));
const mapping = stage.mapping(officeMapping);

test("each record carries a signature that holds; sent again it is the same batch, unsigned it is another", async () => {
  const { privateJwk, publicJwk } = await makeClientKey("EdDSA");
  const key = stage.file("records.jwk.json", JSON.stringify(privateJwk));
  const { code, door } = await stage.submit(path, ["--mapping", mapping, "--sign", key]);
  await stage.submit(path, ["--mapping", mapping, "--sign", key], door);
  await stage.submit(path, ["--mapping", mapping], door);
  const [first, again, unsigned] = door.asked.map(({ batchId }) => batchId);
  expect([code, again, unsigned === first, door.stored.size]).toEqual([0, first, false, 2]);
  const records = door.stored.get(first ?? "") ?? [];
  expect(records).toHaveLength(3);
  for (const record of records)
    expect(await checkRecordSignature(record, record.signature ?? "", [publicJwk])).toMatchObject({
      kid: publicJwk.kid,
    });
});

test.each<[string, () => Promise<string> | string, RegExp]>([
  [
    "P-256, whose signatures differ each time",
    async () => JSON.stringify((await makeClientKey("ES256")).privateJwk),
    /no private Ed25519 key/,
  ],
  ["a public half", async () => JSON.stringify((await makeClientKey("EdDSA")).publicJwk), /no private Ed25519 key/],
  ["no key at all", () => "key", /no private Ed25519 key/],
])("%s signs nothing, and nothing is sent", async (_, make, line) => {
  const key = stage.file("wrong.jwk.json", await make());
  const ended = await stage.submit(path, ["--mapping", mapping, "--sign", key]);
  expect([ended.code, ended.door.asked.length]).toEqual([2, 0]);
  expect(onlyLine(ended)).toMatch(line);
});
