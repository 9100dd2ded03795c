import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { retryDelays } from "../../src/domain/notices/delivery.ts";
import { webhookFaults } from "../../src/domain/notices/webhook.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { type Receiver, startReceiver } from "../departments/receiver.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

// Who took a license into an open case is told when its state changes.

const holder = "91371002XXXX0030XC";
const business = "11100000MB0143028R001";
const never = new AbortController().signal;

let house: TestHub;
let copy: TestHub;
let receiver: Receiver;
let license: Readonly<Record<string, string>>;
/** What names lead to; a name that is not there leads nowhere. */
const names = new Map<string, string>();
const resolveHost = async (name: string) => {
  const address = names.get(name);
  if (address === undefined) throw new Error("no such name");
  return [{ address, family: address.includes(":") ? (6 as const) : (4 as const) }];
};

beforeAll(async () => {
  const more = { demo: false, steps: { resolveHost }, limits: { maxWebhookMs: 400 }, env: { DEMO: "on" } };
  house = await openTestHub(more);
  copy = await openTestHub({ ...more, database: house.place });
  receiver = await startReceiver();
  const samples = await readRecordFile(join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson"));
  const own = samples.filter((one) => one.holder?.id === holder && one.licenseType === business);
  await house.hub.submitLicenses(department("approval-bureau"), { batchId: "first", records: own });
  const [row] = await house.sql(
    "select identifier, issuer_code, client_id from license where holder_code = $1 and type_code = $2",
    [holder, business],
  );
  license = row as Record<string, string>;
});
afterAll(async () => {
  await receiver.close();
  await copy.close();
  await house.close();
});
beforeEach(async () => {
  await house.sql("delete from reliance; delete from open_case; delete from notice; delete from webhook");
  await house.sql("delete from license_event where identifier = $1 and operation <> 'ISSUE'", [license["identifier"]]);
  // As it was issued: the hub signs nothing again that is not as its history has it.
  await house.sql(
    `update license l set state = e.state, state_since = e.effective_on, source_updated_at = e.source_updated_at
      from license_event e where l.identifier = $1 and e.identifier = l.identifier and e.operation = 'ISSUE'`,
    [license["identifier"]],
  );
  setNow(new Date(Math.floor(Date.now() / 1_000) * 1_000));
  receiver.reset();
});

function setNow(at: Date): void {
  house.clock.now = at;
  copy.clock.now = at;
}
const pass = (seconds: number) => setNow(new Date(house.clock.now.getTime() + seconds * 1_000));

const purpose = (caseNumber: string) => ({ procedure: "food-operation-new", caseNumber, reason: "办理许可" });

/** Takes the holder's business license into a case. */
async function fetchInto(caseNumber: string): Promise<void> {
  const check = await house.graphql("query ($input: CheckMaterialsInput!) { checkMaterials(input: $input) { id } }", {
    as: "approval-bureau",
    variables: { input: { procedure: "food-operation-new", holder, purpose: purpose(caseNumber) } },
  });
  const fetched = await house.graphql(
    `mutation ($input: FetchMaterialsInput!) { fetchMaterials(input: $input) { id } }`,
    {
      as: "approval-bureau",
      variables: { input: { check: check.data.checkMaterials.id, materials: ["business-license"] } },
    },
  );
  expect(fetched.errors).toEqual([]);
}

/** An event of the license's own source, at the test's instant. */
async function happen(operation: "SUSPEND" | "REINSTATE" | "CANCEL", more: object = {}): Promise<void> {
  pass(1);
  const at = house.clock.now;
  const record = {
    ...{ sourceRecordId: `${operation}-${at.getTime()}`, operation, identifier: license["identifier"] ?? "" },
    ...{ sourceUpdatedAt: at.toISOString(), effectiveOn: "2026-11-22", reason: "整顿", licenseType: business },
    ...{ issuer: license["issuer_code"] ?? "", ...more },
  };
  const { results } = await house.hub.submitLicenses(department(license["client_id"] ?? ""), {
    ...{ batchId: randomUUID(), records: [record] },
  });
  expect(results.map(({ outcome, problems }) => [outcome, problems])).toEqual([["ACCEPTED", []]]);
}

const ask = async (as: string, query: string) => {
  const { data, errors } = await house.graphql(query, { as });
  return errors[0]?.extensions.code ?? data;
};
const setWebhook = async (url = receiver.url, client = "approval-bureau") => {
  const answer = await ask(
    "operator",
    `mutation { setWebhook(client: "${client}", url: "${url}") { secret webhook { active } } }`,
  );
  return typeof answer === "string" ? answer : (answer.setWebhook.secret as string | null);
};
const deliver = (hub = house) => hub.hub.deliverDueNotices(never);
// A notice is shown when nothing that belongs before it can come any more: that waits for whoever writes on this server,
// the databases of other tests among them.
const settled = async () => {
  const open = `select from notice where transaction >= (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint`;
  while ((await house.sql(open)).length > 0) await new Promise((done) => setTimeout(done, 5));
};
const notices = async (as = "approval-bureau") => {
  await settled();
  return notYetSettled(as);
};
const notYetSettled = async (as = "approval-bureau") =>
  (
    await ask(
      as,
      "{ notices(first: 100) { nodes { id type license state previousState effectiveOn knownAt change caseNumber status attempts outcome } pageInfo { endCursor } } }",
    )
  ).notices;
const states = async () => (await notices()).nodes.map((one: { status: string }) => one.status);

describe("a change of a license that an open case relies on", () => {
  test("is handed over signed, and says what the department was granted to know and nothing of the holder", async () => {
    const secret = String(await setWebhook());
    await fetchInto("N-1");
    await happen("SUSPEND");
    const knownAt = house.clock.now.toISOString();
    expect(await deliver()).toBe(true);
    const [call] = receiver.calls;
    expect(new Webhook(secret).verify(call?.body ?? "", call?.headers ?? {})).toEqual({
      type: "license.state_changed",
      timestamp: knownAt,
      data: {
        ...{ license: license["identifier"], state: "SUSPENDED", previousState: "VALID", effectiveOn: "2026-11-22" },
        ...{ knownAt, change: 1, procedure: "food-operation-new", caseNumber: "N-1" },
      },
    });
    expect(JSON.stringify(call)).not.toContain(holder);
    expect(call?.headers).toMatchObject({ "content-type": "application/json", "user-agent": "Zhengzhao" });
    expect(await deliver()).toBe(false);
    expect((await notices()).nodes).toMatchObject([
      { id: call?.headers["webhook-id"], type: "license.state_changed", state: "SUSPENDED", status: "DELIVERED" },
    ]);
  });

  test("is on record for the holder, with the purpose of the case", async () => {
    await fetchInto("N-2");
    await happen("SUSPEND");
    const records = await ask(
      `holder:${holder}`,
      `{ accessRecords(filter: { caseNumber: "N-2" }) { nodes { action outcome purpose { procedure caseNumber reason } } } }`,
    );
    expect(records.accessRecords.nodes[0]).toEqual({
      ...{ action: "NOTIFY", outcome: "DISCLOSED", purpose: purpose("N-2") },
    });
  });

  test("is told once for each case, with later changes counted; a change to the same state is none", async () => {
    await setWebhook();
    await fetchInto("N-3");
    await fetchInto("N-4");
    await happen("SUSPEND");
    await happen("REINSTATE");
    await happen("CANCEL", { outcome: "REVOKED" });
    while (await deliver());
    const told = receiver.calls.map(({ body }) => JSON.parse(body).data);
    const ofCase = (caseNumber: string) =>
      told.filter((one) => one.caseNumber === caseNumber).toSorted((a, b) => a.change - b.change);
    for (const caseNumber of ["N-3", "N-4"]) {
      expect(ofCase(caseNumber).map(({ change, state }) => [change, state])).toEqual([
        ...[
          [1, "SUSPENDED"],
          [2, "VALID"],
          [3, "REVOKED"],
        ],
      ]);
    }
    expect(new Set(receiver.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(6);
  });

  test("is told neither to a case that was closed, nor to one whose days are over, nor to another department", async () => {
    await setWebhook();
    await setWebhook(receiver.url, "sports");
    await fetchInto("N-5");
    const close = `mutation { closeCase(procedure: "food-operation-new", caseNumber: "N-5") }`;
    expect(await ask("sports", close)).toBe("CASE_NOT_FOUND");
    expect(await ask("approval-bureau", close)).toEqual({ closeCase: true });
    expect(await ask("approval-bureau", close)).toBe("CASE_NOT_FOUND");
    await fetchInto("N-6");
    await house.sql("update open_case set open_until = $1 where case_number = 'N-6'", [house.clock.now.toISOString()]);
    await happen("SUSPEND");
    expect(await deliver()).toBe(false);
    expect((await notices("sports")).nodes).toEqual([]);
    await happen("REINSTATE");
    await fetchInto("N-5");
    await happen("SUSPEND");
    expect((await notices()).nodes).toMatchObject([{ caseNumber: "N-5", state: "SUSPENDED" }]);
    expect((await notices("sports")).nodes).toEqual([]);
  });

  test("leaves nothing behind when its transaction is rolled back", async () => {
    await setWebhook();
    await fetchInto("N-7");
    await house.sql("alter table notice add constraint broken check (case_number <> 'N-7') not valid");
    await expect(happen("SUSPEND")).rejects.toThrow();
    await house.sql("alter table notice drop constraint broken");
    const [row] = await house.sql("select state from license where identifier = $1", [license["identifier"]]);
    expect(row).toEqual({ state: "VALID" });
    expect(await house.sql("select state, changes from reliance")).toEqual([{ state: null, changes: 0 }]);
    expect(await deliver()).toBe(false);
  });

  test("that comes while the license is being fetched is not lost: one waits for the other", async () => {
    await setWebhook();
    // The fetch stands still where it opens its case: the license is in its hands, and nothing of that is committed.
    await house.sql("begin");
    await house.sql("lock table open_case in share mode");
    const fetching = fetchInto("N-8");
    await waiting(1);
    const changing = happen("SUSPEND");
    await Promise.race([changing, waiting(2)]);
    await house.sql("commit");
    await fetching;
    await changing;
    expect((await notices()).nodes).toMatchObject([{ caseNumber: "N-8" }]);
  });

  test("costs one statement, and none when no state changes", async () => {
    await fetchInto("N-9");
    const count = (run: string[]) => run.filter((text) => text.includes("insert into notice")).length;
    house.statements.length = 0;
    await happen("SUSPEND");
    expect(count(house.statements)).toBe(1);
    house.statements.length = 0;
    await happen("CANCEL", { operation: "SUSPEND", sourceRecordId: "again", effectiveOn: "2026-11-21" }).catch(
      () => {},
    );
    expect(count(house.statements)).toBe(0);
  });
});

/** Resolves once so many connections of this database wait for a lock. */
async function waiting(connections: number): Promise<void> {
  const waits = `select count(*)::int as n from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database()`;
  while (Number((await copy.sql(waits))[0]?.["n"]) < connections);
}

test("a license that was signed again, for its key was compromised, has to be fetched again: open cases are told", async () => {
  await setWebhook();
  await fetchInto("N-9");
  await house.hub.tendLog();
  const caller = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) } as const;
  const { kid } = house.hub.publicKeys().find((key) => key.purpose === "license") ?? { kid: "" };
  await house.hub.declareKeyCompromised(caller, { kid, since: new Date(0), reason: "服务器被入侵" });
  await house.hub.signLicensesAgain(never, () => undefined);
  await deliver();
  expect(receiver.calls.map(({ body }) => JSON.parse(body))).toMatchObject([
    {
      type: "license.signed_again",
      data: { license: license["identifier"], state: "VALID", previousState: "VALID", change: 1, caseNumber: "N-9" },
    },
  ]);
});

describe("open cases", () => {
  test("are listed with what they rely on and what they were told, the newest first, page by page", async () => {
    await fetchInto("C-1");
    await fetchInto("C-2");
    await happen("SUSPEND");
    const list = async (more = "") =>
      (
        await ask(
          "approval-bureau",
          `{ openCases(first: 1${more}) { nodes { caseNumber openUntil licenses { identifier state } } pageInfo { hasNextPage endCursor } } }`,
        )
      ).openCases;
    const first = await list();
    expect(first).toMatchObject({
      nodes: [{ caseNumber: "C-2", licenses: [{ identifier: license["identifier"], state: "SUSPENDED" }] }],
      pageInfo: { hasNextPage: true },
    });
    const openUntil = new Date(first.nodes[0].openUntil).getTime() - house.clock.now.getTime();
    expect(Math.round(openUntil / 86_400_000)).toBe(90);
    const second = await list(`, after: "${first.pageInfo.endCursor}"`);
    expect(second).toMatchObject({ nodes: [{ caseNumber: "C-1" }], pageInfo: { hasNextPage: false } });
    expect((await ask("sports", "{ openCases { nodes { caseNumber } } }")).openCases.nodes).toEqual([]);
  });
});

describe("a notice that is not taken", () => {
  beforeEach(async () => {
    await setWebhook();
    await fetchInto("D-1");
    await happen("SUSPEND");
  });
  const last = async () => (await notices()).nodes[0];

  test.each([
    ["answered with 500", { status: 500 }, "SERVER_ERROR"],
    ["answered with 404", { status: 404 }, "REFUSED"],
    [
      "sent elsewhere, which nobody follows",
      { status: 302, headers: { location: "http://127.0.0.1:1/" } },
      "REDIRECTED",
    ],
    ["never answered", { hang: true }, "TIMEOUT"],
    ["cut off", { cut: true }, "UNREACHABLE"],
    ["answered with no HTTP", { garbage: true }, "ANSWER_INVALID"],
  ])("because it was %s comes again, under the same id and with a new time", async (_, trouble, outcome) => {
    receiver.answers.push(trouble);
    expect(await deliver()).toBe(true);
    expect(await last()).toMatchObject({ status: "WAITING", attempts: 1, outcome });
    expect(await deliver()).toBe(false);
    pass(6);
    expect(await deliver()).toBe(true);
    expect(await last()).toMatchObject({ status: "DELIVERED", attempts: 2, outcome: "DELIVERED" });
    const [one, two] = receiver.calls;
    expect(two?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
    expect(two?.body).toBe(one?.body);
    expect(Number(two?.headers["webhook-timestamp"])).toBeGreaterThanOrEqual(
      Number(one?.headers["webhook-timestamp"]) + 6,
    );
    expect(two?.headers["webhook-signature"]).not.toBe(one?.headers["webhook-signature"]);
  });

  test("is given up after its last try, is listed for both, and can be replayed by either", async () => {
    receiver.answers.push(...retryDelays.map(() => ({ status: 500 })), { status: 503 });
    for (const delay of [0, ...retryDelays]) {
      pass(delay * 1.11 + 660);
      expect(await deliver()).toBe(true);
    }
    expect(await last()).toMatchObject({ status: "DEAD", attempts: 12, outcome: "SERVER_ERROR" });
    pass(90_000);
    expect(await deliver()).toBe(false);
    const dead = await ask("operator", "{ deadNotices { nodes { id client attempts outcome httpStatus } } }");
    const { id } = await last();
    expect(dead.deadNotices.nodes).toEqual([
      { id, client: "approval-bureau", attempts: 12, outcome: "SERVER_ERROR", httpStatus: 503 },
    ]);
    const replay = (input: string) => `mutation { replayNotices(input: { ${input} }) }`;
    expect(await ask("sports", replay(`ids: ["${id}"]`))).toEqual({ replayNotices: 0 });
    expect(await ask("sports", replay(`since: "2026-01-01T00:00:00Z", client: "approval-bureau"`))).toBe(
      "INPUT_INVALID",
    );
    expect(await ask("approval-bureau", replay(`ids: ["${id}"]`))).toEqual({ replayNotices: 1 });
    expect(await deliver()).toBe(true);
    expect(await states()).toEqual(["DELIVERED"]);
    expect(await ask("operator", replay(`client: "approval-bureau", since: "2026-01-01T00:00:00Z"`))).toEqual({
      replayNotices: 0,
    });
    expect(await ask("operator", replay(`ids: ["${id}"]`))).toEqual({ replayNotices: 1 });
    expect(await deliver()).toBe(true);
    expect(new Set(receiver.calls.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([id]));
  });

  test("because it was answered with 410 waits: the webhook is switched off until an operator sets it again", async () => {
    receiver.answers.push({ status: 410 });
    await deliver();
    pass(1_000_000);
    expect(await deliver()).toBe(false);
    const shown = await ask("operator", `{ webhook(client: "approval-bureau") { active outcome waiting } }`);
    expect(shown.webhook).toEqual({ active: false, outcome: "GONE", waiting: 1 });
    expect(await setWebhook()).toBeNull();
    expect(await deliver()).toBe(true);
    expect(await states()).toEqual(["DELIVERED"]);
  });

  test("because it was too many at once waits as long as it is asked to, but no longer than a day", async () => {
    receiver.answers.push({ status: 429, headers: { "retry-after": "3600" } });
    receiver.answers.push({ status: 503, headers: { "retry-after": "999999999" } });
    await deliver();
    pass(3_500);
    expect(await deliver()).toBe(false);
    pass(101);
    expect(await deliver()).toBe(true);
    pass(86_000);
    expect(await deliver()).toBe(false);
    pass(401);
    expect(await deliver()).toBe(true);
    expect(await states()).toEqual(["DELIVERED"]);
  });

  test("because its endpoint hangs holds up no other", async () => {
    const other = await startReceiver();
    receiver.answers.push({ hang: true });
    await setWebhook(other.url, "sports");
    await house.sql(`insert into notice (client_id, procedure, case_number, identifier, state, previous_state,
      effective_on, known_at, change, status, due_at, retry_until) values ('sports', 'p', 'c', 'i', 'REVOKED', 'VALID',
      '2026-11-22', now(), 1, 'WAITING', now() - interval '1 hour', now() + interval '1 day')`);
    await house.sql("update webhook set tried_at = now() where client_id = 'sports'");
    const hanging = deliver();
    await receiver.called(1);
    expect(await deliver()).toBe(true);
    expect(other.calls).toHaveLength(1);
    expect(await states()).toEqual(["WAITING"]);
    await hanging;
    await other.close();
  });

  test("by a copy of the hub that died is sent by another under the same id", async () => {
    receiver.answers.push({ hang: true });
    const dying = new AbortController();
    const died = house.hub.deliverDueNotices(dying.signal);
    await receiver.called(1);
    expect(await deliver(copy)).toBe(false);
    // Killed: it gives nothing back.
    const lease = "update webhook set lease_until = $1 where lease_until is not null";
    await house.sql(lease, [house.clock.now.toISOString()]);
    expect(await deliver(copy)).toBe(true);
    dying.abort();
    await died;
    expect(await states()).toEqual(["DELIVERED"]);
    const [one, two] = receiver.calls;
    expect(two?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
  });

  test("by two copies, the first of which had lost its lease, counts one try, and keeps what came of the recorded one", async () => {
    receiver.answers.push({ hang: true }, { status: 503 });
    const slow = deliver();
    await receiver.called(1);
    await house.sql("update webhook set lease_until = $1 where lease_until is not null", [
      house.clock.now.toISOString(),
    ]);
    expect(await deliver(copy)).toBe(true);
    const recorded = await last();
    expect(recorded).toMatchObject({ status: "WAITING", attempts: 1, outcome: "SERVER_ERROR" });
    const [due] = await house.sql("select due_at from notice");
    // The first copy's call ends without an answer: a failure of the same try.
    expect(await slow).toBe(true);
    expect(await last()).toEqual(recorded);
    expect(await house.sql("select due_at from notice")).toEqual([due]);
  });

  test("because the hub stops is due again at once, and no try is counted", async () => {
    receiver.answers.push({ hang: true });
    const stop = new AbortController();
    const stopping = house.hub.deliverDueNotices(stop.signal);
    await receiver.called(1);
    stop.abort();
    await stopping;
    expect(await last()).toMatchObject({ status: "WAITING", attempts: 0 });
    expect(await deliver(copy)).toBe(true);
    expect(await states()).toEqual(["DELIVERED"]);
  });

  test("is sent by one copy of two that look at the same moment", async () => {
    const visited = await Promise.all([house, copy, house, copy].map(deliver));
    expect(visited.filter(Boolean)).toHaveLength(1);
    expect(receiver.calls).toHaveLength(1);
  });

  test("to a suspended client waits until it is let in again", async () => {
    await house.sql("update client set active = false where id = 'approval-bureau'");
    expect(await deliver()).toBe(false);
    await house.sql("update client set active = true where id = 'approval-bureau'");
    expect(await deliver()).toBe(true);
  });
});

test("cases and notices are hidden from whoever the database was not told of, and gone after 180 days", async () => {
  await fetchInto("G-1");
  await happen("SUSPEND");
  await house.sql("set role zhengzhao_hub");
  const seen = () =>
    house.sql("select 1 from open_case union all select 1 from reliance union all select 1 from notice");
  expect(await seen()).toEqual([]);
  await house.sql("select hub_enter('CLIENT', 'sports', '', null, null, null, null)");
  expect(await seen()).toEqual([]);
  await expect(house.sql("delete from notice")).rejects.toThrow("permission denied");
  await house.sql("reset role");
  pass(181 * 86_400);
  expect(await house.hub.removeExpired()).toMatchObject({ notices: 1 });
  expect(await house.sql("select 1 from notice")).toEqual([]);
  pass(90 * 86_400);
  await house.hub.removeExpired();
  expect(await seen()).toEqual([]);
});

describe("what came to be before there was a webhook", () => {
  test("is read in order, each once, and can be replayed when there is one", async () => {
    await fetchInto("E-1");
    await happen("SUSPEND");
    const first = await notices();
    expect(first.nodes).toMatchObject([{ status: "UNSENT", attempts: 0, outcome: null }]);
    await happen("REINSTATE");
    await settled();
    const more = await ask(
      "approval-bureau",
      `{ notices(after: "${first.pageInfo.endCursor}") { nodes { state } pageInfo { hasNextPage } } }`,
    );
    expect(more.notices).toEqual({ nodes: [{ state: "VALID" }], pageInfo: { hasNextPage: false } });
    const replay = `mutation { replayNotices(input: { since: "2026-01-01T00:00:00Z" }) }`;
    expect(await ask("approval-bureau", replay)).toEqual({ replayNotices: 0 });
    await setWebhook();
    expect(await deliver()).toBe(false);
    expect(await ask("approval-bureau", replay)).toEqual({ replayNotices: 2 });
    await deliver();
    expect(await states()).toEqual(["DELIVERED", "DELIVERED"]);
  });

  test("is not shown while one that belongs before it may still come", async () => {
    await fetchInto("E-2");
    await house.sql("begin");
    await house.sql("select pg_current_xact_id()");
    await happen("SUSPEND");
    expect((await notYetSettled()).nodes).toEqual([]);
    await house.sql("commit");
    expect((await notices()).nodes).toHaveLength(1);
  });
});

describe("a secret", () => {
  test("is shown once, lies sealed in the database, and opens for no other client", async () => {
    const secret = String(await setWebhook());
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await setWebhook()).toBeNull();
    const kept = JSON.stringify(await house.sql("select * from webhook"));
    expect(kept).not.toContain(secret.slice(6));
    expect(kept).not.toContain(Buffer.from(secret).toString("base64url").slice(10, 30));
    const records = JSON.stringify(await house.sql("select details from operator_record"));
    expect(records).not.toContain(secret.slice(6, 20));
    await setWebhook(receiver.url, "sports");
    await house.sql(`update webhook set secret = (select secret from webhook where client_id = 'approval-bureau')
      where client_id = 'sports'`);
    const tested = await ask("operator", `mutation { testWebhook(client: "sports") { outcome } }`);
    expect(tested.testWebhook).toEqual({ outcome: "SECRET_UNREADABLE" });
  });

  test("that is rotated signs beside the new one for a day; both fit until then, and only the new one after", async () => {
    const old = String(await setWebhook());
    const rotate = async (more = "") =>
      (await ask("operator", `mutation { rotateWebhookSecret(client: "approval-bureau"${more}) { secret } }`))
        .rotateWebhookSecret.secret as string;
    const fresh = await rotate();
    const check = async () => {
      await ask("operator", `mutation { testWebhook(client: "approval-bureau") { outcome } }`);
      const call = receiver.calls.at(-1);
      const signatures = String(call?.headers["webhook-signature"]).split(" ");
      const id = String(call?.headers["webhook-id"]);
      const at = new Date(Number(call?.headers["webhook-timestamp"]) * 1_000);
      return [old, fresh].map((secret) => signatures.includes(new Webhook(secret).sign(id, at, call?.body ?? "")));
    };
    expect(await check()).toEqual([true, true]);
    pass(86_401);
    expect(await check()).toEqual([false, true]);
    await rotate(", atOnce: true");
    expect(await check()).toEqual([false, false]);
  });

  test("makes an event that was taken down on its way worthless: changed, late or under another id it does not fit", async () => {
    const secret = String(await setWebhook());
    const tested = await ask("operator", `mutation { testWebhook(client: "approval-bureau") { outcome httpStatus } }`);
    expect(tested.testWebhook).toEqual({ outcome: "DELIVERED", httpStatus: 204 });
    const { body = "", headers = {} } = receiver.calls[0] ?? {};
    expect(JSON.parse(body)).toEqual({ type: "hub.test", timestamp: house.clock.now.toISOString(), data: {} });
    const fits = (text: string, more: object) => () => new Webhook(secret).verify(text, { ...headers, ...more });
    expect(fits(body, {})).not.toThrow();
    expect(fits(`${body} `, {})).toThrow("No matching signature");
    expect(fits(body, { "webhook-id": "msg_other" })).toThrow("No matching signature");
    const old = String(Number(headers["webhook-timestamp"]) - 301);
    expect(fits(body, { "webhook-timestamp": old })).toThrow("too old");
  });
});

describe("an address", () => {
  test("that the hub does not call is not taken, and details say why, and what to do", async () => {
    names.set("inside.example", "172.16.3.4");
    for (const [url, reason] of [
      ["http://dept.example/", "NOT_HTTPS"],
      ["dept.example/notices", "NO_URL"],
      ["https://me:secret@dept.example/", "HAS_CREDENTIALS"],
      ["https://nowhere.example/", "NAME_UNKNOWN"],
      ["https://inside.example/", "ADDRESS_REFUSED"],
      ["https://10.1.2.3/", "ADDRESS_REFUSED"],
    ] as const) {
      const mutation = `mutation { setWebhook(client: "approval-bureau", url: "${url}") { secret } }`;
      const { errors } = await house.graphql(mutation, { as: "operator" });
      const { en, zh } = webhookFaults[reason];
      const details = { reason, todo: en, todoZh: zh };
      expect(errors[0]?.extensions).toMatchObject({ code: "WEBHOOK_URL_REFUSED", details });
    }
  });

  test("whose name leads elsewhere by now is not called: it is looked at before each call", async () => {
    names.set("moving.example", "8.8.8.8");
    await setWebhook("https://moving.example/");
    await fetchInto("F-1");
    await happen("SUSPEND");
    names.set("moving.example", "10.1.2.3");
    await deliver();
    expect((await notices()).nodes).toMatchObject([{ status: "WAITING", outcome: "ADDRESS_REFUSED" }]);
    names.delete("moving.example");
    pass(400);
    await deliver();
    expect((await notices()).nodes).toMatchObject([{ outcome: "NAME_UNKNOWN", attempts: 2 }]);
  });
});
