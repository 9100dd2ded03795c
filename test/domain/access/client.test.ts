import { describe, expect, test } from "@jest/globals";
import { callerKinds, scopes, scopesOfKind } from "../../../src/domain/access/caller.ts";
import {
  type ClientFacts,
  clientFault,
  clientKinds,
  clientLimits,
  isClientId,
  isRedirectUri,
  scopesOfClient,
} from "../../../src/domain/access/client.ts";

const department: ClientFacts = {
  ...{ id: "transport-dispatch", kind: "DEPARTMENT", department: "11371000XXXX01118K", name: "运政系统" },
  ...{ scopes: ["license:read"], redirectUris: [] },
};
const wallet: ClientFacts = {
  ...{ id: "wallet", kind: "WALLET", department: null, name: "钱包" },
  ...{ scopes: ["holder:manage"], redirectUris: ["https://wallet.example/return"] },
};

describe("a client's id", () => {
  test.each(["abc", "a1b", "123", "a-b-c", "transport-dispatch-2", "a".repeat(60)])("can be %s", (id) => {
    expect(isClientId(id)).toBe(true);
  });

  test.each([
    ...[
      "",
      "ab",
      "a".repeat(61),
      "Abc",
      "a_b",
      "a b",
      "a.b",
      "-ab",
      "ab-",
      "a--b",
      "abc\n",
      "äbc",
      "系统系统",
      "cli:root",
    ],
    ...["ａｂｃ", "abc\0", "a/b", "٣٣٣"],
  ])("can not be %j", (id) => {
    expect(isClientId(id)).toBe(false);
    expect(clientFault({ ...department, id })).toBe("id");
  });
});

describe("the scopes of a client", () => {
  const table = clientKinds.flatMap((kind) => scopes.map((scope) => [kind, scope] as const));

  test.each(table)("%s may have %s exactly when its callers may", (kind, scope) => {
    const base = kind === "WALLET" ? wallet : { ...department, department: kind === "DEPARTMENT" ? "x" : null };
    const allowed = scopesOfKind[kind === "WALLET" ? "HOLDER" : kind].includes(scope);
    expect(scopesOfClient(kind).includes(scope)).toBe(allowed);
    expect(clientFault({ ...base, kind, scopes: [scope] })).toBe(allowed ? undefined : "scopes");
  });

  test("are at least one, and none twice", () => {
    expect(clientFault({ ...department, scopes: [] })).toBe("scopes");
    expect(clientFault({ ...department, scopes: ["license:read", "license:read"] })).toBe("scopes");
    expect(clientFault({ ...department, scopes: scopesOfKind.DEPARTMENT })).toBeUndefined();
  });

  test("never let one client be two kinds of caller", () => {
    const manage = callerKinds.filter((kind) => scopesOfKind[kind].includes("hub:operate"));
    expect(manage).toEqual(["OPERATOR"]);
  });
});

describe("a client's department", () => {
  test.each(clientKinds)("is named exactly by a department's client (%s)", (kind) => {
    const facts = { ...(kind === "WALLET" ? wallet : department), kind, scopes: scopesOfClient(kind) };
    expect(clientFault({ ...facts, department: "x" })).toBe(kind === "DEPARTMENT" ? undefined : "department");
    expect(clientFault({ ...facts, department: null })).toBe(kind === "DEPARTMENT" ? "department" : undefined);
  });
});

describe("a client's name", () => {
  const { least, most } = clientLimits.name;
  test.each([
    ["系".repeat(least), undefined],
    ["系".repeat(most), undefined],
    ["系".repeat(least - 1), "name"],
    ["系".repeat(most + 1), "name"],
    ["   ", "name"],
    ["两\n行", "name"],
    ["ab\ud800", "name"],
  ])("%j has fault %s", (name, fault) => {
    expect(clientFault({ ...department, name })).toBe(fault);
  });
});

describe("a redirect URI", () => {
  test.each([
    ...["https://wallet.example/return", "https://wallet.example/", "https://wallet.example:8443/a/b?c=d"],
    ...["http://127.0.0.1:7000/return", "http://127.0.0.1/", "http://[::1]:7000/return", "https://localhost/return"],
  ])("can be %s", (uri) => {
    expect(isRedirectUri(uri)).toBe(true);
  });

  test.each([
    ...["", "wallet", "/return", "//wallet.example/return", "wallet.example:443/return", "javascript:alert(1)"],
    ...[
      "data:text/html,x",
      "app.wallet:/return",
      "ftp://wallet.example/",
      "file:///etc/passwd",
      "blob:https://a.example/x",
    ],
    // http is for a loopback address only, and a name is none.
    ...["http://wallet.example/return", "http://localhost:7000/return", "http://127.0.0.1.example/return"],
    ...["http://127.0.0.2/return", "http://[::2]/", "http://0.0.0.0/", "http://2130706433/"],
    // What is compared as text has one spelling.
    ...["https://wallet.example", "HTTPS://wallet.example/", "https://Wallet.example/", "https://wallet.example:443/"],
    ...[
      "https://wallet.example/a/../b",
      "https://wallet.example/a b",
      " https://wallet.example/",
      "https://wallet.example/\n",
    ],
    ...["https:\\\\wallet.example\\", "https:/wallet.example/", "https://钱包.example/"],
    ...[
      "https://wallet.example/#part",
      "https://wallet.example/#",
      "https://*.wallet.example/",
      "https://wallet.example/*",
    ],
    ...["https://user@wallet.example/", "https://user:pass@wallet.example/", "https://@wallet.example/"],
    `https://wallet.example/${"a".repeat(clientLimits.redirectUri.most)}`,
  ])("can not be %j", (uri) => {
    expect(isRedirectUri(uri)).toBe(false);
    expect(clientFault({ ...wallet, redirectUris: [uri] })).toBe("redirectUris");
  });

  test("belongs to a wallet, which has 1 to 10, none twice", () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `https://wallet.example/${n}`);
    const fault = (redirectUris: readonly string[]) => clientFault({ ...wallet, redirectUris });
    expect([many(0), many(1), many(10), many(11)].map(fault)).toEqual([
      ...["redirectUris", undefined, undefined, "redirectUris"],
    ]);
    expect(fault([...many(1), ...many(1)])).toBe("redirectUris");
    expect(clientFault({ ...department, redirectUris: many(1) })).toBe("redirectUris");
  });
});
