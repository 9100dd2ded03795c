import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeSchema } from "../../src/edge/schema.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

// Every root field × every kind of caller. The fields come from the schema: a new one without a line here fails.

const holder = "91371002XXXX0030XC";
const stranger = "93371003XXXX00262H";
const purpose = `purpose: { procedure: "food-operation-new", caseNumber: "MATRIX", reason: "核验" }`;

/** Who asks, in the order of a line's answers. */
const callers = [
  "none",
  "no scope",
  "department",
  "other department",
  "no grant",
  "revoked grant",
  "suspended",
  "holder",
  "other holder",
  "auditor",
  "operator",
  "gateway",
] as const;
type CallerName = (typeof callers)[number];

/** What comes back: content, an answer that tells nothing (null, false, an empty list), or a code by its short name. */
const codes: Readonly<Record<string, string>> = {
  un: "UNAUTHENTICATED",
  sc: "SCOPE_MISSING",
  fb: "FORBIDDEN",
  pu: "PURPOSE_NOT_ALLOWED",
  nf: "CHECK_NOT_FOUND",
  in: "INPUT_INVALID",
  cl: "CLIENT_NOT_FOUND",
  gr: "GRANT_NOT_FOUND",
  me: "MEMBER_NOT_FOUND",
  re: "RECORD_NOT_FOUND",
  pr: "PROBLEM_NOT_FOUND",
  li: "LICENSE_NOT_FOUND",
  co: "CORRECTION_NOT_FOUND",
  ca: "CASE_NOT_FOUND",
  ke: "KEY_NOT_FOUND",
};

const open = Array.from({ length: callers.length }, () => "yes").join(" ");
const operators = "un fb fb fb fb fb fb fb fb fb yes fb";

