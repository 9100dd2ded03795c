import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openDatabase } from "../../src/store/database.ts";
import { enter, type Reader } from "../../src/store/reader.ts";
import { department, openTestHub, type TestHub, testNow } from "../setup/hub.ts";

// 标识冲突: two sources that claim one identifier end before a clerk, and every decision is on record.

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
  await house.sql(`insert into client (id, kind, department, name)
    select 'second', 'DEPARTMENT', department, 'second' from client where id = 'approval-bureau'`);
});
afterAll(() => house.close());
beforeEach(async () => {
  house.clock.now = testNow;
  await house.sql("truncate problem_record, conflict_claim, identifier_conflict, conflict_decision, identifier_alias");
});

const travel = { licenseType: "11100000XXXX00166LX01", issuer: "11371000XXXX010118" } as const;
const tobacco = { licenseType: "11100000XXXX003181X01", issuer: "" };
beforeAll(async () => {
  const [row] = await house.sql("select department from client where id = 'tobacco'");
  tobacco.issuer = String(row?.["department"]);
});

let serial = 0;
const spent = () => {
  serial += 1;
  return `1.2.156.3005.2.${travel.licenseType}.${travel.issuer}.SPENT${serial}.001.0`;
};

/** A travel agency's license, right as it is. */
function agency(identifier: string | null, changes: Partial<RawRecord> = {}): RawRecord {
  serial += 1;
  return {
    ...{ sourceRecordId: `a-${serial}`, operation: "ISSUE", sourceUpdatedAt: "2026-11-01T09:00:00+08:00", identifier },
    ...{ ...travel, number: `L-SD-WH${20_000 + serial}`, region: "371000" },
    holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "威海威高海产品股份有限公司" },
    ...{ issuedOn: "2026-11-01", validFrom: "2026-11-01", validUntil: null },
    attributes: { businessScope: `国内旅游业务${serial}`, qualityDeposit: "20万元" },
    ...changes,
  };
}

/** A tobacco retailer's license, of another department. */
function retailer(identifier: string | null, changes: Partial<RawRecord> = {}): RawRecord {
  return agency(identifier, {
    ...{ ...tobacco, number: String(371_000_000_000 + serial + 1) },
    attributes: { premises: `威海市甲路${serial + 1}号`, supplyUnit: "威海市烟草公司" },
    ...changes,
  });
}

let batches = 0;
const submit = async (client: string, ...records: readonly RawRecord[]) => {
  batches += 1;
  const { results } = await house.hub.submitLicenses(department(client), { batchId: `conflict-${batches}`, records });
  return results;
};
const said = async (client: string, ...records: readonly RawRecord[]) =>
  (await submit(client, ...records)).map(
    ({ outcome, problems }) => problems.find(({ code }) => code !== "IDENTIFIER_CHECK")?.code ?? outcome,
  );

const ask = async (query: string, as = "operator", variables: object = {}) => {
  const answer = await house.graphql(query, { as, variables });
  return answer.errors[0]?.extensions.code ?? answer.data;
};
const conflicts = async (filter = "status: OPEN") =>
  (
    await ask(`{ identifierConflicts(filter: { ${filter} }) { nodes {
      id identifier status issuer { code } claims { id status client sourceRecordId department { code } } } } }`)
  ).identifierConflicts.nodes;
const claims = () => house.sql("select * from conflict_claim order by id");
const sidesOf = async (claim: unknown) =>
  (
    await ask(`{ conflictSides(claim: "${claim}") { conflict facts claimContent standingContent
      standing { state successor } differences { path standing claim } } }`)
  ).conflictSides;
const licenseOf = async (identifier: string) =>
  (await house.sql("select * from license where identifier = $1", [identifier]))[0];
const problemOf = async (sourceRecordId: string) =>
  (await house.sql("select * from problem_record where source_record_id = $1 order by id desc", [sourceRecordId]))[0];

type Decided = Readonly<{ conflict: string; claim: string; decision: string; reason?: string; facts: string }>;
const decide = async (input: Decided, as = "operator") =>
  ask(
    `mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { id decision given operator person reason } }`,
    as,
    { input: { reason: "经核查原始档案", ...input } },
  );

/** Two departments' licenses with one identifier: the first stands, the second is claimed. */
async function dispute(changes: Partial<RawRecord> = {}) {
  const identifier = spent();
  const standing = agency(identifier);
  const claim = retailer(identifier, changes);
  expect(await said("approval-bureau", standing)).toEqual(["ACCEPTED"]);
  expect(await said("tobacco", claim)).toEqual(["IDENTIFIER_TAKEN"]);
  const [row] = await conflicts(`status: OPEN, department: "${tobacco.issuer}"`);
  const found = row.claims[0].id;
  const { facts } = await sidesOf(found);
  return { identifier, standing, claim, facts, about: { conflict: row.id, claim: found, facts } };
}

