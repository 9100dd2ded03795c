import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { openViewDatabase, type ViewDatabase, viewMapping } from "../../departments/view-database.ts";
import { openPullingHub, operator, type PullingHub } from "../../setup/pulling.ts";

let house: PullingHub;
let department: ViewDatabase;
let nth = 0;
let id: string;

beforeAll(async () => {
  house = await openPullingHub();
});
afterAll(() => house.close());
beforeEach(async () => {
  department = await openViewDatabase();
  id = `view-${++nth}`;
  await house.sql("truncate license, license_event, submission, source, holder");
});
afterEach(() => department.close());

const add = (place: object = {}, more: object = {}) =>
  house.add({
    ...{ id, name: "证照变更视图", client: "approval-bureau", pageSize: 10, mapping: viewMapping },
    place: {
      ...{ ...department.place, tls: false, password: "view-password", view: "证照变更" },
      ...{ updatedAt: "changed_at", id: "编号", settleSeconds: 60, ...place },
    },
    ...more,
  });

describe("a view of a PostgreSQL", () => {
  test("is read in the order of its keys, page by page, each row once, its columns under our names", async () => {
    await department.insert(sampleChanges(25));
    await add();
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", pages: 3, fetched: 25, accepted: 25, rejected: 0 });
    const [row] = await house.sql(
      "select number, issued_on::text, valid_until::text, holder_name, attributes from license where source_record_id = $1",
      [sampleChanges(25)[24]?.sourceRecordId],
    );
    const { number, issuedOn, validUntil, holder, attributes } = sampleChanges(25)[24] ?? {};
    expect(row).toEqual({
      number,
      issued_on: issuedOn,
      valid_until: validUntil,
      holder_name: holder?.name,
      attributes,
    });
  });

  test("rows of one instant are told apart by their ids, to the microsecond", async () => {
    await department.insert(sampleChanges(25));
    await department.sql(`update certificate set changed_at = '2026-11-01 10:00:00.123456+08' where "编号" < 22`);
    await department.sql(`update certificate set changed_at = '2026-11-01 10:00:00.123457+08' where "编号" >= 22`);
    await add();
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 25, accepted: 25 });
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 0 });
    const [next] = sampleChanges(26).slice(25);
    if (next) await department.insert([{ ...next, sourceUpdatedAt: "2026-11-01T10:00:00.123457+08:00" }]);
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 1, accepted: 1 });
  });

  test("a row whose transaction ends late is not missed: the youngest are left for the next pull", async () => {
    const [early, late] = sampleChanges(2);
    if (!early || !late) throw new Error("no samples");
    const now = new Date().toISOString();
    await department.insert([{ ...late, sourceUpdatedAt: now }]);
    await add();
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 0, cursor_to: null });
    await department.insert([{ ...early, sourceUpdatedAt: new Date(Date.parse(now) - 50).toISOString() }]);
    // The hub's clock stands at 22 November, the server's does not.
    await department.sql("update certificate set changed_at = changed_at - (now() - timestamptz '2026-11-20')");
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 2, accepted: 2 });
  });

  test("a row that can not be read is refused with a problem, and stops nobody", async () => {
    await department.insert(sampleChanges(3));
    await department.sql(`update certificate set operation = '新发' where "编号" = 1`);
    await department.sql(`update certificate set valid_to = '不详' where "编号" = 2`);
    await add();
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 3, rejected: 2, accepted: 1 });
  });

  test("nothing but the one view and its configured columns is asked for, whatever they are called", async () => {
    await department.insert(sampleChanges(3));
    await department.sql(`create view "x; drop table certificate; --" as select 1`);
    await expect(add({ view: `证照变更"; drop table certificate; --` })).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    await expect(add({ updatedAt: "changed_at) or (true" })).rejects.toMatchObject({
      details: { argument: "place.updatedAt" },
    });
    await expect(add({}, { mapping: { ...viewMapping, region: "(select 1)" } })).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    await add({ view: "certificate" });
    expect(await house.pull(id)).toMatchObject({ outcome: "UNAUTHORISED", detail: "42501", fetched: 0 });
  });

  test("is read only: a view that writes is refused by its own database", async () => {
    await department.sql(`create function leave() returns bool language sql volatile security definer as
      $$ insert into secret_file values ('the hub was here') returning true $$`);
    await department.sql(`create view writing as select *, leave() as left_behind from certificate;`);
    await department.sql(`grant select on writing to ${department.place.user}`);
    await department.insert(sampleChanges(3));
    await add({ view: "writing" }, { mapping: { ...viewMapping, reason: "left_behind" } });
    expect(await house.pull(id)).toMatchObject({ outcome: "SERVER_ERROR", detail: "25006" });
    expect(await department.sql("select count(*)::int as n from secret_file")).toEqual([{ n: 1 }]);
  });

  test.each<[string, string, (name: string) => string]>([
    ["hangs", "TIMEOUT", () => "pg_sleep(3600)::text"],
    ["sends more than a page may be", "TOO_LARGE", () => "repeat(md5(random()::text), 200000)"],
    ["fails", "SERVER_ERROR", () => `(1 / (select count(*) - count(*) from certificate))::text`],
  ])("one that %s ends as %s, leaves no query behind, and the next pull goes on", async (_, outcome, expression) => {
    await department.insert(sampleChanges(3));
    await department.sql(`create view bad as select *, ${expression("")} as more from certificate`);
    await department.sql(`grant select on bad to ${department.place.user}`);
    await add({ view: "bad" }, { mapping: { ...viewMapping, reason: "more" } });
    expect(await house.pull(id)).toMatchObject({ outcome, fetched: 0 });
    await expectNobodyLeft();
    await department.sql(`drop view bad; create view bad as select *, null::text as more from certificate`);
    await department.sql(`grant select on bad to ${department.place.user}`);
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 3 });
  });

  /** The server ends a query it was cut off from when its own time is over, at the latest. */
  async function expectNobodyLeft() {
    for (let round = 0; round < 100; round++) {
      const left = await department.sql("select 1 from pg_stat_activity where usename = $1", [department.place.user]);
      if (left.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("a connection stayed behind");
  }

  test("a wrong password ends as UNAUTHORISED where the server asks for one; a missing table as SERVER_ERROR", async () => {
    await add({ user: "nobody-at-all" });
    expect(await house.pull(id)).toMatchObject({ outcome: "UNAUTHORISED", detail: "28000" });
    await house.add({
      ...{ id: "no-view", name: "没有", client: "approval-bureau", mapping: viewMapping },
      place: { ...department.place, tls: false, view: "nowhere", updatedAt: "changed_at", id: "编号" },
    });
    expect(await house.pull("no-view")).toMatchObject({ outcome: "SERVER_ERROR", detail: "42P01" });
  });

  test("encryption that was asked for and is not offered ends the pull; nothing is sent in plain text", async () => {
    await add({ tls: true });
    expect((await house.pull(id)).outcome).not.toBe("DONE");
  });

  describe("behind a line that", () => {
    const lines: Readonly<Record<string, [string, (socket: Socket) => void]>> = {
      "never answers": ["TIMEOUT", () => undefined],
      "breaks off": ["UNREACHABLE", (socket) => socket.destroy()],
      "answers garbage": [
        "UNREACHABLE|ANSWER_INVALID|TIMEOUT",
        (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      ],
      "sends a report that has no end": [
        "SERVER_ERROR",
        (socket) => socket.write(Buffer.from([0x4e, 0, 0, 0, 8, 0x78, 0x78, 0x78, 0x78])),
      ],
      "answers without end": ["TOO_LARGE|SERVER_ERROR", (socket) => flood(socket)],
    };
    test.each(Object.keys(lines))("%s, the pull ends and holds nobody up", async (name) => {
      const [outcome, behave] = lines[name] ?? ["", () => undefined];
      const sockets: Socket[] = [];
      const line: Server = createServer((socket) => {
        sockets.push(socket.on("error", () => undefined));
        socket.once("data", () => behave(socket));
      }).listen(0, "127.0.0.1");
      await once(line, "listening");
      const address = line.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      await add({ port });
      expect((await house.pull(id)).outcome).toMatch(new RegExp(`^(${outcome})$`));
      const { rows } = await house.hub.readSources(operator, { id });
      expect(rows[0]).toMatchObject({ failures: 1, lastRun: { ended_at: expect.any(String) } });
      for (const socket of sockets) socket.destroy();
      line.close();
    });
  });
});

/** A PostgreSQL that answers with notices, and nothing else, for ever. */
function flood(socket: Socket): void {
  const notice = Buffer.concat([Buffer.from("N"), Buffer.from([0, 1, 0, 4]), Buffer.alloc(65_536, "x")]);
  const more = () => {
    // A socket that was destroyed answers with an error, which is no end either.
    while (!socket.destroyed && socket.write(notice) === true);
  };
  socket.on("drain", more);
  more();
}
