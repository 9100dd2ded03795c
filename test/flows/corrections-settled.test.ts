import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { type CorrectingHouse, changed, code, event, holder, openCorrecting, purpose } from "../setup/correcting.ts";
import { department, testNow } from "../setup/hub.ts";
import { lockIsWaitedFor } from "../setup/lock-waits.ts";

// 校核纠错: what becomes of a correction when the license changes or ends, and when nobody does anything.

let house: CorrectingHouse;
beforeAll(async () => {
  house = await openCorrecting();
});
afterAll(() => house.close());
beforeEach(() => {
  house.clock.now = testNow;
});

const field = "attributes.businessScope";
const other = { businessScope: "海产品销售、加工。" };

/** A license somebody has objected to. `accepted`: its source agrees. */
async function objected(accepted = true, words = {}) {
  const { record, identifier } = await house.newLicense();
  const id: string = (await house.object(identifier, { field, ...words })).data.objectToLicense.id;
  if (accepted) await house.answer(id, "ACCEPTED");
  return { record, identifier, id };
}

/** Hands records in, all of which are taken; answers with the identifiers. */
async function take(records: readonly RawRecord[]): Promise<string[]> {
  const { results } = await house.submit(records);
  expect(results.map(({ outcome, problems }) => [outcome, problems])).toEqual(records.map(() => ["ACCEPTED", []]));
  return results.map(({ identifier }) => String(identifier));
}

