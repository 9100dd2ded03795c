import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

type Expected = Readonly<{ outcome: string; code?: string; warning?: string; path?: string }>;
type DirtyLine = Readonly<{ record: RawRecord; expect: Expected }>;

const folder = join(import.meta.dirname, "../..");
let house: TestHub;
let samples: readonly RawRecord[];
let dirty: readonly DirtyLine[];
const keyOf = new Map<string, string>();

beforeAll(async () => {
  house = await openTestHub();
  samples = await readRecordFile(join(folder, "migrations/data/demo/licenses.ndjson"));
  const lines = (await readFile(join(folder, "test/data/licenses-dirty.ndjson"), "utf8")).split("\n").filter(Boolean);
  dirty = lines.map((line) => JSON.parse(line) as DirtyLine);
  for (const row of await house.sql("select code, key from department"))
    keyOf.set(String(row["code"]), String(row["key"]));
});
afterAll(() => house.close());

/** A batch of records as their issuer's system. */
const submit = (batchId: string, records: readonly RawRecord[], client = keyOf.get(records[0]?.issuer ?? "") ?? "") =>
  house.hub.submitLicenses(department(client), { batchId, records });

/** A sample of a kind whose license nothing has happened to, as a new license of its own. */
function fresh(kind: string, nth: number, changes: Partial<RawRecord> = {}): RawRecord {
  const record = samples.filter((sample) => sample.sourceRecordId.startsWith(kind))[nth];
  if (!record) throw new Error(`no ${kind}`);
  const { identifier: _identifier, ...rest } = record;
  return { ...rest, region: "371000", sourceRecordId: `fresh-${kind}-${nth}`, ...changes };
}

const event = (record: RawRecord, identifier: string | null, changes: Partial<RawRecord>): RawRecord => ({
  ...{
    sourceRecordId: `${record.sourceRecordId}-event`,
    operation: "SUSPEND",
    sourceUpdatedAt: "2026-11-01T10:00:00+08:00",
  },
  ...{ identifier, licenseType: record.licenseType, issuer: record.issuer, effectiveOn: "2026-11-01", reason: "整顿" },
  ...changes,
});

const stateOf = async (identifier: string | null | undefined) =>
  (await house.sql("select state from license where identifier = $1", [identifier]))[0]?.["state"];

describe("the sample data", () => {
  test("is in completely: 1,666 licenses and the 57 versions that follow them, each signed once", async () => {
    const [row] = await house.sql(
      "select count(*)::int as n, count(distinct jws)::int as signed, count(distinct (status_list, status_index))::int as places from license",
    );
    expect(row).toEqual({ n: 1723, signed: 1723, places: 1723 });
    const states = await house.sql("select state, count(*)::int as n from license group by state order by state");
    expect(Object.fromEntries(states.map((each) => [each["state"], each["n"]]))).toEqual({
      ...{ ANNULLED: 11, CANCELLED: 16, REVOKED: 6, SUPERSEDED: 57, SUSPENDED: 29, VALID: 1604 },
    });
  });

  test("handed in again, is UNCHANGED to the last record", async () => {
    const issuer = samples[0]?.issuer ?? "";
    const again = await submit("again", samples.filter((record) => record.issuer === issuer).slice(0, 300));
    expect(again).toMatchObject({ accepted: 0, unchanged: 300, rejected: 0 });
  });
});

describe("every line of the dirty records", () => {
  test("gets exactly the outcome, code and path written there, in one batch an issuer", async () => {
    const byIssuer = Map.groupBy(dirty, (line) => line.record.issuer);
    expect(dirty).toHaveLength(60);
    for (const [issuer, lines] of byIssuer) {
      const answer = await submit(
        `dirty-${issuer}`,
        lines.map((line) => line.record),
      );
      const seen = answer.results.map(({ outcome, problems }) => ({ outcome, problems }));
      expect(seen).toEqual(
        lines.map(({ expect: { outcome, code, warning, path } }) => ({
          outcome,
          problems: path ? [{ code: code ?? warning, path }] : [],
        })),
      );
    }
  });

  test("refused records leave no license behind", async () => {
    const refused = dirty.filter((line) => line.expect.outcome === "REJECTED" && !/STALE/.test(line.expect.code ?? ""));
    const ids = refused.map((line) => line.record.identifier);
    expect(await house.sql("select identifier from license where identifier = any($1)", [ids])).toEqual([]);
  });
});

