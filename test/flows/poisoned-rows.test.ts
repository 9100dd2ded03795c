import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { pino } from "pino";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { issuer, licensesPerHolder, makeRecords, procedure, usedTypes } from "../bench/records.ts";
import { startGraphqlChanges } from "../departments/graphql-changes.ts";
import { department } from "../setup/hub.ts";
import { openPullingHub, type PullingHub, secrets } from "../setup/pulling.ts";
import { sendStream } from "../setup/streams.ts";

// Twelve poisoned rows among a thousand: each is refused by itself, named, and takes no other with it.

const rows = 1_000;
const log: string[] = [];

let house: PullingHub;
let url: string;
beforeAll(async () => {
  const logger = pino({ level: "trace" }, { write: (line: string) => log.push(line) });
  house = await openPullingHub({ server: { logger }, limits: { maxSourceCallMs: 20_000, maxSourceBytes: 2 ** 25 } });
  url = await house.server.listen({ host: "127.0.0.1", port: 0 });
  await house.sql(
    `insert into procedure_need (procedure, license_type, attributes)
     select $1, type, '{}' from unnest($2::text[]) as type on conflict do nothing`,
    [procedure, usedTypes],
  );
  await house.sql(
    `insert into access_grant (client_id, license_type, procedure, valid_from, legal_basis)
     select $1, type, $2, '2021-11-03', 'test' from unnest($3::text[]) as type on conflict do nothing`,
    [issuer.client, procedure, usedTypes],
  );
});
afterAll(() => house.close());

type Change = (record: RawRecord) => object;
type Told = Readonly<{ code: string; path: string }>;
/** Rows every door can get, as a real feed has them. */
const poisons: readonly (readonly [string, Change, Told])[] = [
  [
    "NUL in a text",
    (record) => ({ ...record, number: `${record.number}\u0000` }),
    { code: "TEXT_CONTROL_CHARACTER", path: "number" },
  ],
  [
    "half a surrogate pair",
    attribute("legalRepresentative", "王\ud83d"),
    { code: "TEXT_CONTROL_CHARACTER", path: "attributes.legalRepresentative" },
  ],
  ["a wrong check character of its holder", wrongCheck, { code: "HOLDER_ID_CHECK", path: "holder.id" }],
  [
    "an end before its begin",
    (record) => ({ ...record, validFrom: "2026-01-02", validUntil: "2026-01-01" }),
    { code: "VALIDITY_ORDER", path: "validUntil" },
  ],
  ["70 KB", attribute("premises", "长".repeat(24_000)), { code: "RECORD_TOO_LARGE", path: "" }],
  [
    "an array instead of an object",
    (record) => ({ ...record, attributes: [1, 2] }),
    { code: "ATTRIBUTE_INVALID", path: "attributes" },
  ],
];

/** What only a line of bytes can be. */
const brokenLines: readonly (readonly [string, (text: string) => string | Buffer, Told])[] = [
  ["1e400", inAttributes('"areaHectares":1e400'), { code: "ATTRIBUTE_INVALID", path: "attributes.areaHectares" }],
  [
    "a key __proto__",
    (text) => text.replace("{", '{"__proto__":{"isAdmin":true},'),
    { code: "FIELD_INVALID", path: "__proto__" },
  ],
  [
    "nesting of 10,000",
    inAttributes(`"a":${"[".repeat(10_000)}${"]".repeat(10_000)}`),
    { code: "RECORD_TOO_LARGE", path: "" },
  ],
  [
    "broken UTF-8",
    (text) => Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc3, 0x28]), Buffer.from(text.slice(-2))]),
    { code: "RECORD_UNREADABLE", path: "" },
  ],
  ["half a JSON", (text) => text.slice(0, text.length / 2), { code: "RECORD_UNREADABLE", path: "" }],
  [
    "a key twice",
    (text) => text.replace('"number":', '"number":"other","number":'),
    { code: "RECORD_UNREADABLE", path: "" },
  ],
];

function attribute(name: string, value: unknown): Change {
  return (record) => ({ ...record, attributes: { ...Object(record.attributes), [name]: value } });
}

function wrongCheck(record: RawRecord): object {
  const id = record.holder?.id ?? "";
  return { ...record, holder: { ...record.holder, id: `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}` } };
}

function inAttributes(member: string): (text: string) => string {
  return (text) => text.replace('"attributes":{', `"attributes":{${member},`);
}

/** Not at the seams of parts and pages only. */
const placeOf = (poison: number) => 41 + poison * 79;
const isPoisoned = (index: number, poisoned: number) => (index - 41) % 79 === 0 && index < placeOf(poisoned);

/** Records of holders of their own, with the poisons every door can get. */
function poisonedRecords(firstHolder: number): readonly object[] {
  const records: object[] = [...makeRecords(firstHolder, rows / licensesPerHolder)];
  const clean = makeRecords(firstHolder, rows / licensesPerHolder);
  for (const [poison, [, change]] of poisons.entries()) {
    const record = clean[placeOf(poison)];
    if (record) records[placeOf(poison)] = change(record);
  }
  return records;
}