describe("a new version", () => {
  test("that says something else in the field corrects it, whichever door it comes by", async () => {
    const { record, identifier, id } = await objected();
    expect(await house.look(id)).toMatchObject({ status: "ACCEPTED", dueOn: "2026-12-04" });
    const line = JSON.stringify(changed(record, identifier, other));
    const response = await house.server.inject({
      ...{ method: "POST", url: "/ingest?batchId=corrects", payload: `${line}\n` },
      headers: {
        "content-type": "application/x-ndjson",
        authorization: `Bearer ${await house.token("approval-bureau")}`,
      },
    });
    const version = JSON.parse(response.body.split("\n")[0] ?? "").identifier;
    expect(await house.look(id)).toMatchObject({
      ...{ status: "CORRECTED", license: identifier, currentVersion: version, correctedBy: version, overdueLevel: 0 },
      ...{ closedAt: testNow.toISOString(), ground: null },
      history: [
        { step: "OBJECTED" },
        { step: "ACCEPTED" },
        { step: "CORRECTED", version, role: "DEPARTMENT", client: "approval-bureau" },
      ],
    });
    expect(code(await house.answer(id, "REFUSED"))).toBe("CORRECTION_CLOSED");
  });

  test("is a renewal as well", async () => {
    const { record, identifier, id } = await objected();
    const renewal = changed(record, identifier, other, { operation: "RENEW" });
    const [version] = await take([renewal]);
    expect(await house.look(id)).toMatchObject({ status: "CORRECTED", correctedBy: version });
  });

  test("that says the same there leaves it accepted, and says so; the one after it can correct it", async () => {
    const { record, identifier, id } = await objected();
    const second = changed(record, identifier, { address: "山东省威海市环翠区文化路1号" });
    const [version = ""] = await take([second]);
    expect(await house.look(id)).toMatchObject({
      ...{ status: "ACCEPTED", license: identifier, currentVersion: version, correctedBy: null, dueOn: "2026-12-04" },
      history: [{ step: "OBJECTED" }, { step: "ACCEPTED" }, { step: "UNCHANGED", version }],
    });
    const again = await house.object(version, { field });
    expect(again.data.objectToLicense.id).toBe(id);
    const later = { issuedOn: "2026-11-21", validFrom: "2026-11-21", sourceUpdatedAt: "2026-11-21T09:00:00+08:00" };
    const [third] = await take([changed(second, version, other, later)]);
    expect(await house.look(id)).toMatchObject({ status: "CORRECTED", correctedBy: third, currentVersion: third });
  });

  test("of several in one batch the one that says something else counts", async () => {
    const { record, identifier, id } = await objected();
    const named = (n: string) => identifier.replace(/\.001\.\w$/, `.${n}.X`);
    const [two, three] = [named("002"), named("003")];
    const at = (day: string) => ({ issuedOn: day, validFrom: day, sourceUpdatedAt: `${day}T09:00:00+08:00` });
    const records = [
      changed(record, identifier, { address: "山东省威海市环翠区文化路2号" }, { identifier: two, ...at("2026-11-19") }),
      changed(record, two, other, { identifier: three, ...at("2026-11-20") }),
    ];
    const { results } = await house.submit(records);
    expect(results.map(({ outcome }) => outcome)).toEqual(["ACCEPTED", "ACCEPTED"]);
    expect(await house.look(id)).toMatchObject({ status: "CORRECTED", correctedBy: three });
    expect(await house.steps(id)).toEqual(["OBJECTED", "ACCEPTED", "CORRECTED"]);
  });

  test("corrects also what nobody has answered yet", async () => {
    const { record, identifier, id } = await objected(false);
    const [version] = await take([changed(record, identifier, other)]);
    expect(await house.look(id)).toMatchObject({ status: "CORRECTED", correctedBy: version, answer: null });
  });

  test("has a day of issue of its own: where it was said what it should be, only that day corrects", async () => {
    const made = await Promise.all(
      [{ shouldSay: "2026-01-06" }, { shouldSay: "2026-11-20" }, {}].map((words) =>
        objected(true, { field: "issuedOn", ...words }),
      ),
    );
    for (const { record, identifier } of made) await take([changed(record, identifier, other)]);
    const statuses = [];
    for (const { id } of made) statuses.push((await house.look(id)).status);
    expect(statuses).toEqual(["ACCEPTED", "CORRECTED", "CORRECTED"]);
  });

  test("that is refused, tried, or rolled back corrects nothing", async () => {
    const { record, identifier, id } = await objected();
    const { results } = await house.submit([changed(record, identifier, other, { region: "999999" })]);
    expect(results[0]?.outcome).toBe("REJECTED");
    await house.server.inject({
      ...{
        method: "POST",
        url: "/ingest?batchId=dry&dryRun=true",
        payload: `${JSON.stringify(changed(record, identifier, other))}\n`,
      },
      headers: {
        "content-type": "application/x-ndjson",
        authorization: `Bearer ${await house.token("approval-bureau")}`,
      },
    });
    await house.sql("alter table record_count add constraint never check (clean < 0) not valid");
    await expect(house.submit([changed(record, identifier, other)])).rejects.toThrow();
    await house.sql("alter table record_count drop constraint never");
    expect(await house.look(id)).toMatchObject({ status: "ACCEPTED", currentVersion: identifier });
    expect(await house.steps(id)).toEqual(["OBJECTED", "ACCEPTED"]);
  });

  test("does not open again what was refused", async () => {
    const { record, identifier, id } = await objected(false);
    await house.answer(id, "REFUSED", "与档案一致");
    await take([changed(record, identifier, other)]);
    expect(await house.look(id)).toMatchObject({ status: "REFUSED", correctedBy: null, currentVersion: identifier });
  });

  test("compares what a license says as a value, be it text, number or list", async () => {
    const values = [
      ["attributes.registeredCapital", "99万元人民币"],
      ["holder.name", "威海威高海产品集团有限公司"],
    ] as const;
    for (const [path, value] of values) {
      const { record, identifier, id } = await objected(true, { field: path });
      const next = changed(record, identifier, path === "holder.name" ? {} : { registeredCapital: value });
      const named = path === "holder.name" ? { ...next, holder: { idType: "USCC", id: holder, name: value } } : next;
      await house.submit([named as RawRecord]);
      expect([path, (await house.look(id)).status]).toEqual([path, "CORRECTED"]);
    }
  });
});

describe("a batch", () => {
  test("without a change of a license costs no statement, with any number of them one", async () => {
    const sent = async (records: readonly RawRecord[]) => {
      house.statements.length = 0;
      await take(records);
      return house.statements.filter((text) => text.includes("correction")).length;
    };
    const made = [await objected(), await objected(), await objected()];
    expect(await sent(made.map(({ record, identifier }) => changed(record, identifier, other)))).toBe(1);
    for (const { id } of made) expect((await house.look(id)).status).toBe("CORRECTED");
    const { record } = await house.newLicense();
    const more = {
      sourceRecordId: "another",
      attributes: { ...(record.attributes as object), registeredCapital: "1亿元" },
    };
    expect(await sent([{ ...record, ...more }])).toBe(0);
  });
});

