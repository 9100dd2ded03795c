import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { type Answer, openTestHub, type TestHub } from "../setup/hub.ts";

const bureau = "11371000XXXX01118K"; // the transport bureau
let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const code = ({ errors }: Answer) => errors[0]?.extensions.code;
const reason = ({ errors }: Answer) => errors[0]?.extensions.details;
const run = (query: string, variables: object = {}, as = "operator") => house.graphql(query, { as, variables });
const shown = "id kind active scopes redirectUris department { code } keys { kid jwk }";
const register = (input: object, as?: string) =>
  run(`mutation ($input: RegisterClientInput!) { registerClient(input: $input) { ${shown} } }`, { input }, as);
const department = (id: string, more: object = {}) =>
  register({ id, kind: "DEPARTMENT", department: bureau, name: "运政系统", ...more });
const suspend = (id: string) => run("mutation ($id: ID!) { suspendClient(id: $id) { active } }", { id });
const resume = (id: string) => run("mutation ($id: ID!) { resumeClient(id: $id) { active } }", { id });
const addKey = (client: string, jwk: object) =>
  run("mutation ($input: AddClientKeyInput!) { addClientKey(input: $input) { keys { kid } } }", {
    input: { client, jwk },
  });
const retireKey = (client: string, kid: string, force = false) =>
  run("mutation ($input: RetireClientKeyInput!) { retireClientKey(input: $input) { keys { kid } } }", {
    input: { client, kid, force },
  });
const newKey = async () => (await makeClientKey("ES256")).publicJwk;
const recordsOf = (client: string) =>
  house.sql("select operator, action, details from operator_record where client_id = $1 order by id", [client]);

describe("an operator registers", () => {
  test("a department's client with a key; it stands, and the decision is on record without secrets", async () => {
    const key = await newKey();
    const { data, errors } = await department("transport-dispatch", { keys: [key] });
    expect(errors).toEqual([]);
    expect(data.registerClient).toEqual({
      ...{ id: "transport-dispatch", kind: "DEPARTMENT", active: true, department: { code: bureau } },
      ...{ redirectUris: [], keys: [{ kid: key.kid, jwk: key }] },
      scopes: ["license:submit", "license:read", "material:check", "material:fetch", "audit:read"],
    });
    expect(await recordsOf("transport-dispatch")).toEqual([
      {
        ...{ operator: "operator", action: "REGISTER_CLIENT" },
        details: {
          ...{ kind: "DEPARTMENT", department: bureau, name: "运政系统", keys: [key.kid], redirectUris: [] },
          scopes: data.registerClient.scopes,
        },
      },
    ]);
  });

  test("a wallet with where its holders return to", async () => {
    const redirectUris = ["https://wallet.example/return", "http://127.0.0.1:7000/return"];
    const { data } = await register({ id: "city-wallet", kind: "WALLET", name: "市民钱包", redirectUris });
    expect(data.registerClient).toMatchObject({
      redirectUris,
      scopes: ["license:read", "audit:read", "holder:manage"],
    });
  });

  test("no id twice, also not a suspended client's", async () => {
    await department("twice");
    await suspend("twice");
    expect(code(await department("twice"))).toBe("CLIENT_EXISTS");
    expect(await recordsOf("twice")).toHaveLength(2);
  });

  test("one client, when twenty ask for the same id at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => department("at-once")));
    expect(answers.map(code).toSorted()).toEqual([...Array(19).fill("CLIENT_EXISTS"), undefined]);
    expect(await recordsOf("at-once")).toHaveLength(1);
  });

  test.each([
    ["an id in capitals", { id: "Transport" }, "id"],
    ["no department", { id: "none", department: null }, "department"],
    ["a department that does not exist", { id: "none", department: "91371002XXXX0030XC" }, "department"],
    ["a department for an auditor", { id: "none", kind: "AUDITOR" }, "department"],
    ["a scope of another kind", { id: "none", scopes: ["hub:operate"] }, "scopes"],
    ["a scope that does not exist", { id: "none", scopes: ["everything"] }, "scopes"],
    ["a place to return to", { id: "none", redirectUris: ["https://a.example/"] }, "redirectUris"],
    ["a blank name", { id: "none", name: "  " }, "name"],
  ])("nothing with %s", async (_, change, argument) => {
    const answer = await department("none", change);
    expect([code(answer), reason(answer)]).toEqual(["INPUT_INVALID", { argument }]);
    expect(await recordsOf("none")).toEqual([]);
  });

  test("no client with a private key, and does not repeat it", async () => {
    const { privateJwk } = await makeClientKey("EdDSA");
    const answer = await department("leaky", { keys: [privateJwk] });
    expect([code(answer), reason(answer)]).toEqual(["CLIENT_KEY_INVALID", { reason: "SECRET" }]);
    expect(JSON.stringify(answer)).not.toContain(privateJwk.d);
  });

  test("no client with three keys", async () => {
    expect(code(await department("three", { keys: [await newKey(), await newKey(), await newKey()] }))).toBe(
      "CLIENT_KEYS_FULL",
    );
  });
});

