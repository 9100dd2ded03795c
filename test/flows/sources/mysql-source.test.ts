import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import {
  type FakeMysql,
  type MysqlRow,
  type MysqlTrouble,
  startMysqlChanges,
} from "../../departments/mysql-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { openPullingHub, type PullingHub } from "../../setup/pulling.ts";

let house: PullingHub;
let department: FakeMysql;
let rows: MysqlRow[];
let nth = 0;
let id: string;

beforeAll(async () => {
  house = await openPullingHub();
});
afterAll(() => house.close());
beforeEach(async () => {
  rows = sampleChanges(25).map(toRow);
  department = await startMysqlChanges(rows);
  id = `mysql-${++nth}`;
  await house.sql("truncate license, license_event, submission, source, holder");
  await house.add({
    ...{ id, name: "证照变更视图", client: "approval-bureau", pageSize: 10 },
    place: {
      ...{ kind: "MYSQL", host: "127.0.0.1", port: department.port, database: "dept", user: "hub", tls: false },
      ...{ password: "view-password", view: "证照变更", updatedAt: "gxsj", id: "id" },
    },
    mapping: {
      ...{ sourceRecordId: "bh", operation: "czlx", licenseType: "zzlx", number: "zzhm", "holder.idType": "cyrlx" },
      ...{ "holder.id": "cyrdm", "holder.name": "cyrmc", issuer: { value: "11371000XXXX010118" }, region: "xzqh" },
      ...{ issuedOn: "fzrq", validFrom: "yxqq", validUntil: "yxqz", attributes: "zmxx" },
    },
  });
});
afterEach(() => department.close());

describe("a view of a MySQL", () => {
  test("is read in the order of its keys, page by page, read only, each row once", async () => {
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", pages: 3, fetched: 25, accepted: 25, rejected: 0 });
    expect(await house.stored()).toMatchObject({ licenses: 25, submissions: 3 });
    expect(department.statements.slice(0, 3)).toEqual([
      "set session sql_mode = '', time_zone = '+08:00'",
      "start transaction read only",
      expect.stringMatching(/^select /),
    ]);
    rows.push(...sampleChanges(28).slice(25).map(toRow));
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 3, accepted: 3 });
  });

  test.each<[MysqlTrouble, RegExp]>([
    ["HANG", /^TIMEOUT$/],
    ["BREAK_OFF", /^UNREACHABLE$/],
    ["GARBAGE", /^(TIMEOUT|UNREACHABLE|ANSWER_INVALID)$/],
    ["HUGE", /^TOO_LARGE$/],
    ["REPEAT", /^CURSOR_INVALID$/],
    ["REORDER", /^CURSOR_INVALID$/],
    ["TOO_MANY", /^ANSWER_INVALID$/],
    ["FAIL", /^SERVER_ERROR$/],
    ["ASK_FOR_FILE", /^(ANSWER_INVALID|UNREACHABLE)$/],
  ])("%s after the first page ends the pull as %s; the next one goes on there", async (trouble, outcome) => {
    department.trouble = trouble;
    department.calmSelects = 1;
    const run = await house.pull(id);
    expect(run.outcome).toMatch(outcome);
    expect(JSON.stringify(run)).not.toMatch(/geheim|passwd/);
    expect(await house.stored()).toMatchObject({ licenses: 10 });
    department.trouble = undefined;
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 15 });
    expect(await house.stored()).toMatchObject({ licenses: 25, events: 25 });
  });

  test("a refused password ends as UNAUTHORISED", async () => {
    department.trouble = "DENY";
    expect(await house.pull(id)).toMatchObject({ outcome: "UNAUTHORISED", fetched: 0 });
  });
});

function toRow(record: RawRecord, index: number): MysqlRow {
  const { sourceRecordId, operation, licenseType, number, holder, region, issuedOn, validFrom, validUntil } = record;
  return {
    ...{ at: toLocal(record.sourceUpdatedAt), id: String(index + 1) },
    columns: {
      ...{
        bh: sourceRecordId,
        czlx: operation,
        zzlx: licenseType,
        zzhm: number ?? null,
        cyrlx: holder?.idType ?? null,
      },
      ...{ cyrdm: holder?.id ?? null, cyrmc: holder?.name ?? null, xzqh: region ?? null, fzrq: issuedOn ?? null },
      ...{ yxqq: `${validFrom} 00:00:00`, yxqz: validUntil ?? null, zmxx: JSON.stringify(record.attributes) },
    },
  };
}

function toLocal(instant: string): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}