describe("a batch", () => {
  test("again under its batchId gets the first outcome, whatever it holds now", async () => {
    const record = fresh("travel-agency-license", 0);
    const first = await submit("same", [record]);
    const again = await submit("same", [fresh("travel-agency-license", 1)]);
    expect(again).toMatchObject({ id: first.id, results: first.results, replayed: true });
    expect(first.replayed).toBe(false);
  });

  test("sent twice at the same moment is stored once", async () => {
    const record = fresh("travel-agency-license", 2);
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => submit("race", [record])));
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    const stored = await house.sql("select 1 from license where source_record_id = $1", [record.sourceRecordId]);
    expect(stored).toHaveLength(1);
  });

  test("the same license under different batchIds at the same moment is stored once", async () => {
    const record = { ...fresh("hr-service-license", 0), identifier: null };
    const answers = await Promise.all([1, 2, 3, 4].map((n) => submit(`parallel-${n}`, [record])));
    expect(answers.map((answer) => answer.results[0]?.outcome).sort()).toEqual([
      "ACCEPTED",
      "UNCHANGED",
      "UNCHANGED",
      "UNCHANGED",
    ]);
    expect(new Set(answers.map((answer) => answer.results[0]?.identifier)).size).toBe(1);
  });

  test("of 1,001 records is refused whole, of none too", async () => {
    const records = Array.from({ length: 1001 }, () => fresh("hr-service-license", 1));
    await expect(submit("too-many", records)).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
    await expect(submit("none", [], "approval-bureau")).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("with a broken record among good ones stores the good ones", async () => {
    const good = [fresh("hr-service-license", 2), fresh("hr-service-license", 3)];
    const broken = { ...fresh("hr-service-license", 4), attributes: { services: "x".repeat(70_000) } };
    const deep = { ...fresh("hr-service-license", 5), attributes: { services: nested(20) } };
    const answer = await submit("mixed", [good[0] ?? broken, broken, deep, good[1] ?? broken]);
    expect(answer.results.map((result) => result.outcome)).toEqual(["ACCEPTED", "REJECTED", "REJECTED", "ACCEPTED"]);
    expect(answer.results[1]?.problems).toEqual([{ code: "RECORD_TOO_LARGE", path: "" }]);
    expect(answer.results[2]?.problems).toEqual([{ code: "RECORD_TOO_LARGE", path: "attributes" }]);
  });

  test("holding the largest record allowed is signed and stored", async () => {
    const services = Array.from({ length: 31 }, () => "务".repeat(680));
    const answer = await submit("large", [{ ...fresh("hr-service-license", 6), attributes: { services } }]);
    expect(answer).toMatchObject({ accepted: 1 });
    const [row] = await house.sql("select jws from license where identifier = $1", [answer.results[0]?.identifier]);
    await house.hub.publishStatusLists();
    expect((await house.hub.verifyLicense({ token: String(row?.["jws"]) })).outcome).toBe("VALID");
  });

  test("of another department's licenses is refused record by record", async () => {
    const answer = await submit("foreign", [fresh("road-transport-license", 0)], "approval-bureau");
    expect(answer.results[0]?.problems).toEqual([{ code: "ISSUER_NOT_AUTHORISED", path: "issuer" }]);
  });
});