describe("a suspended client", () => {
  test("is refused at the next request, by every copy of the hub, and let in again when resumed", async () => {
    await department("two-copies");
    const other = await openTestHub({ demo: false, database: house.place });
    try {
      const ask = () =>
        Promise.all(
          [house, other].map(async (hub) =>
            code(await hub.graphql("{ accessRecords { nodes { id } } }", { as: "two-copies" })),
          ),
        );
      expect(await ask()).toEqual([undefined, undefined]);
      await suspend("two-copies");
      expect(await ask()).toEqual(["FORBIDDEN", "FORBIDDEN"]);
      await resume("two-copies");
      expect(await ask()).toEqual([undefined, undefined]);
    } finally {
      await other.close();
    }
  });

  test("can be suspended again: nothing happens, and nothing more is on record", async () => {
    await department("again");
    for (const change of [suspend, suspend, resume, resume]) expect((await change("again")).errors).toEqual([]);
    expect((await recordsOf("again")).map(({ action }) => action)).toEqual([
      "REGISTER_CLIENT",
      "SUSPEND_CLIENT",
      "RESUME_CLIENT",
    ]);
  });

  test("that does not exist is CLIENT_NOT_FOUND", async () => {
    for (const answer of [await suspend("nobody"), await resume("nobody"), await addKey("nobody", await newKey())])
      expect(code(answer)).toBe("CLIENT_NOT_FOUND");
    expect(code(await retireKey("nobody", "x"))).toBe("CLIENT_NOT_FOUND");
  });
});

describe("keys", () => {
  test("are rotated: a second one is added, then the first retired", async () => {
    const [first, second, third] = await Promise.all([newKey(), newKey(), newKey()]);
    await department("rotating", { keys: [first] });
    expect((await addKey("rotating", second)).data.addClientKey.keys).toHaveLength(2);
    expect((await addKey("rotating", second)).errors).toEqual([]);
    expect(code(await addKey("rotating", third))).toBe("CLIENT_KEYS_FULL");
    expect((await retireKey("rotating", first.kid)).data.retireClientKey.keys).toEqual([{ kid: second.kid }]);
    expect((await retireKey("rotating", first.kid)).errors).toEqual([]);
    const back = await addKey("rotating", first);
    expect([code(back), reason(back)]).toEqual(["CLIENT_KEY_INVALID", { reason: "RETIRED" }]);
    expect((await addKey("rotating", third)).data.addClientKey.keys).toHaveLength(2);
    expect((await recordsOf("rotating")).map(({ action, details }) => [action, Object(details).kid])).toEqual([
      ["REGISTER_CLIENT", undefined],
      ["ADD_KEY", second.kid],
      ["RETIRE_KEY", first.kid],
      ["ADD_KEY", third.kid],
    ]);
  });

  test("are never three, when twenty operators add one at once", async () => {
    await department("crowded");
    const keys = await Promise.all(Array.from({ length: 20 }, newKey));
    const answers = await Promise.all(keys.map((key) => addKey("crowded", key)));
    expect(answers.map(code).filter((one) => one === undefined)).toHaveLength(2);
    expect(await house.sql("select kid from client_key where client_id = 'crowded'")).toHaveLength(2);
  });

  test("are never none by mistake, when both are retired at once", async () => {
    const keys = await Promise.all([newKey(), newKey()]);
    await department("emptied", { keys });
    const answers = await Promise.all(keys.map(({ kid }) => retireKey("emptied", kid)));
    expect(answers.map(code).toSorted()).toEqual(["CLIENT_KEY_LAST", undefined]);
  });

  test("the last one of a client that stands is retired by force only; of a suspended one, at once", async () => {
    const [key, other] = await Promise.all([newKey(), newKey()]);
    await department("last", { keys: [key] });
    expect(code(await retireKey("last", key.kid))).toBe("CLIENT_KEY_LAST");
    expect((await retireKey("last", key.kid, true)).data.retireClientKey.keys).toEqual([]);
    await addKey("last", other);
    await suspend("last");
    expect((await retireKey("last", other.kid)).errors).toEqual([]);
  });

  test("of another client, or nobody's, are CLIENT_KEY_NOT_FOUND", async () => {
    const key = await newKey();
    await department("owner", { keys: [key] });
    await department("stranger");
    expect(code(await retireKey("stranger", key.kid))).toBe("CLIENT_KEY_NOT_FOUND");
  });
});