describe("a record whose identifier another department's license has", () => {
  test("opens one conflict, which both its batches and its repetitions are one claim of", async () => {
    const { identifier, claim } = await dispute();
    house.clock.now = new Date(testNow.getTime() + 60_000);
    expect(await said("tobacco", claim, { ...claim, region: null })).toEqual(["IDENTIFIER_TAKEN", "IDENTIFIER_TAKEN"]);
    const [found, ...others] = await conflicts();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ identifier, status: "OPEN", issuer: { code: travel.issuer } });
    expect(found.claims).toMatchObject([{ status: "OPEN", client: "tobacco", department: { code: tobacco.issuer } }]);
    const [row] = await claims();
    expect(JSON.parse(String(row?.["record"]))).toMatchObject({ region: null });
    expect(row?.["received_at"]).not.toEqual(row?.["first_received_at"]);
  });

  test("opens nothing in a dry run, in a batch that is rolled back, or when its own source sends other content", async () => {
    const identifier = spent();
    const standing = agency(identifier);
    await submit("approval-bureau", standing);
    expect(await said("approval-bureau", { ...standing, number: "L-SD-WH99999" })).toEqual(["IDENTIFIER_TAKEN"]);
    const headers = {
      "content-type": "application/x-ndjson",
      authorization: `Bearer ${await house.token("tobacco")}`,
    };
    const payload = `${JSON.stringify(retailer(identifier))}\n`;
    const dry = { method: "POST", url: "/ingest?batchId=dry-conflict&dryRun=true", headers, payload } as const;
    expect((await house.server.inject(dry)).body).toContain("IDENTIFIER_TAKEN");
    await house.sql("alter table conflict_claim add constraint never check (false) not valid");
    await expect(submit("tobacco", retailer(identifier))).rejects.toThrow();
    await house.sql("alter table conflict_claim drop constraint never");
    expect(await conflicts("status: OPEN")).toEqual([]);
    expect(await house.sql("select 1 from problem_record where client_id = 'tobacco'")).toEqual([]);
  });

  test("opens one by /ingest as by GraphQL, and between two clients or two records of one department", async () => {
    const [one, two] = [spent(), spent()];
    await submit("approval-bureau", agency(one), agency(two));
    const headers = {
      "content-type": "application/x-ndjson",
      authorization: `Bearer ${await house.token("second")}`,
    };
    const payload = `${JSON.stringify(agency(one))}\n`;
    await house.server.inject({ method: "POST", url: "/ingest?batchId=conflict-stream", headers, payload });
    await submit("approval-bureau", agency(two));
    const found = await conflicts();
    expect(found.map((each: { identifier: string }) => each.identifier)).toEqual([two, one]);
  });

  test("costs one statement, however many there are, and none when there is no such problem", async () => {
    const names = Array.from({ length: 200 }, spent);
    const sent = async (...records: readonly RawRecord[]) => {
      house.statements.length = 0;
      await submit(records[0]?.issuer === travel.issuer ? "approval-bureau" : "tobacco", ...records);
      return house.statements.filter((text) => /conflict_|identifier_conflict/.test(text)).length;
    };
    expect(await sent(...names.map((name) => agency(name)))).toBe(0);
    expect(await sent(...names.map((name) => retailer(name)))).toBe(1);
    expect(await claims()).toHaveLength(200);
  });

  test("gives its department 10 open claims on an identifier at most, in one batch or in many", async () => {
    const identifier = spent();
    await submit("approval-bureau", agency(identifier));
    await submit("tobacco", ...Array.from({ length: 8 }, () => retailer(identifier)));
    await submit("tobacco", ...Array.from({ length: 30 }, () => retailer(identifier)));
    expect(await claims()).toHaveLength(10);
    await submit("marine", agency(identifier));
    expect(await conflicts()).toHaveLength(1);
  });

  test("tells its department nothing of the other side: the answer is what it always was, and so is its problem", async () => {
    const { identifier, claim } = await dispute();
    const [result] = await submit("tobacco", claim);
    expect(result).toMatchObject({ outcome: "REJECTED", identifier });
    const problem = await problemOf(claim.sourceRecordId);
    for (const found of [result?.problems ?? [], problem?.["problems"]])
      expect(found).toEqual(expect.arrayContaining([{ code: "IDENTIFIER_TAKEN", path: "identifier" }]));
    expect(problem).toMatchObject({ note: null, status: "OPEN", record: JSON.stringify(claim) });
  });

  test("does not tell its department by what was decided whether the other side was right", async () => {
    const seen: string[] = [];
    for (const decision of ["BOTH_RIGHT", "CLAIM_RIGHT"]) {
      const { about, claim } = await dispute();
      const { id, given } = (await decide({ ...about, decision })).decideConflict;
      const query = `{ problemRecords(filter: { sourceRecordId: "${claim.sourceRecordId}" }) { nodes {
        status outcome problems { code } attempts closedBy note } } }`;
      const told = JSON.stringify((await ask(query, "tobacco")).problemRecords.nodes);
      seen.push(told.replaceAll(given, "GIVEN").replaceAll(`第${id}号`, "第N号"));
    }
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toContain("GIVEN");
  });

  test("of two departments that race to be first is one license and one claim", async () => {
    const names = Array.from({ length: 6 }, spent);
    const answers = await Promise.all(
      names.map(async (name) => {
        const both = await Promise.all([said("approval-bureau", agency(name)), said("tobacco", retailer(name))]);
        return both.flat().toSorted();
      }),
    );
    for (const answer of answers) expect(answer).toEqual(["ACCEPTED", "IDENTIFIER_TAKEN"]);
    expect(await conflicts()).toHaveLength(6);
    expect(await claims()).toHaveLength(6);
  });
});