/** Field → a question that would disclose or change something, and what each caller gets, in order. */
const rules: Readonly<Record<string, readonly [query: string, answers: string]>> = {
  // open to everyone
  "Query.licenseTypes": ["{ licenseTypes { code } }", open],
  "Query.departments": ["{ departments { code } }", open],
  "Query.businessScopes": ["{ businessScopes(first: 1) { nodes { code } } }", open],
  "Query.permitItem": [`{ permitItem(code: "ITEM-042") { name } }`, open],
  "Query.permitItems": ["{ permitItems(first: 1) { nodes { code } } }", open],
  "Query.procedure": [`{ procedure(code: "food-operation-new") { name } }`, open],
  "Query.procedures": ["{ procedures(first: 1) { nodes { code } } }", open],
  "Query.verifyLicense": [`{ verifyLicense(token: "x") { outcome } }`, open],

  // content of licenses
  "Query.enterprise": [
    `{ enterprise(uscc: "${holder}") { licenses(${purpose}) { nodes { number } } } }`,
    "un sc yes pu no no fb yes no fb fb fb",
  ],
  "Query.enterprises": [
    `{ enterprises(usccs: ["${holder}"]) { licenses(${purpose}) { nodes { number } } } }`,
    "un sc yes pu no no fb yes no fb fb fb",
  ],
  "Query.license": [
    `{ license(identifier: "IDENTIFIER", ${purpose}) { number } }`,
    "un sc yes pu no no fb yes no fb fb fb",
  ],
  "Query.confirmLicense": [
    `{ confirmLicense(identifier: "IDENTIFIER", claims: { type: "11100000MB0143028R001" }) { confirmed } }`,
    "un sc yes no no no fb yes no fb fb fb",
  ],
  "Query.checkMaterials": [
    `{ checkMaterials(input: { procedure: "food-operation-new", holder: "${holder}", ${purpose} }) { answers { sources { identifier } } } }`,
    "un sc yes pu no no fb fb fb fb fb fb",
  ],
  "Mutation.fetchMaterials": [
    `mutation { fetchMaterials(input: { check: "CHECK" }) { licenses { number } } }`,
    "un sc yes nf nf nf nf fb fb fb fb fb",
  ],

  // handing in
  "Mutation.submitLicenses": [
    `mutation { submitLicenses(input: { batchId: "UNIQUE", records: [{ sourceRecordId: "1", operation: ISSUE,
      sourceUpdatedAt: "2026-11-22T00:00:00Z", licenseType: "none", issuer: "none" }] }) { rejected } }`,
    "un sc yes yes yes yes fb fb fb fb fb fb",
  ],
  "Query.submission": [`{ submission(id: "SUBMISSION") { batchId } }`, "un sc yes no no no fb fb fb fb fb fb"],

  "Mutation.reconcileDays": [
    `mutation { reconcileDays(input: { from: "2026-11-01", until: "2026-11-30", days: [] }) { ourCount } }`,
    "un sc yes yes yes yes fb fb fb fb fb fb",
  ],
  "Query.reconciliations": ["{ reconciliations { nodes { id } } }", "un sc yes no yes yes fb fb fb yes fb fb"],
  // 问题数据: a department's own; numbers for operators
  "Query.problemRecords": [
    `{ problemRecords(filter: { sourceRecordId: "matrix-dirty" }) { nodes { record } } }`,
    "un sc yes no yes yes fb fb fb fb fb fb",
  ],
  "Mutation.correctRecord": [
    `mutation { correctRecord(id: "PROBLEM", record: { sourceRecordId: "matrix-dirty", operation: ISSUE,
      sourceUpdatedAt: "2026-11-22T00:00:00Z", licenseType: "none", issuer: "none" }) { problem { id } } }`,
    "un sc yes pr yes yes fb fb fb fb fb fb",
  ],
  "Mutation.dismissProblem": [
    `mutation { dismissProblem(id: "PROBLEM", reason: "重复报送") { id } }`,
    "un sc yes pr yes yes fb fb fb fb fb fb",
  ],
  "Query.problemCounts": ["{ problemCounts { open } }", "un sc yes no yes yes fb fb fb fb yes fb"],
  "Query.dataQuality": [
    `{ dataQuality(from: "2026-11-22", until: "2026-11-22") { refused } }`,
    "un sc yes no yes yes fb fb fb fb yes fb",
  ],

  // 标识冲突: for clerks of the data bureau; what was decided for auditors, too
  "Query.identifierConflicts": ["{ identifierConflicts { nodes { id } } }", operators],
  "Query.conflictSides": [`{ conflictSides(claim: "CLAIM") { facts } }`, operators],
  "Query.conflictDecisions": ["{ conflictDecisions { nodes { reason } } }", "un fb fb fb fb fb fb fb fb yes yes fb"],
  "Mutation.decideConflict": [
    `mutation { decideConflict(input: { conflict: "CONFLICT", claim: "CLAIM", decision: KEEP_STANDING, reason: "核查",
      facts: "FACTS" }) { id } }`,
    operators,
  ],

  // 校核纠错: who may read a license objects, who issued it answers; operators see what is overdue
  "Mutation.objectToLicense": [
    `mutation { objectToLicense(input: { license: "IDENTIFIER", field: "attributes.address", reason: "地址有误", ${purpose} }) { id } }`,
    "un sc yes pu li li fb yes li fb fb fb",
  ],
  "Mutation.answerCorrection": [
    `mutation { answerCorrection(id: "CORRECTION", answer: ACCEPTED, reason: "情况属实") { answer } }`,
    "un sc yes co yes yes fb fb fb fb fb fb",
  ],
  "Query.corrections": ["{ corrections { nodes { id } } }", "un sc yes no yes yes fb yes no fb yes fb"],
  "Query.correctionCounts": ["{ correctionCounts { open } }", "un sc yes no yes yes fb fb fb fb yes fb"],

  // who relies on what, and is told
  "Query.openCases": ["{ openCases { nodes { caseNumber } } }", "un sc yes no no no fb fb fb fb fb fb"],
  "Mutation.closeCase": [
    `mutation { closeCase(procedure: "food-operation-new", caseNumber: "MATRIX") }`,
    "un sc yes ca ca ca fb fb fb fb fb fb",
  ],
  "Query.notices": ["{ notices { nodes { license } } }", "un sc yes no no no fb fb fb fb fb fb"],
  "Query.deadNotices": ["{ deadNotices { nodes { id } } }", operators],
  "Mutation.replayNotices": [
    `mutation { replayNotices(input: { ids: ["NOTICE"] }) }`,
    // A department that has no such notice is told so: 0.
    "un sc yes yes yes yes fb fb fb fb yes fb",
  ],
  "Query.webhook": [`{ webhook(client: "approval-bureau") { url } }`, operators],
  "Mutation.setWebhook": [
    `mutation { setWebhook(client: "approval-bureau", url: "http://127.0.0.1:1/") { webhook { url } } }`,
    operators,
  ],
  "Mutation.rotateWebhookSecret": [`mutation { rotateWebhookSecret(client: "approval-bureau") { secret } }`, operators],
  "Mutation.removeWebhook": [`mutation { removeWebhook(client: "approval-bureau") }`, operators],
  "Mutation.testWebhook": [`mutation { testWebhook(client: "approval-bureau") { outcome } }`, operators],

  // who read what
  "Query.accessRecords": [
    `{ accessRecords(filter: { caseNumber: "SEEDED" }) { nodes { id } } }`,
    "un sc yes no yes yes fb yes no yes fb fb",
  ],
  "Query.accessObjections": ["{ accessObjections { nodes { text } } }", "un sc yes no yes yes fb yes no yes fb fb"],
  "Mutation.objectToAccess": [
    `mutation { objectToAccess(record: "RECORD", text: "为什么查询我的证照？") { text } }`,
    "un fb fb fb fb fb fb yes re fb fb fb",
  ],
  "Mutation.answerAccessObjection": [
    `mutation { answerAccessObjection(record: "RECORD", answer: "办理许可需要核验。") { text } }`,
    "un sc yes re yes yes fb fb fb fb fb fb",
  ],
  "Query.accessDays": ["{ accessDays { nodes { root } } }", "un fb fb fb fb fb fb fb fb yes fb fb"],
  "Query.accessDayCheck": [`{ accessDayCheck(day: "2026-11-21") { root } }`, "un fb fb fb fb fb fb fb fb yes fb fb"],

  // who acts for an enterprise
  "Query.members": ["{ members { nodes { id } } }", "un fb fb fb fb fb fb yes no fb fb fb"],
  "Mutation.appointMember": [
    `mutation { appointMember(input: { role: CLERK, personCode: "371002188011080603", personName: "李四", licenseTypes: ["11100000MB0143028R001"] }) { id } }`,
    "un fb fb fb fb fb fb yes yes fb fb fb",
  ],
  "Mutation.endMember": [`mutation { endMember(id: "MEMBER") { id } }`, "un fb fb fb fb fb fb yes me fb fb fb"],

  // operators
  "Query.clients": ["{ clients { nodes { id } } }", operators],
  "Query.client": [`{ client(id: "marine") { name } }`, operators],
  "Query.grants": ["{ grants(first: 1) { nodes { id } } }", operators],
  "Query.operatorRecords": ["{ operatorRecords { nodes { id } } }", operators],
  "Mutation.registerClient": [
    `mutation { registerClient(input: { id: "matrix-client", kind: AUDITOR, name: "审计" }) { id } }`,
    operators,
  ],
  "Mutation.suspendClient": [`mutation { suspendClient(id: "matrix-client") { id } }`, operators],
  "Mutation.resumeClient": [`mutation { resumeClient(id: "matrix-client") { id } }`, operators],
  "Mutation.addClientKey": [
    `mutation { addClientKey(input: { client: "matrix-client", jwk: { kty: "EC" } }) { id } }`,
    "un fb fb fb fb fb fb fb fb fb key fb",
  ],
  "Mutation.retireClientKey": [
    `mutation { retireClientKey(input: { client: "nobody", kid: "x" }) { id } }`,
    "un fb fb fb fb fb fb fb fb fb cl fb",
  ],
  "Mutation.addRecordKeys": [
    `mutation { addRecordKeys(input: { client: "nobody", keys: [] }) { id } }`,
    "un fb fb fb fb fb fb fb fb fb cl fb",
  ],
  "Mutation.retireRecordKey": [
    `mutation { retireRecordKey(input: { client: "nobody", kid: "x" }) { id } }`,
    "un fb fb fb fb fb fb fb fb fb cl fb",
  ],
  "Mutation.setUnsignedRecords": [
    `mutation { setUnsignedRecords(client: "nobody", policy: ACCEPTED) { id } }`,
    "un fb fb fb fb fb fb fb fb fb cl fb",
  ],
  "Mutation.grantAccess": [
    `mutation { grantAccess(input: { client: "nobody", procedure: "x", licenseType: "x", validFrom: "2026-12-01", legalBasis: "测试" }) { id } }`,
    "un fb fb fb fb fb fb fb fb fb cl fb",
  ],
  "Mutation.revokeGrant": [`mutation { revokeGrant(id: "999999") { id } }`, "un fb fb fb fb fb fb fb fb fb gr fb"],

  // the hub's own keys
  "Query.signingKeys": ["{ signingKeys { kid } }", operators],
  "Mutation.rotateKey": [`mutation { rotateKey(input: { purpose: STATUS, reason: "轮换" }) { kid } }`, operators],
  "Mutation.declareKeyCompromised": [
    `mutation { declareKeyCompromised(input: { kid: "nobody", since: "2026-11-22T00:00:00Z", reason: "泄露" }) { signedSince } }`,
    "un fb fb fb fb fb fb fb fb fb ke fb",
  ],

  // sources
  "Query.sources": ["{ sources { nodes { id } } }", operators],
  "Query.source": [`{ source(id: "matrix-source") { place } }`, operators],
  "Query.sourceRuns": [`{ sourceRuns(source: "matrix-source") { nodes { id } } }`, operators],
  "Mutation.addSource": [
    `mutation { addSource(input: { id: "matrix-new", name: "数据源", client: "sports",
      place: { kind: "GRAPHQL", url: "https://a.example/", token: "none" } }) { id } }`,
    operators,
  ],
  "Mutation.pullSource": [`mutation { pullSource(id: "matrix-source") { id } }`, operators],
  "Mutation.reconcileSource": [`mutation { reconcileSource(id: "matrix-source") { id } }`, operators],
  "Mutation.suspendSource": [`mutation { suspendSource(id: "matrix-source") { id } }`, operators],
  "Mutation.resumeSource": [`mutation { resumeSource(id: "matrix-source") { id } }`, operators],
  "Mutation.removeSource": [`mutation { removeSource(id: "matrix-source") }`, operators],

  // federation: see federation.test.ts for what `_service` says to whom
  "Query._entities": [
    `{ _entities(representations: [{ __typename: "Enterprise", uscc: "${holder}" }]) { ... on Enterprise { name } } }`,
    "un sc yes yes yes yes fb yes no fb fb fb",
  ],
};

