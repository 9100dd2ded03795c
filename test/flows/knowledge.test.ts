import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type StoredState, stateOn } from "../../src/domain/licenses/license.ts";
import { makeLicenseIdentifier } from "../../src/domain/licenses/license-identifier.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

// Both axes of time: the day a change took effect, and the instant from which the hub knew it.

const holder = "91371002XXXX0030XC";
const business = "11100000MB0143028R001";
const purpose = `purpose: { procedure: "food-operation-new", caseNumber: "K-1", reason: "核验" }`;
const parts = { type: business, issuer: "11371000XXXX010118", serial: "20260007", version: 1 };
const identifier = makeLicenseIdentifier(parts);

let house: TestHub;
let sample: RawRecord;
let batch = 0;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
  const samples = await readRecordFile(join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson"));
  const found = samples.find(({ licenseType, holder: whose }) => licenseType === business && whose?.id === holder);
  if (!found) throw new Error("no sample");
  sample = found;
});
afterAll(() => house.close());
beforeEach(async () => {
  await house.sql("delete from license_event");
  await house.sql("delete from license");
  await house.sql("delete from pending_event");
  await house.sql("update access_grant set whole_license = true");
});

/** Hands records in at an instant. */
async function submit(at: string, ...records: RawRecord[]) {
  house.clock.now = new Date(at);
  batch += 1;
  const answer = await house.hub.submitLicenses(department("approval-bureau"), { batchId: `k-${batch}`, records });
  expect(answer.results.flatMap(({ problems }) => problems)).toEqual([]);
  return answer.results;
}

const license = (changes: Partial<RawRecord> = {}): RawRecord => ({
  ...{ ...sample, identifier, sourceUpdatedAt: "2026-01-05T01:00:00Z", sourceRecordId: "r-1" },
  ...{ issuedOn: "2026-01-05", validFrom: "2026-01-05", validUntil: null, ...changes },
});
const event = (
  operation: RawRecord["operation"],
  effectiveOn: string,
  changes: Partial<RawRecord> = {},
): RawRecord => ({
  ...{ sourceRecordId: `${operation}-${effectiveOn}`, operation, effectiveOn, identifier },
  ...{ sourceUpdatedAt: `${effectiveOn}T01:00:00Z`, licenseType: business, issuer: sample.issuer, ...changes },
});

const holderAsks = async (fields: string) => {
  const { data, errors } = await house.graphql(`{ enterprise(uscc: "${holder}") { ${fields} } }`, {
    as: `holder:${holder}`,
  });
  return { data, codes: errors.map((error) => error.extensions.code) };
};
const changes =
  "nodes { operation state effectiveOn receivedAt knownSince reason sourceRecordId sourceUpdatedAt submission }";
const whole = (knownAt = "") =>
  holderAsks(`licenses(${purpose}, first: 50 ${knownAt && `, knownAt: "${knownAt}"`}) { withheldCount nodes {
    identifier number state history(first: 50) { ${changes} } predecessor { identifier state } } }`);