type Result = Readonly<{ index: number; outcome: string; identifier: string | null; problems: readonly Told[] }>;

/** Exactly the poisoned rows are refused, each for its reason; each of the others can be read. */
async function check(results: readonly Result[], expected: readonly Told[]): Promise<void> {
  expect(results.map(({ index }) => index)).toEqual(Array.from({ length: rows }, (_, index) => index));
  const refused = results.filter(({ outcome }) => outcome === "REJECTED");
  expect(refused.map(({ index, problems }) => ({ index, problems }))).toMatchObject(
    expected.map((problem, poison) => ({ index: placeOf(poison), problems: [problem] })),
  );
  const taken = results.filter(({ outcome }) => outcome === "ACCEPTED").map(({ identifier }) => String(identifier));
  expect(taken).toHaveLength(rows - expected.length);
  expect((await readAll(taken)).toSorted()).toEqual(taken.toSorted());
}

async function readAll(identifiers: readonly string[]): Promise<readonly string[]> {
  const purpose = { procedure, caseNumber: "T-1", reason: "核对" };
  const question = { identifiers, purpose };
  return [...(await house.hub.readLicensesByIdentifier(department(issuer.client), question)).keys()];
}

describe("twelve poisoned rows among a thousand", () => {
  test("through POST /ingest: 988 are taken and can be read, 12 are named with code, path and line", async () => {
    const texts: (string | Buffer)[] = poisonedRecords(1_000).map((record) => JSON.stringify(record));
    for (const [index, [, spoil]] of brokenLines.entries()) {
      const place = placeOf(index + poisons.length);
      texts[place] = spoil(String(texts[place]));
    }
    const body = Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.from("\n")]));
    const sent = await sendStream({ url, token: await house.token(issuer.client), batchId: "poisoned" }, [body]);
    expect(sent.lines.at(-1)).toMatchObject({ records: rows, accepted: 988, rejected: 12, complete: true });
    await check(
      sent.lines.slice(0, -1) as readonly Result[],
      [...poisons, ...brokenLines].map(([, , told]) => told),
    );
    // The desk keeps each, under the same code, for its department to mend.
    const kept = await house.sql("select place, codes from problem_record where client_id = $1 order by place", [
      issuer.client,
    ]);
    expect(kept).toEqual(
      [...poisons, ...brokenLines].map(([, , { code }], poison) => ({ place: placeOf(poison), codes: [code] })),
    );
  });

  test("through submitLicenses: the same for what GraphQL can carry", async () => {
    const query = `mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) {
      accepted rejected results { index outcome identifier problems { code path } } } }`;
    const input = { batchId: "poisoned-submission", records: poisonedRecords(2_000) };
    const { data, errors } = await house.graphql(query, { as: issuer.client, variables: { input } });
    expect(errors).toEqual([]);
    expect(data.submitLicenses).toMatchObject({ accepted: 994, rejected: 6 });
    await check(
      data.submitLicenses.results,
      poisons.map(([, , told]) => told),
    );
  });

  test("through a pull: the same, and the pull goes on to its end", async () => {
    const feed = await startGraphqlChanges(poisonedRecords(3_000), secrets["subgraph-token"]);
    const place = { kind: "GRAPHQL", url: `${feed.url}/graphql`, token: "subgraph-token" };
    await house.add({ id: "poisoned-feed", name: "问题来源", client: issuer.client, pageSize: 200, place });
    const run = await house.pull("poisoned-feed");
    await feed.close();
    expect(run).toMatchObject({ outcome: "DONE", pages: 5, fetched: rows, accepted: 994, rejected: 6 });
    const parts = await house.sql(
      "select results from submission where batch_id like 'pull:poisoned-feed:%' order by received_at, id",
    );
    expect(parts.flatMap(({ results }) => results)).toHaveLength(rows);
    const ids = makeRecords(3_000, rows / licensesPerHolder).flatMap(({ sourceRecordId }, index) =>
      isPoisoned(index, poisons.length) ? [] : [sourceRecordId],
    );
    const stored = await house.sql("select identifier from license where source_record_id = any($1)", [ids]);
    expect(stored).toHaveLength(994);
    const identifiers = stored.map(({ identifier }) => String(identifier));
    expect((await readAll(identifiers)).toSorted()).toEqual(identifiers.toSorted());
  });

  test("and the log names nobody", () => {
    const holders = [1_000, 2_000, 3_000].flatMap((first) =>
      makeRecords(first, rows / licensesPerHolder).flatMap(({ holder, attributes }) => [
        ...[holder?.id, holder?.name, String(Object(attributes)["legalRepresentative"])],
      ]),
    );
    const said = log.join("");
    expect(said).toContain("/ingest");
    expect(holders.filter((word) => word && word !== "undefined" && said.includes(word))).toEqual([]);
  });
});