describe("a clerk", () => {
  test("sees both sides beside each other, persons masked, and that is on record with both holders", async () => {
    const identifier = spent();
    await submit(
      "approval-bureau",
      agency(identifier, { attributes: { businessScope: "经营者371002198501010011", qualityDeposit: "1" } }),
    );
    const holder = { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" } as const;
    await submit("second", agency(identifier, { holder }));
    const [{ claims: found }] = await conflicts();
    const sides = await sidesOf(found[0].id);
    expect(sides.standingContent.attributes.businessScope).toMatch(/^经营者3710\*{12}11$/);
    const paths = sides.differences.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual([
      ...["attributes.businessScope", "attributes.qualityDeposit", "holder.id", "holder.name", "number"],
    ]);
    const seen = await house.sql(
      "select holder_code, identifiers, client_id, caller_kind from access_record where reason = '标识冲突核查' order by id desc limit 2",
    );
    expect(seen.map((row) => row["holder_code"]).toSorted()).toEqual([holder.id, "91371002XXXX0030XC"].toSorted());
    expect(seen[0]).toMatchObject({ client_id: "operator", caller_kind: "OPERATOR" });
    const own = await house.graphql("{ accessRecords { nodes { client purpose { reason } } } }", {
      as: `holder:${holder.id}`,
    });
    expect(own.data.accessRecords.nodes[0]).toEqual({ client: "operator", purpose: { reason: "标识冲突核查" } });
  });

  test("finds conflicts by status, department and age", async () => {
    const { identifier } = await dispute();
    house.clock.now = new Date(testNow.getTime() + 10 * 24 * 60 * 60_000);
    await dispute();
    const names = async (filter: string) =>
      (await conflicts(filter)).map((each: { identifier: string }) => each.identifier);
    expect(await names("olderThanDays: 7")).toEqual([identifier]);
    expect(await names("olderThanDays: 0")).toHaveLength(2);
    expect(await names(`department: "${travel.issuer}"`)).toHaveLength(2);
    expect(await names('department: "nobody"')).toEqual([]);
    expect(await names("status: DECIDED")).toEqual([]);
    expect(await ask("{ identifierConflicts(filter: { olderThanDays: -1 }) { nodes { id } } }")).toBe("INPUT_INVALID");
  });

  test("who decides KEEP_STANDING refuses the claim for good; what says something else is a new one", async () => {
    const { about, claim, identifier } = await dispute();
    const answer = await decide({ ...about, decision: "KEEP_STANDING" });
    expect(answer.decideConflict).toMatchObject({ decision: "KEEP_STANDING", given: null, operator: "operator" });
    expect(await conflicts("status: DECIDED")).toMatchObject([{ identifier, claims: [{ status: "REFUSED" }] }]);
    expect(await problemOf(claim.sourceRecordId)).toMatchObject({ status: "DISMISSED", closed_by: "operator" });
    expect((await problemOf(claim.sourceRecordId))?.["note"]).toBe(
      `标识冲突裁定第${answer.decideConflict.id}号：不予采纳。经核查原始档案`,
    );
    expect(await said("tobacco", claim)).toEqual(["IDENTIFIER_TAKEN"]);
    expect(await said("tobacco", { ...claim, sourceRecordId: "another" })).toEqual(["IDENTIFIER_TAKEN"]);
    expect(await problemOf(claim.sourceRecordId)).toMatchObject({ status: "DISMISSED" });
    expect(await conflicts()).toEqual([]);
    expect(await said("tobacco", { ...claim, number: "371000009999" })).toEqual(["IDENTIFIER_TAKEN"]);
    expect(await conflicts()).toHaveLength(1);
  });

  test("who decides BOTH_RIGHT has the claim stored like every other, under an identifier of the hub's", async () => {
    const { about, claim, identifier } = await dispute();
    const answer = await decide({ ...about, decision: "BOTH_RIGHT" });
    const { given, id } = answer.decideConflict;
    expect(given).not.toBe(identifier);
    const license = await licenseOf(given);
    expect(license).toMatchObject({ issuer_code: tobacco.issuer, client_id: "tobacco", state: "VALID", version: 1 });
    expect(await licenseOf(identifier)).toMatchObject({ issuer_code: travel.issuer, state: "VALID" });
    expect(await conflicts("status: DECIDED")).toMatchObject([{ claims: [{ status: "GIVEN" }] }]);
    const checked = await house.graphql(`{ verifyLicense(token: "${license?.["jws"]}") { outcome } }`);
    expect(checked.errors).toEqual([]);
    expect(await problemOf(claim.sourceRecordId)).toMatchObject({
      ...{ status: "CORRECTED", closed_by: "operator" },
      note: `标识冲突裁定第${id}号：以标识 ${given} 归集。经核查原始档案`,
    });
    expect(
      await house.sql("select batch_id, accepted from submission where id = $1", [license?.["submission_id"]]),
    ).toMatchObject([{ accepted: 1 }]);
  });

  test("who decides CLAIM_RIGHT also revokes what stands, by an event that names the decision and nothing else", async () => {
    const { about, identifier } = await dispute();
    const before = await licenseOf(identifier);
    const { id, given } = (await decide({ ...about, decision: "CLAIM_RIGHT" })).decideConflict;
    const after = await licenseOf(identifier);
    expect(after).toMatchObject({ state: "REVOKED", jws: before?.["jws"], issuer_code: travel.issuer });
    const events = await house.sql(
      "select operation, state, reason, client_id from license_event where identifier = $1 order by id",
      [identifier],
    );
    expect(events.at(-1)).toEqual({
      ...{ operation: "CANCEL", state: "REVOKED", reason: `标识冲突裁定第${id}号`, client_id: "operator" },
    });
    expect(await licenseOf(given)).toMatchObject({ state: "VALID" });
  });

  test("who wants to revoke what has ended is told so, and nothing is decided", async () => {
    const { identifier, about } = await dispute();
    const end = {
      ...agency(identifier),
      operation: "CANCEL",
      outcome: "CANCELLED",
      effectiveOn: "2026-11-20",
    } as const;
    await submit("approval-bureau", { ...end, sourceUpdatedAt: "2026-11-20T09:00:00+08:00" });
    expect(await decide({ ...about, decision: "CLAIM_RIGHT" })).toBe("CONFLICT_CHANGED");
    const { facts } = await sidesOf(about.claim);
    expect(await decide({ ...about, facts, decision: "CLAIM_RIGHT" })).toBe("STANDING_ENDED");
    expect(await house.sql("select 1 from conflict_decision")).toEqual([]);
    expect((await decide({ ...about, facts, decision: "BOTH_RIGHT" })).decideConflict.given).toBeTruthy();
  });

  test("decides on what was seen: a side that has changed since is refused", async () => {
    const { about, claim } = await dispute();
    await submit("tobacco", { ...claim, number: "371000008888" });
    for (const decision of ["KEEP_STANDING", "BOTH_RIGHT", "CLAIM_RIGHT"])
      expect(await decide({ ...about, decision })).toBe("CONFLICT_CHANGED");
    expect(await decide({ ...about, conflict: "999999", decision: "BOTH_RIGHT" })).toBe("CONFLICT_NOT_FOUND");
    expect(await decide({ ...about, claim: "999999", decision: "BOTH_RIGHT" })).toBe("CONFLICT_NOT_FOUND");
    expect(await decide({ ...about, decision: "BOTH_RIGHT", reason: "\u0007" })).toBe("INPUT_INVALID");
  });

  test("who decides at the same moment as another finds the claim closed: one license, one decision", async () => {
    const { about } = await dispute();
    const answers = await Promise.all(
      ["BOTH_RIGHT", "CLAIM_RIGHT", "KEEP_STANDING", "BOTH_RIGHT"].map((decision) => decide({ ...about, decision })),
    );
    const refused = answers.filter((answer) => typeof answer === "string");
    expect(refused).toHaveLength(3);
    for (const code of refused) expect(["CONFLICT_CLOSED", "CONFLICT_CHANGED"]).toContain(code);
    expect(await house.sql("select 1 from conflict_decision")).toHaveLength(1);
  });

  test("who decides while the departments go on sending locks nobody out", async () => {
    const all = await Promise.all(Array.from({ length: 1 }, () => dispute()));
    const more = await dispute();
    await Promise.all([
      ...[...all, more].map(({ about }) => decide({ ...about, decision: "CLAIM_RIGHT" })),
      ...[...all, more].flatMap(({ claim, standing }) => [
        submit("tobacco", claim),
        submit("approval-bureau", standing),
      ]),
    ]);
    expect(await house.sql("select 1 from conflict_decision")).toHaveLength(2);
    expect(await conflicts()).toEqual([]);
  });

  test("can not let in a claim that would be refused today: nothing is decided, and it says why", async () => {
    const { about, claim } = await dispute();
    await house.sql("update region set code = '371000-gone' where code = '371000'");
    house.clock.now = new Date(testNow.getTime() + 200 * 24 * 60 * 60_000);
    const answer = await house.graphql(
      `mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { id } }`,
      { as: "operator", variables: { input: { ...about, decision: "BOTH_RIGHT", reason: "测试" } } },
    );
    await house.sql("update region set code = '371000' where code = '371000-gone'");
    house.clock.now = new Date(house.clock.now.getTime() + 60_000);
    await house.hub.catalogue();
    expect(answer.errors[0]?.extensions).toMatchObject({
      ...{ code: "CLAIM_NOT_ACCEPTABLE", details: { problems: ["REGION_UNKNOWN"] } },
    });
    expect(await claims()).toMatchObject([{ status: "OPEN" }]);
    expect(await problemOf(claim.sourceRecordId)).toMatchObject({ status: "OPEN", attempts: 1 });
    expect(
      await house.sql("select 1 from submission where batch_id like $1", [
        `conflict-${about.conflict}-${about.claim}-%`,
      ]),
    ).toHaveLength(0);
  });

  test("can not let in a claim whose predecessor has ended since, or whose source record stands for another license", async () => {
    const before = retailer(null);
    const [first] = await submit("tobacco", before);
    const renewal = { operation: "RENEW", predecessor: first?.identifier ?? null, issuedOn: "2026-11-12" } as const;
    const late = {
      validFrom: "2026-11-12",
      sourceUpdatedAt: "2026-11-12T10:00:00+08:00",
      number: String(before.number),
    };
    const { about } = await dispute({ ...renewal, ...late });
    await submit("tobacco", {
      ...{ sourceRecordId: "end", operation: "CANCEL", outcome: "ANNULLED", identifier: first?.identifier ?? null },
      ...{ ...tobacco, sourceUpdatedAt: "2026-11-13T10:00:00+08:00", effectiveOn: "2026-11-13" },
    });
    const refused = async (input: Decided) =>
      (
        await house.graphql("mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { id } }", {
          ...{ as: "operator", variables: { input: { ...input, reason: "核查" } } },
        })
      ).errors[0]?.extensions;
    const code = "CLAIM_NOT_ACCEPTABLE";
    expect(await refused({ ...about, decision: "BOTH_RIGHT" })).toMatchObject({
      ...{ code, details: { problems: ["STALE_UPDATE"] } },
    });
    const held = retailer(null);
    await submit("tobacco", held);
    const other = await dispute({ sourceRecordId: held.sourceRecordId });
    expect(await refused({ ...other.about, decision: "CLAIM_RIGHT" })).toMatchObject({
      ...{ code, details: { problems: ["IDENTIFIER_TAKEN"] } },
    });
    expect(await licenseOf(other.identifier)).toMatchObject({ state: "VALID" });
    expect(await house.sql("select 1 from conflict_decision")).toEqual([]);
    expect((await decide({ ...other.about, decision: "KEEP_STANDING" })).decideConflict.given).toBeNull();
  });

  test("has a renewal that claims a spent identifier stored as the version after its predecessor", async () => {
    const [first] = await submit("tobacco", retailer(null));
    const renewal = { operation: "RENEW", predecessor: first?.identifier ?? null, issuedOn: "2026-11-12" } as const;
    const { about } = await dispute({
      ...{ ...renewal, validFrom: "2026-11-12", sourceUpdatedAt: "2026-11-12T10:00:00+08:00" },
    });
    const { given } = (await decide({ ...about, decision: "BOTH_RIGHT" })).decideConflict;
    expect(await licenseOf(given)).toMatchObject({ version: 2, predecessor: first?.identifier });
    expect(await licenseOf(String(first?.identifier))).toMatchObject({ state: "SUPERSEDED", successor: given });
  });

  test("can not let in the claim of a client that is suspended", async () => {
    const { about } = await dispute();
    await house.sql("update client set active = false where id = 'tobacco'");
    const answer = await decide({ ...about, decision: "BOTH_RIGHT" });
    await house.sql("update client set active = true where id = 'tobacco'");
    expect(answer).toBe("CLAIM_NOT_ACCEPTABLE");
    expect((await decide({ ...about, decision: "BOTH_RIGHT" })).decideConflict.given).toBeTruthy();
  });
});

describe("a claim", () => {
  test("closes itself when its department corrects the record to another identifier", async () => {
    const { claim } = await dispute();
    expect(await said("tobacco", { ...claim, identifier: spent() })).toEqual(["ACCEPTED"]);
    expect(await conflicts("status: WITHDRAWN")).toMatchObject([{ claims: [{ status: "WITHDRAWN" }] }]);
    expect(await conflicts()).toEqual([]);
  });

  test("closes itself when its record names another one that is taken: that is the claim then", async () => {
    const { claim } = await dispute();
    const other = spent();
    await submit("approval-bureau", agency(other));
    expect(await said("tobacco", { ...claim, identifier: other })).toEqual(["IDENTIFIER_TAKEN"]);
    expect(await conflicts()).toMatchObject([{ identifier: other }]);
    expect(await conflicts("status: WITHDRAWN")).toHaveLength(1);
  });

  test("closes itself when its department dismisses it, and stays away while it says the same", async () => {
    const { claim, about } = await dispute();
    const id = (await problemOf(claim.sourceRecordId))?.["id"];
    await ask(`mutation { dismissProblem(id: "${id}", reason: "重复报送") { id } }`, "tobacco");
    expect(await conflicts("status: WITHDRAWN")).toMatchObject([{ claims: [{ status: "DISMISSED" }] }]);
    expect(await decide({ ...about, decision: "BOTH_RIGHT" })).toBe("CONFLICT_CLOSED");
    await submit("tobacco", claim);
    expect(await conflicts()).toEqual([]);
  });

  test("that came as a correction is closed with the problem it corrected", async () => {
    const identifier = spent();
    await submit("approval-bureau", agency(identifier));
    const record = retailer(identifier, { region: "999999" });
    await submit("tobacco", record);
    const id = (await problemOf(record.sourceRecordId))?.["id"];
    const correct = `mutation ($id: ID!, $record: LicenseRecordInput!) { correctRecord(id: $id, record: $record) { problem { problems { code } } } }`;
    const mended = { ...record, sourceRecordId: "renamed", region: "371000" };
    await ask(correct, "tobacco", { id: String(id), record: mended });
    const [found] = await conflicts();
    const { facts } = await sidesOf(found.claims[0].id);
    await decide({ conflict: found.id, claim: found.claims[0].id, facts, decision: "BOTH_RIGHT" });
    expect(await house.sql("select status, source_record_id from problem_record where client_id = 'tobacco'")).toEqual([
      { status: "CORRECTED", source_record_id: record.sourceRecordId },
    ]);
  });

  test("loses its content 90 days after it was closed; what was decided stays", async () => {
    const { about } = await dispute();
    await decide({ ...about, decision: "KEEP_STANDING" });
    house.clock.now = new Date(testNow.getTime() + 89 * 24 * 60 * 60_000);
    await house.hub.tendDesk();
    expect((await claims())[0]?.["record"]).not.toBeNull();
    house.clock.now = new Date(testNow.getTime() + 91 * 24 * 60 * 60_000);
    await house.hub.tendDesk();
    expect((await claims())[0]?.["record"]).toBeNull();
    expect(await sidesOf(about.claim)).toMatchObject({ claimContent: null, differences: [] });
    expect(await house.sql("select claim_digest from conflict_decision")).toHaveLength(1);
  });
});

describe("an identifier that its source spent twice", () => {
  const given = async (decision = "BOTH_RIGHT") => {
    const found = await dispute();
    const answer = await decide({ ...found.about, decision });
    return { ...found, given: String(answer.decideConflict.given) };
  };
  const event = (claim: RawRecord, changes: Partial<RawRecord> = {}): RawRecord => ({
    ...{
      sourceRecordId: `${claim.sourceRecordId}-e`,
      operation: "SUSPEND",
      sourceUpdatedAt: "2026-11-10T10:00:00+08:00",
    },
    ...{ licenseType: claim.licenseType, issuer: claim.issuer, identifier: claim.identifier ?? null },
    ...{ effectiveOn: "2026-11-10", reason: "整顿", ...changes },
  });

  test("means the one the hub gave, to that source alone: in the record again, in events, and as predecessor", async () => {
    const { claim, identifier, given: own } = await given();
    expect(await submit("tobacco", claim)).toMatchObject([{ outcome: "UNCHANGED", identifier: own }]);
    expect(await said("tobacco", event(claim))).toEqual(["ACCEPTED"]);
    expect(await licenseOf(own)).toMatchObject({ state: "SUSPENDED" });
    expect(await licenseOf(identifier)).toMatchObject({ state: "VALID" });
    await submit(
      "tobacco",
      event(claim, { operation: "REINSTATE", effectiveOn: "2026-11-11", sourceUpdatedAt: "2026-11-11T10:00:00+08:00" }),
    );
    const renewal = retailer(null, {
      ...{ operation: "RENEW", predecessor: identifier, issuedOn: "2026-11-12", validFrom: "2026-11-12" },
      ...{ sourceUpdatedAt: "2026-11-12T10:00:00+08:00" },
    });
    expect(await said("tobacco", renewal)).toEqual(["ACCEPTED"]);
    expect(await licenseOf(own)).toMatchObject({ state: "SUPERSEDED" });
    expect(await licenseOf(identifier)).toMatchObject({ state: "VALID" });
    expect(await conflicts()).toEqual([]);
    expect(await said("approval-bureau", { ...event(claim), ...travel })).toEqual(["ACCEPTED"]);
    expect(await licenseOf(identifier)).toMatchObject({ state: "SUSPENDED" });
  });

  test("takes the events along that had waited for it, and leaves those of others", async () => {
    const identifier = spent();
    const claim = retailer(identifier);
    await submit("tobacco", event(claim));
    await submit("approval-bureau", agency(identifier));
    await submit("tobacco", claim);
    const [found] = await conflicts();
    const about = { conflict: found.id, claim: found.claims[0].id, facts: (await sidesOf(found.claims[0].id)).facts };
    const answer = await decide({ ...about, decision: "BOTH_RIGHT" });
    expect(await licenseOf(answer.decideConflict.given)).toMatchObject({ state: "SUSPENDED" });
    expect(await house.sql("select 1 from pending_event where identifier = $1", [identifier])).toEqual([]);
    expect(await licenseOf(identifier)).toMatchObject({ state: "VALID" });
  });

  test("means it to one client, or one record, where the license that stands is of the same department", async () => {
    const identifier = spent();
    const [standing, twin, client] = [agency(identifier), agency(identifier), agency(identifier)];
    await submit("approval-bureau", standing);
    await submit("approval-bureau", twin);
    await submit("second", client);
    const [found] = await conflicts();
    for (const { id } of found.claims) {
      const { facts } = await sidesOf(id);
      await decide({ conflict: found.id, claim: id, facts, decision: "BOTH_RIGHT" });
    }
    const held = async (who: string, record: RawRecord) => (await submit(who, record))[0];
    const mine = await held("approval-bureau", standing);
    const others = [await held("approval-bureau", twin), await held("second", client)];
    expect(mine).toMatchObject({ outcome: "UNCHANGED", identifier });
    for (const each of others) expect(each?.outcome).toBe("UNCHANGED");
    expect(new Set([identifier, ...others.map((each) => each?.identifier)]).size).toBe(3);
    await submit("approval-bureau", event(standing));
    expect(await licenseOf(identifier)).toMatchObject({ state: "SUSPENDED" });
    await submit("second", event(client));
    expect(await licenseOf(String(others[1]?.identifier))).toMatchObject({ state: "SUSPENDED" });
  });

  test("that is spent a third time is another conflict, about the one the hub gave; so it goes on", async () => {
    const { identifier, given: own } = await given();
    const third = retailer(identifier);
    expect(await said("tobacco", third)).toEqual(["IDENTIFIER_TAKEN"]);
    const [found] = await conflicts();
    expect(found).toMatchObject({ identifier: own, issuer: { code: tobacco.issuer } });
    const [{ id }] = found.claims;
    const answer = await decide({
      ...{ conflict: found.id, claim: id, facts: (await sidesOf(id)).facts, decision: "BOTH_RIGHT" },
    });
    const { given: last } = answer.decideConflict;
    expect(await submit("tobacco", third)).toMatchObject([{ outcome: "UNCHANGED", identifier: last }]);
    expect(new Set([identifier, own, last]).size).toBe(3);
    expect(await conflicts()).toEqual([]);
  });

  test("whose content the hub holds already means the license that holds it: none is made twice", async () => {
    const identifier = spent();
    const twin = retailer(null);
    const [known] = await submit("tobacco", twin);
    await submit("approval-bureau", agency(identifier));
    await submit("tobacco", { ...twin, sourceRecordId: "twin-again", identifier });
    const [found] = await conflicts();
    const [{ id }] = found.claims;
    const answer = await decide({
      ...{ conflict: found.id, claim: id, facts: (await sidesOf(id)).facts, decision: "BOTH_RIGHT" },
    });
    expect(answer.decideConflict.given).toBe(known?.identifier);
  });

  test("is looked up with what a batch asks for anyway: no statement more", async () => {
    const { claim } = await given();
    const count = async (...records: readonly RawRecord[]) => {
      house.statements.length = 0;
      await submit("tobacco", ...records);
      return house.statements.filter((text) => text.includes("identifier_alias")).length;
    };
    expect(await count(retailer(spent()), retailer(null))).toBe(1);
    expect(await count(claim)).toBe(2);
  });
});

describe("what was decided", () => {
  const inside = async <T>(reader: Reader, text: string) => {
    const database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 1 });
    const { sql } = await import("kysely");
    try {
      return await database.transaction(async (db) => {
        await enter(db, reader);
        return (await sql<T>`${sql.raw(text)}`.execute(db)).rows;
      });
    } finally {
      await database.close();
    }
  };
  const as = (clientId: string): Reader => ({ mode: "CLIENT", clientId, procedure: "", day: "2026-11-22" });

  test("is never changed or removed, not even by the hub", async () => {
    const { about } = await dispute();
    await decide({ ...about, decision: "BOTH_RIGHT" });
    const collect: Reader = { mode: "COLLECT" };
    for (const table of ["conflict_decision", "identifier_alias"]) {
      const column = table === "conflict_decision" ? "reason" : "given";
      await expect(inside(collect, `update ${table} set ${column} = 'x'`)).rejects.toThrow("permission denied");
      await expect(inside(collect, `delete from ${table}`)).rejects.toThrow("permission denied");
    }
    for (const table of ["conflict_claim", "identifier_conflict"])
      await expect(inside(collect, `delete from ${table}`)).rejects.toThrow("permission denied");
    expect(await inside(as("operator"), "update conflict_claim set status = 'REFUSED' returning id")).toEqual([]);
  });

  test("is shown to operators and auditors, and no row of a conflict to any department", async () => {
    const { about, claim } = await dispute();
    await decide({ ...about, decision: "BOTH_RIGHT" });
    const tables = ["identifier_conflict", "conflict_claim", "conflict_decision", "identifier_alias"];
    const seen = (reader: Reader) =>
      Promise.all(tables.map(async (table) => (await inside(reader, `select * from ${table}`)).length));
    expect(await seen(as("tobacco"))).toEqual([0, 0, 0, 0]);
    expect(await seen(as("approval-bureau"))).toEqual([0, 0, 0, 0]);
    expect(await seen(as("operator"))).toEqual([1, 1, 1, 0]);
    expect(await seen({ mode: "AUDIT" })).toEqual([0, 0, 1, 0]);
    const number = Number(about.claim);
    expect(await inside(as("tobacco"), `select * from hub_conflict_standing(${number})`)).toEqual([]);
    expect(await inside({ mode: "AUDIT" }, `select * from hub_conflict_standing(${number})`)).toEqual([]);
    const question = "{ conflictDecisions { nodes { decision reason person sourceRecordId department { code } } } }";
    const expected = [{ decision: "BOTH_RIGHT", person: null, sourceRecordId: claim.sourceRecordId }];
    expect((await ask(question, "auditor")).conflictDecisions.nodes).toMatchObject(expected);
    expect((await ask(question)).conflictDecisions.nodes).toMatchObject(expected);
    const own = await ask(
      `{ problemRecords(filter: { sourceRecordId: "${claim.sourceRecordId}" }) { nodes { note } } }`,
      "tobacco",
    );
    expect(own.problemRecords.nodes[0].note).toContain("裁定第");
    expect(own.problemRecords.nodes[0].note).not.toContain("RIGHT");
  });

  test("names the person, when the token does", async () => {
    const { about } = await dispute();
    const token = await house.token("operator", { sub: "clerk-7" });
    const answer = await house.graphql(
      `mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { operator person } }`,
      { token, variables: { input: { ...about, decision: "KEEP_STANDING", reason: "原件为准" } } },
    );
    expect(answer.data.decideConflict).toEqual({ operator: "operator", person: "clerk-7" });
  });
});
