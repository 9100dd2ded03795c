import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { checkRecordSignature } from "../../src/proof/records/record-signature.ts";
import { sampleChanges } from "../departments/sample-changes.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { csvOf, officeMapping, officeTable, sampleRecords } from "../setup/sample-files.ts";
import { onlyLine } from "./processes.ts";
import { openSubmitStage, readResults } from "./submit-stage.ts";

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

describe("a file that a hub refused for something of its own", () => {
  const records = sampleChanges(3)
    .map((record) => `${JSON.stringify({ ...record, identifier: null })}\n`)
    .join("");
  const ledger = stage.file("ledger.ndjson", records);
  let house: TestHub;
  let options: readonly string[];
  beforeAll(async () => {
    house = await openTestHub({ demo: false });
    const url = await house.server.listen({ host: "127.0.0.1", port: 0 });
    const token = stage.file("bureau.token.txt", await house.token("approval-bureau"));
    const { privateJwk, publicJwk } = await makeClientKey("EdDSA");
    const key = stage.file("bureau.jwk.json", JSON.stringify(privateJwk));
    options = [ledger, "--hub", url, "--token-file", token, "--sign", key];
    const { code, out } = await stage.run([...options, "--json"]);
    expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ rejected: 3, decidedAnew: false })]);
    const { errors } = await house.graphql(
      "mutation ($input: AddRecordKeysInput!) { addRecordKeys(input: $input) { id } }",
      { as: "operator", variables: { input: { client: "approval-bureau", keys: [publicJwk] } } },
    );
    expect(errors).toEqual([]);
  });
  afterAll(() => house.close());

  test("is tried first, without storing: the results say that they are a dry run's, and name nothing that is not there", async () => {
    const { code, out } = await stage.run([...options, "--dry-run"]);
    expect([code, out]).toEqual([0, expect.stringContaining("已接收 3")]);
    const [head, ...rows] = readResults(`${ledger}.results.csv`);
    expect(head?.at(-4)).toBe("试运行结果 Outcome of a dry run");
    expect(rows.map((row) => [row.at(-4), row.at(-3)])).toEqual(
      Array.from({ length: 3 }, () => ["已接收 ACCEPTED", ""]),
    );
    expect(await house.sql("select 1 from license")).toEqual([]);
  });

  test("is decided anew by the same command, and not told what was said then", async () => {
    const { code, out } = await stage.run(options);
    expect([code, out]).toEqual([0, expect.stringContaining("现重新裁定")]);
    expect(await house.sql("select count(*)::int from license")).toEqual([{ count: 3 }]);
    const rows = readResults(`${ledger}.results.csv`).slice(1);
    const stored = await house.sql("select identifier from license order by source_record_id");
    expect(rows.map((row) => row.at(-3)).toSorted()).toEqual(stored.map(({ identifier }) => identifier).toSorted());
    // And once more: what the hub holds is UNCHANGED.
    const { out: again } = await stage.run([...options, "--json"]);
    expect(JSON.parse(again)).toMatchObject({ accepted: 0, unchanged: 3, rejected: 0 });
  });
});