describe("clients and decisions", () => {
  test("are read page by page without gap or repeat", async () => {
    const read = async (field: string, item: string) => {
      const seen: string[] = [];
      let after = "null";
      while (after !== "") {
        const { data } = await run(
          `{ ${field}(first: 3, after: ${after}) { nodes { ${item} } pageInfo { endCursor hasNextPage } } }`,
        );
        const page = data[field];
        seen.push(...page.nodes.map((node: Record<string, string>) => node[item]));
        after = page.pageInfo.hasNextPage ? `"${page.pageInfo.endCursor}"` : "";
      }
      return seen;
    };
    const clients = await read("clients", "id");
    expect(clients).toEqual((await house.sql(`select id from client order by id collate "C"`)).map(({ id }) => id));
    const records = await read("operatorRecords", "id");
    expect(records).toEqual((await house.sql("select id from operator_record order by id desc")).map(({ id }) => id));
  });

  test("are narrowed by what is asked", async () => {
    await department("narrow");
    await suspend("narrow");
    const { data } = await run(
      `{ clients(filter: { active: false, kind: DEPARTMENT, department: "${bureau}" }, first: 100) { nodes { id active } }
        operatorRecords(client: "narrow") { nodes { action operator details } } client(id: "narrow") { id } none: client(id: "x") { id } }`,
    );
    expect(data.clients.nodes).toContainEqual({ id: "narrow", active: false });
    expect(data.clients.nodes.every(({ active }: { active: boolean }) => !active)).toBe(true);
    expect(data.operatorRecords.nodes.map(({ action }: { action: string }) => action)).toEqual([
      "SUSPEND_CLIENT",
      "REGISTER_CLIENT",
    ]);
    expect([data.client, data.none]).toEqual([{ id: "narrow" }, null]);
  });
});

describe("nobody but an operator", () => {
  const fields = [
    "{ clients { nodes { id } } }",
    `{ client(id: "operator") { id } }`,
    "{ operatorRecords { nodes { id } } }",
    `mutation { registerClient(input: { id: "mine", kind: OPERATOR, name: "我的" }) { id } }`,
    `mutation { suspendClient(id: "operator") { id } }`,
    `mutation { resumeClient(id: "operator") { id } }`,
    `mutation { addClientKey(input: { client: "operator", jwk: {} }) { id } }`,
    `mutation { retireClientKey(input: { client: "operator", kid: "x" }) { id } }`,
  ];

  test.each(fields)("asks %s", async (query) => {
    expect(code(await house.graphql(query))).toBe("UNAUTHENTICATED");
    for (const as of ["transport-dispatch", "auditor", "gateway", "holder:91371002XXXX0030XC"]) {
      const token = await house.token(as, { scope: "hub:operate audit:read license:read" });
      expect(code(await house.graphql(query, { token }))).toBe("FORBIDDEN");
    }
    const weak = await house.token("operator", { scope: "audit:read" });
    expect(code(await house.graphql(query, { token: weak }))).toBe("SCOPE_MISSING");
  });

  test("whose own client stands: not a suspended one, one of another kind, or none", async () => {
    await register({ id: "night-desk", kind: "OPERATOR", name: "夜班运维" });
    const ask = async (id: string) => {
      const token = await house.token("operator", { client_id: id });
      return code(await house.graphql("{ clients { nodes { id } } }", { token }));
    };
    expect(await ask("night-desk")).toBeUndefined();
    await suspend("night-desk");
    for (const id of ["night-desk", "transport-dispatch", "cli:root", "unknown"])
      expect(await ask(id)).toBe("FORBIDDEN");
  });
});

describe("a decision that can not be recorded", () => {
  test("does not happen", async () => {
    await department("unrecorded");
    await house.sql("alter table operator_record add constraint broken check (action <> 'SUSPEND_CLIENT') not valid");
    const answer = await suspend("unrecorded");
    await house.sql("alter table operator_record drop constraint broken");
    expect(code(answer)).toBe("INTERNAL");
    expect(await house.sql("select active from client where id = 'unrecorded'")).toEqual([{ active: true }]);
  });
});