describe("an event", () => {
  test("before its license waits, and is applied when the license comes", async () => {
    const record = fresh("tobacco-retail-license", 0, { identifier: "FOREIGN.EARLY.1" });
    const early = await submit("early", [event(record, "FOREIGN.EARLY.1", {})]);
    expect(early).toMatchObject({ pending: 1, accepted: 0 });
    const late = await submit("late", [record]);
    expect(late).toMatchObject({ accepted: 1 });
    expect(await stateOf("FOREIGN.EARLY.1")).toBe("SUSPENDED");
    expect(await house.sql("select 1 from pending_event where identifier = 'FOREIGN.EARLY.1'")).toEqual([]);
  });

  test("suspends, reinstates and cancels; a final state takes nothing more", async () => {
    const record = fresh("tobacco-retail-license", 1);
    const identifier = (await submit("life-1", [record])).results[0]?.identifier ?? "";
    const steps: Partial<RawRecord>[] = [
      { operation: "SUSPEND", effectiveOn: "2026-10-01", sourceUpdatedAt: "2026-10-01T10:00:00+08:00" },
      { operation: "REINSTATE", effectiveOn: "2026-10-11", sourceUpdatedAt: "2026-10-11T10:00:00+08:00" },
      {
        operation: "CANCEL",
        outcome: "ANNULLED",
        effectiveOn: "2026-10-21",
        sourceUpdatedAt: "2026-10-21T10:00:00+08:00",
      },
      { operation: "REINSTATE", effectiveOn: "2026-10-22", sourceUpdatedAt: "2026-10-22T10:00:00+08:00" },
    ];
    const answer = await submit(
      "life-2",
      steps.map((step, n) => event(record, identifier, { ...step, sourceRecordId: `life-${n}` })),
    );
    expect(answer.results.map((result) => result.outcome)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED", "REJECTED"]);
    expect(answer.results[3]?.problems).toEqual([{ code: "TRANSITION_NOT_ALLOWED", path: "operation" }]);
    expect(await stateOf(identifier)).toBe("ANNULLED");
  });

  test("on another department's license is answered like one on a license that does not exist", async () => {
    const foreign = samples.find((sample) => sample.sourceRecordId.startsWith("road-transport-license"));
    const mine = fresh("tobacco-retail-license", 2);
    const answer = await submit("stranger", [
      event(mine, foreign?.identifier ?? "", {}),
      event(mine, "NO.SUCH", { sourceRecordId: "x" }),
    ]);
    expect(answer.results.map((result) => result.outcome)).toEqual(["PENDING", "PENDING"]);
    expect(await stateOf(foreign?.identifier)).toBe("VALID");
  });
});

describe("a new version", () => {
  test("supersedes its predecessor and carries the next version number", async () => {
    const record = fresh("hr-service-license", 7);
    const first = (await submit("v1", [record])).results[0]?.identifier ?? "";
    const renewal = {
      ...record,
      operation: "RENEW" as const,
      predecessor: first,
      sourceRecordId: "v2",
      issuedOn: "2026-11-02",
    };
    const answer = await submit("v2", [{ ...renewal, sourceUpdatedAt: "2026-11-02T10:00:00+08:00" }]);
    expect(answer).toMatchObject({ accepted: 1 });
    const [row] = await house.sql("select version, predecessor from license where identifier = $1", [
      answer.results[0]?.identifier,
    ]);
    expect(row).toEqual({ version: 2, predecessor: first });
    expect(await stateOf(first)).toBe("SUPERSEDED");
  });

  test("of one predecessor by two at the same moment: one stands, the other is refused", async () => {
    const record = fresh("hr-service-license", 8);
    const first = (await submit("fork", [record])).results[0]?.identifier ?? "";
    const change = (n: number): RawRecord => ({
      ...{ ...record, operation: "CHANGE", predecessor: first, sourceRecordId: `fork-${n}`, issuedOn: "2026-11-02" },
      ...{ sourceUpdatedAt: "2026-11-02T10:00:00+08:00", attributes: { services: [`服务${n}`] } },
    });
    const answers = await Promise.all([1, 2].map((n) => submit(`fork-${n}`, [change(n)])));
    expect(answers.map((answer) => answer.results[0]?.outcome).sort()).toEqual(["ACCEPTED", "REJECTED"]);
    expect(answers.flatMap((answer) => answer.results[0]?.problems ?? [])).toEqual([
      { code: "TRANSITION_NOT_ALLOWED", path: "predecessor" },
    ]);
  });
});

function nested(levels: number): unknown {
  return levels === 0 ? "x" : [nested(levels - 1)];
}