let house: TestHub;
const known: Record<string, string> = {};
beforeAll(async () => {
  house = await openTestHub();
  const add = (id: string, active = true) =>
    house.sql(
      `insert into client (id, kind, department, name, active)
       select $1, 'DEPARTMENT', department, $1, $2 from client where id = 'approval-bureau'`,
      [id, active],
    );
  await add("no-grant");
  await add("revoked");
  await add("suspended", false);
  await house.sql(`insert into access_grant (client_id, license_type, procedure, valid_from, legal_basis, revoked_at)
    select c, license_type, procedure, valid_from, legal_basis, case c when 'revoked' then now() end
    from access_grant, unnest(array['revoked', 'suspended']) c where client_id = 'approval-bureau'`);
  const [license] = await house.sql(
    "select identifier from license where holder_code = $1 and type_code = '11100000MB0143028R001' limit 1",
    [holder],
  );
  known["IDENTIFIER"] = String(license?.["identifier"]);
});
afterAll(() => house.close());

/** Whose token: identity, and what is changed of it. */
const identities: Readonly<Record<CallerName, readonly [who: string | undefined, changes?: object]>> = {
  none: [undefined],
  "no scope": ["approval-bureau", { scope: "" }],
  department: ["approval-bureau"],
  "other department": ["sports"],
  "no grant": ["no-grant"],
  "revoked grant": ["revoked"],
  suspended: ["suspended"],
  holder: [`holder:${holder}`],
  "other holder": [`holder:${stranger}`],
  auditor: ["auditor"],
  operator: ["operator"],
  gateway: ["gateway"],
};