describe("the end of a license", () => {
  test.each(["CANCELLED", "REVOKED", "ANNULLED", "TRANSFERRED"])(
    "%s closes what waits, with that ground",
    async (outcome) => {
      const [accepted, open] = [await objected(), await objected(false)];
      for (const { record, identifier } of [accepted, open])
        await take([event(record, identifier, { outcome } as Partial<RawRecord>)]);
      for (const { id } of [accepted, open])
        expect(await house.look(id)).toMatchObject({
          status: "CLOSED",
          ground: outcome,
          closedAt: testNow.toISOString(),
        });
      expect(await house.steps(open.id)).toEqual(["OBJECTED", "CLOSED"]);
      expect(code(await house.answer(open.id, "ACCEPTED"))).toBe("CORRECTION_CLOSED");
    },
  );

  test("is not its suspension", async () => {
    const { record, identifier, id } = await objected();
    await take([event(record, identifier, { operation: "SUSPEND" })]);
    expect(await house.look(id)).toMatchObject({ status: "ACCEPTED", history: [{}, {}] });
  });
});

describe("at the same moment", () => {
  test("an answer and the new version: whichever was first, the correction ends once and consistently", async () => {
    for (let round = 0; round < 6; round++) {
      const { record, identifier, id } = await objected(false);
      const words = round % 2 === 0 ? ("ACCEPTED" as const) : ("REFUSED" as const);
      const [answered] = await Promise.all([
        house.answer(id, words, "情况属实"),
        house.submit([changed(record, identifier, other)]),
      ]);
      const steps = await house.steps(id);
      const { status } = await house.look(id);
      if (code(answered) === "CORRECTION_CLOSED")
        expect([status, steps]).toEqual(["CORRECTED", ["OBJECTED", "CORRECTED"]]);
      else if (words === "REFUSED") expect([status, steps]).toEqual(["REFUSED", ["OBJECTED", "REFUSED"]]);
      else expect([status, steps]).toEqual(["CORRECTED", ["OBJECTED", "ACCEPTED", "CORRECTED"]]);
    }
  });

  test.each([
    ["REFUSED", "REFUSED"],
    ["ACCEPTED", "CORRECTED"],
  ])(
    "an answer %s that is not stored yet when the new version comes: it is waited for, and then %s",
    async (answer, end) => {
      const { record, identifier, id } = await objected(false);
      await house.sql("begin");
      await house.sql("update correction set status = $1 where id = $2", [answer, id]);
      const submitted = house.submit([changed(record, identifier, other)]);
      await lockIsWaitedFor(house.sql);
      await house.sql("commit");
      expect((await submitted).accepted).toBe(1);
      expect((await house.look(id)).status).toBe(end);
      expect(await house.steps(id)).toEqual(end === "REFUSED" ? ["OBJECTED"] : ["OBJECTED", "CORRECTED"]);
    },
  );

  test("an objection and the new version: it is settled with it, or refused; none is left at a version of the past", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const { record, identifier } = await house.newLicense();
      const [made] = await Promise.all([
        house.object(identifier, { field }),
        house.submit([changed(record, identifier, other)]),
      ]);
      const outcome = code(made) ?? (await house.look(made.data.objectToLicense.id)).status;
      expect(["LICENSE_ENDED", "CORRECTED"]).toContain(outcome);
      seen.add(outcome);
    }
    expect(seen.size).toBeGreaterThan(0);
    const left = await house.sql(`select c.id from correction c join license l on l.identifier = c.standing
      where c.status in ('OPEN', 'ACCEPTED') and l.successor is not null`);
    expect(left).toEqual([]);
  });
});