describe("a hub that lives through it", () => {
  test("answers later, asked with knownAt, what it answered at every one of those instants", async () => {
    // Tokens are good from the day the hub's keys were made: the story is told a year later. Late, early, at midnight, two at one instant, superseded, and a correction of the past.
    const days: readonly (readonly [string, ...RawRecord[]])[] = [
      ["2027-02-01T00:00:00Z", event("SUSPEND", "2027-01-20", { reason: "整顿" })],
      ["2027-02-10T00:00:00Z", license({ sourceUpdatedAt: "2027-01-05T01:00:00Z", issuedOn: "2027-01-05" })],
      ["2027-03-01T15:59:59.999Z", event("REINSTATE", "2027-03-01", { sourceUpdatedAt: "2027-03-01T02:00:00Z" })],
      [
        "2027-03-01T16:00:00Z",
        event("SUSPEND", "2027-03-02", { sourceUpdatedAt: "2027-03-01T15:59:00Z", reason: "再整顿" }),
        event("REINSTATE", "2027-03-02", { sourceUpdatedAt: "2027-03-01T15:59:30Z" }),
      ],
      [
        "2027-05-01T00:00:00Z",
        license({
          ...{ operation: "CHANGE", predecessor: identifier, sourceRecordId: "r-2", issuedOn: "2027-04-28" },
          ...{ identifier: null, sourceUpdatedAt: "2027-04-28T01:00:00Z", validUntil: "2027-06-30" },
        }),
      ],
    ];
    const told = new Map<string, unknown>();
    const note = async (at: string) => {
      house.clock.now = new Date(at);
      told.set(at, await whole());
    };
    await note("2027-01-31T00:00:00Z");
    for (const [at, ...records] of days) {
      await submit(at, ...records);
      await note(at);
    }
    await note("2027-06-30T15:59:59Z"); // the last second of validity in Asia/Shanghai
    await note("2027-06-30T16:00:00Z");
    const [row] = await house.sql("select identifier from license where predecessor is not null");
    await submit(
      "2027-09-01T00:00:00Z",
      event("CANCEL", "2027-05-10", { outcome: "REVOKED", identifier: String(row?.["identifier"]) }),
    );
    await note("2027-09-01T00:00:00Z");

    house.clock.now = new Date("2027-11-22T04:00:00Z");
    // An enterprise that the hub has never heard of is null: there is nothing to ask about.
    const seen = [...told].filter(([, answer]) => JSON.stringify(answer) !== '{"data":{"enterprise":null},"codes":[]}');
    expect(seen.length).toBeGreaterThan(5);
    for (const [at, answer] of seen) expect([at, await whole(at)]).toEqual([at, answer]);
    expect(JSON.stringify(told.get("2027-06-30T15:59:59Z"))).toContain('"state":"VALID"');
    expect(JSON.stringify(told.get("2027-06-30T16:00:00Z"))).toContain('"state":"EXPIRED"');
  });

  test("answers state and states of any day by prefixes of what came in", async () => {
    await submit("2026-01-06T00:00:00Z", license());
    const steps = [
      ["SUSPEND", "2026-02-01", "2026-02-01T16:00:00Z"],
      ["REINSTATE", "2026-03-01", "2026-03-01T15:59:59.999Z"],
      ["SUSPEND", "2026-03-01", "2026-03-01T16:00:00Z"],
      ["REINSTATE", "2026-04-01", "2026-08-01T00:00:00Z"],
      ["CANCEL", "2026-05-01", "2026-08-01T00:00:00Z"],
    ] as const;
    for (const [index, [operation, day, at]] of steps.entries()) {
      const outcome = operation === "CANCEL" ? { outcome: "ANNULLED" as const } : {};
      const sourceUpdatedAt = new Date(Date.UTC(2026, 1, 1, 1) + index * 60_000).toISOString();
      await submit(at, event(operation, day, { sourceUpdatedAt, sourceRecordId: `s-${index}`, ...outcome }));
    }
    house.clock.now = new Date("2026-11-22T04:00:00Z");
    const list = [
      { effectiveOn: "2026-01-05", state: "VALID", at: "2026-01-06T00:00:00.000Z" },
      ...steps.map(([operation, effectiveOn, at]) => ({
        ...{ effectiveOn, at },
        state: operation === "SUSPEND" ? "SUSPENDED" : operation === "CANCEL" ? "ANNULLED" : "VALID",
      })),
    ] as readonly { effectiveOn: string; state: StoredState; at: string }[];
    const asked = ["2026-01-05", "2026-01-31", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-08-01"];
    const instants = list.flatMap(({ at }) => [at, new Date(new Date(at).getTime() - 1).toISOString()]);
    for (const instant of instants) {
      const fields = asked.map((day, i) => `d${i}: stateOn(date: "${day}", knownAt: "${instant}")`).join(" ");
      const { data, codes } = await holderAsks(`licenses(${purpose}) { nodes { ${fields} } }`);
      const prefix = list.filter(({ at }) => new Date(at) <= new Date(instant));
      if (prefix.length === 0) {
        expect(new Set(codes)).toEqual(new Set(["NOT_KNOWN_THEN"]));
        continue;
      }
      const [node] = data.enterprise.licenses.nodes;
      expect([instant, asked.map((_, i) => node[`d${i}`])]).toEqual([
        instant,
        asked.map((day) => stateOn(prefix, null, day)),
      ]);
    }
  });
});

describe("an event that waited for its license", () => {
  test("was known of no license until that came, and keeps when it came itself", async () => {
    const [early] = await submit("2026-02-01T00:00:00Z", event("SUSPEND", "2026-01-20"));
    expect(early?.outcome).toBe("PENDING");
    await submit("2026-02-10T00:00:00Z", license());
    house.clock.now = new Date("2026-11-22T04:00:00Z");
    const between = await whole("2026-02-09T23:59:59.999Z");
    expect(between.data.enterprise.licenses.nodes).toEqual([]);
    const { data } = await whole("2026-02-10T00:00:00Z");
    expect(data.enterprise.licenses.nodes[0].state).toBe("SUSPENDED");
    expect(data.enterprise.licenses.nodes[0].history.nodes).toEqual([
      expect.objectContaining({ operation: "ISSUE", receivedAt: "2026-02-10T00:00:00.000Z" }),
      expect.objectContaining({
        ...{ operation: "SUSPEND", receivedAt: "2026-02-01T00:00:00.000Z", knownSince: "2026-02-10T00:00:00.000Z" },
        ...{ sourceRecordId: "SUSPEND-2026-01-20", sourceUpdatedAt: "2026-01-20T01:00:00.000Z" },
      }),
    ]);
  });
});

describe("a license by identifier", () => {
  const ask = async (query: string) => {
    const { data, errors } = await house.graphql(query, { as: "approval-bureau" });
    return { data, codes: errors.map((error) => error.extensions.code) };
  };
  const one = (args: string, fields: string) =>
    ask(`{ license(identifier: "${identifier}", ${purpose} ${args}) { ${fields} } }`);

  beforeEach(async () => {
    await submit("2026-02-10T00:00:00Z", license());
    await submit("2026-03-02T00:00:00Z", event("SUSPEND", "2026-03-01", { reason: "整顿" }));
    house.clock.now = new Date("2026-11-22T04:00:00Z");
  });

  test("is null before it came in, and then stands as it was known", async () => {
    const state = async (at: string) => (await one(`, knownAt: "${at}"`, "state")).data.license?.state ?? null;
    expect(await state("2026-02-09T23:59:59Z")).toBeNull();
    expect(await state("2026-03-01T12:00:00Z")).toBe("VALID"); // suspended by law, and the hub did not know
    expect(await state("2026-03-02T00:00:00Z")).toBe("SUSPENDED");
  });

  test("pages through its history without gap or repeat", async () => {
    const page = async (after: string) =>
      (await one("", `history(first: 1 ${after}) { nodes { operation } pageInfo { hasNextPage endCursor } }`)).data
        .license.history;
    const first = await page("");
    const second = await page(`, after: "${first.pageInfo.endCursor}"`);
    expect([first.nodes[0].operation, first.pageInfo.hasNextPage]).toEqual(["ISSUE", true]);
    expect([second.nodes[0].operation, second.pageInfo.hasNextPage]).toEqual(["SUSPEND", false]);
    expect((await one("", `history(after: "x") { nodes { state } }`)).codes).toEqual(["CURSOR_INVALID"]);
  });

  test("granted in part, tells days and states of its history, and not whose words they are", async () => {
    await house.sql("update access_grant set whole_license = false");
    const { data } = await one("", `isWhole history { ${changes} }`);
    expect(data.license.isWhole).toBe(false);
    for (const each of data.license.history.nodes)
      expect(each).toMatchObject({ reason: null, sourceRecordId: null, sourceUpdatedAt: null, submission: null });
    expect(data.license.history.nodes[1]).toMatchObject({ state: "SUSPENDED", effectiveOn: "2026-03-01" });
    expect(JSON.stringify(data)).not.toContain("整顿");
  });

  test.each([
    ["to come", "2026-11-22T04:00:00.001Z"],
    ["that is none", "2026-02-30T00:00:00Z"],
    ["without an offset", "2026-02-10T00:00:00"],
  ])("is refused for an instant %s, wherever it is asked", async (_what, at) => {
    expect((await one(`, knownAt: "${at}"`, "state")).codes).toEqual(["INPUT_INVALID"]);
    expect((await one("", `stateOn(date: "2026-03-01", knownAt: "${at}")`)).codes).toEqual(["INPUT_INVALID"]);
    expect((await one("", `history(knownAt: "${at}") { nodes { state } }`)).codes).toEqual(["INPUT_INVALID"]);
    const list = await ask(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose}, knownAt: "${at}") { withheldCount } } }`,
    );
    expect(list.codes).toEqual(["INPUT_INVALID"]);
  });
});

describe("licenses of a holder at an instant", () => {
  const list = (args: string, as = "approval-bureau") =>
    house.graphql(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose} ${args}) { withheldCount nodes { identifier state isWhole attributes } } } }`,
      { as },
    );
  const at = `, knownAt: "2026-03-01T12:00:00Z"`;
  const newest = async () => (await house.sql("select * from access_record order by id desc limit 1"))[0];

  beforeEach(async () => {
    await submit("2026-02-10T00:00:00Z", license());
    await submit("2026-03-02T00:00:00Z", event("SUSPEND", "2026-03-01"));
    house.clock.now = new Date("2026-11-22T04:00:00Z");
  });

  test("are filtered by the state known then", async () => {
    const of = async (state: string) => (await list(`${at}, states: [${state}]`)).data.enterprise.licenses.nodes.length;
    expect([await of("VALID"), await of("SUSPENDED")]).toEqual([1, 0]);
  });

  test("go out as far as is granted, and are recorded like any other", async () => {
    await house.sql("update access_grant set whole_license = false");
    const { data } = await list(at);
    expect(data.enterprise.licenses.nodes).toMatchObject([{ state: "VALID", isWhole: false }]);
    expect(await newest()).toMatchObject({
      ...{ action: "READ", outcome: "DISCLOSED", holder_code: holder, identifiers: [identifier], case_number: "K-1" },
      attributes: [expect.stringContaining("legalRepresentative")],
    });
  });

  test("are withheld and counted, by today's grants and as of today, without one", async () => {
    await house.sql("update access_grant set revoked_at = now() where license_type = $1 and revoked_at is null", [
      business,
    ]);
    const count = async (args: string) => (await list(args)).data.enterprise.licenses;
    const now = await count("");
    expect([now.withheldCount, now.nodes]).toEqual([1, []]);
    expect(await count(at)).toEqual(now);
    // Before it came in: a count that followed the instant would tell when that was.
    expect(await count(`, knownAt: "2026-02-01T00:00:00Z"`)).toEqual(now);
    await house.sql("update access_grant set revoked_at = null where license_type = $1", [business]);
  });

  test("are refused for a type the procedure does not need, and to another department, on record", async () => {
    const excess = await list(`${at}, types: ["nothing"]`);
    expect(excess.errors[0].extensions.code).toBe("PURPOSE_EXCEEDED");
    expect(await newest()).toMatchObject({ outcome: "REFUSED", refusal: "PURPOSE_EXCEEDED" });
    expect((await list(at, "sports")).errors[0].extensions.code).toBe("PURPOSE_NOT_ALLOWED");
  });

  test("cost the same number of statements for many holders as for one", async () => {
    const ask = async (codes: readonly string[]) => {
      house.statements.length = 0;
      const query = `query ($codes: [ID!]!) { enterprises(usccs: $codes) { licenses(${purpose}${at}) { nodes { state stateOn(date: "2026-02-01") history { nodes { state } } } } } }`;
      const { errors } = await house.graphql(query, { as: "approval-bureau", variables: { codes } });
      expect(errors).toEqual([]);
      return house.statements.filter((text) => !text.includes("rate_window")).length;
    };
    await house.sql(
      "insert into holder select 'X' || n, 'USCC', 'x' from generate_series(1, 30) n on conflict do nothing",
    );
    await ask([holder]);
    const one = await ask([holder]);
    expect(await ask([holder, ...Array.from({ length: 30 }, (_, n) => `X${n + 1}`)])).toBe(one);
  });
});