/** Makes what the field's question speaks of anew, so that no caller's answer depends on the one before. */
async function seed(field: string): Promise<void> {
  const approval = { as: "approval-bureau" };
  if (field === "Mutation.fetchMaterials") {
    const check = `{ checkMaterials(input: { procedure: "food-operation-new", holder: "${holder}", ${purpose} }) { id } }`;
    known["CHECK"] = (await house.graphql(check, approval)).data.checkMaterials.id;
  }
  if (field === "Query.submission") {
    const [query = ""] = rules["Mutation.submitLicenses"] ?? [];
    const batch = query.replace("UNIQUE", randomUUID()).replace("{ rejected }", "{ id }");
    known["SUBMISSION"] = (await house.graphql(batch, approval)).data.submitLicenses.id;
  }
  if (field === "Query.reconciliations") {
    await house.sql("delete from reconciliation");
    await house.graphql(rules["Mutation.reconcileDays"]?.[0] ?? "", approval);
  }
  if (/roblem|correctRecord|dataQuality/.test(field)) {
    await house.sql("truncate problem_record, record_count");
    const dirty = {
      sourceRecordId: "matrix-dirty",
      operation: "ISSUE" as const,
      sourceUpdatedAt: "",
      licenseType: "none",
    };
    const batch = { batchId: randomUUID(), records: [{ ...dirty, issuer: "none" }] };
    await house.hub.submitLicenses(department("approval-bureau"), batch);
    known["PROBLEM"] = String((await house.sql("select id from problem_record"))[0]?.["id"]);
  }
  if (/Case|otices|ebhook/.test(field)) await seedNotice();
  if (/onflict/.test(field)) await seedConflict();
  if (/[cC]orrection|objectToLicense/.test(field)) {
    await house.sql("delete from correction");
    if (field === "Mutation.objectToLicense") return;
    const [query = ""] = rules["Mutation.objectToLicense"] ?? [];
    const object = { query: query.replace("IDENTIFIER", known["IDENTIFIER"] ?? ""), as: `holder:${holder}` };
    const { data } = await house.graphql(object.query, { as: object.as });
    known["CORRECTION"] = data.objectToLicense.id;
    if (field === "Query.corrections") await house.sql("update correction set due_on = '2026-11-20'");
  }
  if (/access|Objection/i.test(field)) {
    await house.sql("delete from access_objection");
    await house.sql("delete from access_record where case_number = 'SEEDED'");
    const read = `{ enterprise(uscc: "${holder}") { licenses(${purpose.replace("MATRIX", "SEEDED")}) { nodes { number } } } }`;
    await house.graphql(read, approval);
    const [row] = await house.sql("select id from access_record where case_number = 'SEEDED'");
    known["RECORD"] = String(row?.["id"]);
  }
  if (/Objections|answer/.test(field)) {
    const object = `mutation { objectToAccess(record: "${known["RECORD"]}", text: "为什么？") { text } }`;
    await house.graphql(object, { as: `holder:${holder}` });
  }
  if (field === "Query.accessDays" || field === "Query.accessDayCheck") {
    await house.sql("delete from access_day");
    await house.sql("insert into access_day values ('2026-11-20', 0, repeat('A', 43), now())");
  }
  if (/ember/.test(field)) {
    await house.sql("delete from holder_member");
    if (field === "Mutation.appointMember") return;
    const [query = ""] = rules["Mutation.appointMember"] ?? [];
    known["MEMBER"] = (await house.graphql(query, { as: `holder:${holder}` })).data.appointMember.id;
  }
  if (field === "Query.operatorRecords")
    await house.sql(
      "insert into operator_record (at, operator, action, client_id, details) values (now(), 'x', 'y', 'z', '{}')",
    );
  if (/ource/.test(field)) {
    await house.sql("delete from source");
    await house.sql(`insert into source (id, client_id, name, place, mapping, every_seconds, page_size, added_at, due_at)
      values ('matrix-source', 'sports', '数据源', '{"kind":"GRAPHQL","url":"https://a.example/"}', '{}', 300, 200, now(), now())`);
    await house.sql(
      "insert into source_run (source_id, lease, started_at) values ('matrix-source', gen_random_uuid(), now())",
    );
  }
  if (field === "Mutation.registerClient") await house.sql("delete from client where id = 'matrix-client'");
  if (field === "Mutation.suspendClient" || field === "Mutation.resumeClient" || field === "Mutation.addClientKey")
    await house.sql(
      "insert into client (id, kind, name) values ('matrix-client', 'AUDITOR', '审计') on conflict do nothing",
    );
}