describe("a term", () => {
  const day = (date: string, time: string) => {
    house.clock.now = new Date(`${date}T${time}+08:00`);
  };
  const levelOf = async (id: string) => (await house.look(id)).overdueLevel;

  test("does not count the day of objecting, which is Shanghai's, nor days off", async () => {
    // Tokens are younger than that: what stands behind the door is asked itself.
    const due = async () => {
      const { identifier } = await house.newLicense();
      const words = { field, shouldSay: undefined, reason: "与现场核查不符", purpose };
      return (await house.hub.objectToLicense(department("transport"), { identifier, ...words })).dueOn;
    };
    day("2026-02-13", "23:59:59");
    expect(await due()).toBe("2026-02-27");
    day("2026-02-14", "00:00:00");
    expect(await due()).toBe("2026-02-28");
  });

  test("ends with its last day, to the second; the next term after it likewise", async () => {
    const { id } = await objected(false);
    const levels = [];
    for (const [date, time] of [
      ["2026-11-27", "23:59:59"],
      ["2026-11-28", "00:00:00"],
      ["2026-12-04", "23:59:59"],
      ["2026-12-05", "00:00:00"],
    ] as const) {
      day(date, time);
      levels.push(await levelOf(id));
    }
    expect(levels).toEqual([0, 1, 1, 2]);
    await house.answer(id, "ACCEPTED");
    expect(await house.look(id)).toMatchObject({ overdueLevel: 0, dueOn: "2026-12-18" });
    day("2026-12-19", "00:00:00");
    expect(await levelOf(id)).toBe(1);
  });

  test("that is over is noted once for each level, whatever copy of the hub does it, and however late", async () => {
    const { id } = await objected(false);
    const escalated = async () =>
      house.sql(
        "select level, role, client_id from correction_event where correction_id = $1 and step = 'ESCALATED' order by id",
        [id],
      );
    await house.hub.escalateCorrections();
    expect(await escalated()).toEqual([]);
    day("2026-11-28", "00:00:00");
    await Promise.all([house.hub.escalateCorrections(), house.hub.escalateCorrections()]);
    expect(await house.hub.escalateCorrections()).toBe(0);
    expect(await escalated()).toEqual([{ level: 1, role: "HUB", client_id: null }]);
    day("2026-12-05", "08:00:00");
    await house.hub.escalateCorrections();
    expect((await escalated()).map((row) => row["level"])).toEqual([1, 2]);
    await house.answer(id, "ACCEPTED");
    day("2027-06-01", "08:00:00");
    await house.hub.escalateCorrections();
    expect((await escalated()).map((row) => row["level"])).toEqual([1, 2, 1, 2]);
  });

  test("that is over shows an operator who is late, and nothing of what the license says; counts likewise", async () => {
    await house.sql("delete from correction");
    const late = await objected(false, { shouldSay: "不可外传" });
    day("2026-11-26", "08:00:00");
    const onTime = await objected(false);
    day("2026-11-30", "08:00:00");
    const { data } = await house.list("", "operator");
    expect(data.corrections.nodes).toMatchObject([
      {
        ...{ id: late.id, issuer: { code: "11371000XXXX010118" }, field, overdueLevel: 1, status: "OPEN" },
        ...{ license: null, says: null, shouldSay: null, reason: null, currentVersion: null, history: [] },
      },
    ]);
    for (const secret of [late.identifier, "不可外传", "海产品", holder])
      expect(JSON.stringify(data)).not.toContain(secret);
    expect((await house.list("filter: { overdue: false }", "operator")).data.corrections.nodes).toEqual([]);
    expect((await house.list("filter: { status: ACCEPTED }", "operator")).data.corrections.nodes).toEqual([]);
    const counts = `{ correctionCounts { department { code } open accepted overdue longOverdue refused corrected closed } }`;
    const expected = {
      ...{ department: { code: "11371000XXXX010118" }, open: 2, accepted: 0, overdue: 1, longOverdue: 0 },
      ...{ refused: 0, corrected: 0, closed: 0 },
    };
    for (const as of ["operator", "approval-bureau"])
      expect((await house.graphql(counts, { as })).data.correctionCounts).toEqual([expected]);
    expect((await house.graphql(counts, { as: "sports" })).data.correctionCounts).toEqual([]);
    day("2026-12-07", "08:00:00");
    expect((await house.graphql(counts, { as: "operator" })).data.correctionCounts).toMatchObject([
      { overdue: 2, longOverdue: 1 },
    ]);
    expect(onTime.id).not.toBe(late.id);
  });

  test("is as long as the operator has set it", async () => {
    const { identifier } = await house.newLicense();
    const env = { CORRECTION_ANSWER_DAYS: "1", CORRECTION_CHANGE_DAYS: "2" };
    const strict = await openCorrecting({ database: house.place, env });
    const made = (await strict.object(identifier)).data.objectToLicense;
    expect(made.dueOn).toBe("2026-11-23");
    expect((await strict.answer(made.id, "ACCEPTED")).data.answerCorrection.dueOn).toBe("2026-11-24");
    await strict.close();
  });

  test("knows the days a city has otherwise", async () => {
    const { identifier } = await house.newLicense();
    const file = join(house.place.keysDir, "days.json");
    await writeFile(file, JSON.stringify({ holidays: ["2026-11-23", "2026-11-24"], workingDays: ["2026-11-28"] }));
    const own = await openCorrecting({ database: house.place, env: { WORKING_DAYS: file } });
    expect((await own.object(identifier)).data.objectToLicense.dueOn).toBe("2026-11-30");
    await own.close();
    await rm(file);
  });
});