/** An open case of the approval bureau's, a notice of it that was given up, and a webhook. */
async function seedNotice(): Promise<void> {
  await house.sql("delete from reliance; delete from open_case; delete from notice; delete from webhook");
  await house.sql(`insert into open_case (client_id, procedure, case_number, reason, opened_at, fetched_at, open_until)
    values ('approval-bureau', 'food-operation-new', 'MATRIX', 'r', now(), now(), now() + interval '1 year')`);
  // Of a transaction that is long over: another one, of whichever database, would hide a fresh notice while it runs.
  const [notice] =
    await house.sql(`insert into notice (transaction, client_id, procedure, case_number, identifier, state,
    previous_state, effective_on, known_at, change, status, due_at, retry_until) values (1, 'approval-bureau',
    'food-operation-new', 'MATRIX', 'i', 'REVOKED', 'VALID', '2026-11-22', now(), 1, 'DEAD', now(), now())
    returning message_id`);
  known["NOTICE"] = `msg_${String(notice?.["message_id"]).replaceAll("-", "")}`;
  await house.sql(
    "insert into webhook (client_id, url, secret, set_at) values ('approval-bureau', 'http://127.0.0.1:1/', 'x', now())",
  );
}

/** A license whose identifier another client of its department claims; one decision was made before. */
async function seedConflict(): Promise<void> {
  const [license] = await house.sql("select identifier, type_code from license where identifier = $1", [
    known["IDENTIFIER"],
  ]);
  await house.sql("truncate identifier_conflict, conflict_claim, conflict_decision");
  const [conflict] = await house.sql(
    "insert into identifier_conflict (identifier, issuer_code, type_code, opened_at) values ($1, 'x', $2, now()) returning id",
    [license?.["identifier"], license?.["type_code"]],
  );
  const [claim] = await house.sql(
    `insert into conflict_claim (conflict_id, identifier, department, client_id, source_record_id, submission_id, record,
      content_digest, first_received_at, received_at) values ($1, $2, 'x', 'sports', 'c', gen_random_uuid(),
      '{"licenseType":"t","issuer":"x"}', 'd', now(), now()) returning id`,
    [conflict?.["id"], license?.["identifier"]],
  );
  await house.sql(
    `insert into conflict_decision (conflict_id, claim_id, identifier, decision, reason, operator, decided_at, department,
      client_id, source_record_id, claim_digest, standing_digest, standing_issuer, standing_state, facts)
      values ($1, 0, 'i', 'KEEP_STANDING', 'r', 'operator', now(), 'x', 'sports', 'c', 'd', 'd', 'x', 'VALID', 'f')`,
    [conflict?.["id"]],
  );
  known["CONFLICT"] = String(conflict?.["id"]);
  known["CLAIM"] = String(claim?.["id"]);
  const sides = await house.graphql(`{ conflictSides(claim: "${known["CLAIM"]}") { facts } }`, { as: "operator" });
  known["FACTS"] = sides.data.conflictSides.facts;
}

/** Whether anything but names of fields, null, false and empty lists came back. */
function tells(data: unknown): boolean {
  if (data === null || data === undefined || data === false) return false;
  if (Array.isArray(data)) return data.some(tells);
  if (typeof data === "object") return Object.values(data).some(tells);
  return true;
}

async function ask(field: string, caller: CallerName): Promise<string> {
  const [query = ""] = rules[field] ?? [];
  const [who, changes] = identities[caller];
  const text = query
    .replace("UNIQUE", randomUUID())
    .replace(
      /\b(IDENTIFIER|CHECK|SUBMISSION|RECORD|MEMBER|PROBLEM|CORRECTION|CONFLICT|CLAIM|FACTS|NOTICE)\b(?=")/g,
      (name) => known[name] ?? name,
    );
  const given = who === undefined ? {} : { token: await house.token(who, changes) };
  const { data, errors } = await house.graphql(text, given);
  const code = errors[0]?.extensions.code;
  if (code === undefined) return tells(data) ? "yes" : "no";
  return `${code}${tells(data) ? " with content" : ""}`;
}

const fields = ["Query", "Mutation"].flatMap((root) => {
  const type = makeSchema().schema.getType(root);
  return type && "getFields" in type ? Object.keys(type.getFields()).map((name) => `${root}.${name}`) : [];
});

describe("every root field", () => {
  test("has a line in the matrix, and no line is about a field that is gone", () => {
    expect(Object.keys(rules).toSorted()).toEqual(fields.filter((field) => field !== "Query._service").toSorted());
    for (const [, answers] of Object.values(rules)) expect(answers.split(" ")).toHaveLength(callers.length);
  });

  test.each(Object.keys(rules))("%s answers each kind of caller as its line says", async (field) => {
    const answers = (rules[field]?.[1] ?? "").split(" ");
    const found: Record<string, string> = {};
    for (const caller of callers) {
      await seed(field);
      found[caller] = await ask(field, caller);
    }
    const expected = callers.map((caller, index) => {
      const answer = answers[index] ?? "";
      return [caller, answer === "key" ? "CLIENT_KEY_INVALID" : (codes[answer] ?? answer)];
    });
    expect(found).toEqual(Object.fromEntries(expected));
  });

  test.each([
    ["of another audience", { aud: "https://elsewhere.example" }, "TOKEN_INVALID"],
    ["that has expired", { ttlSeconds: 1 }, "TOKEN_EXPIRED"],
  ] as const)("refuses a token %s, before anything else, with 401", async (_name, changes, code) => {
    const token = await house.token("approval-bureau", changes);
    const before = house.clock.now;
    house.clock.now = new Date(before.getTime() + 60_000);
    for (const field of Object.keys(rules)) {
      const answer = await house.graphql((rules[field]?.[0] ?? "").replace("UNIQUE", randomUUID()), { token });
      expect([field, answer.status, answer.errors[0]?.extensions.code]).toEqual([field, 401, code]);
    }
    house.clock.now = before;
  });
});
