import { expect, test } from "@jest/globals";
import { houseOf, readHouse, rules } from "./setup/house-rules.ts";

const src = readHouse("src");

test.each(Object.entries(rules))("%s", (_name, rule) => {
  expect(rule(src)).toEqual([]);
});

const lines = (count: number) => "\n".repeat(count - 1).concat("1;");

/** A house in order, where every rule has something to look at. */
const inOrder: Readonly<Record<string, string>> = {
  "main.ts":
    'import { now } from "./cli/clock.ts"; import { pino } from "pino"; import "./hub.ts"; import "./config.ts";',
  "cli/clock.ts": "export const now = () => new Date();",
  "cli/verify.ts": 'import { v } from "../use-cases/v.ts"; import { readFile } from "node:fs/promises";',
  "cli/fsck.ts":
    'import { l } from "../use-cases/log/check-log.ts"; const door = await import("./audit/database-door.ts");',
  "cli/audit/database-door.ts": 'import "../../store/b.ts";',
  "use-cases/log/check-log.ts": 'import { b } from "../../proof/b.ts"; import type { B } from "../../store/b.ts";',
  "edge/b.ts": 'import "./c.ts"; @Resolver() class B { constructor(private readonly c: C) {} }',
  "edge/c.ts": 'import { GraphQLError } from "graphql"; const at = new Date(row.at);',
  "hub.ts": 'import { randomUUID } from "node:crypto"; import { b } from "./use-cases/b.ts"; import "./store/b.ts";',
  "use-cases/b.ts":
    '// never fetch(url), new Date() or import "pg"\nimport type { B } from "../store/b.ts"; tools.fetch(x);',
  "use-cases/v.ts": 'import { b } from "../proof/b.ts"; import type { B } from "../store/b.ts";',
  "use-cases/licenses/verify-license.ts": 'import { p } from "../../proof/p.ts"; import type { C } from "node:crypto";',
  "edge/web/verify/main.ts": 'import decodeQR from "qr/decode.js"; import { v } from "virtual:types"; new Date();',
  "proof/p.ts": '// no Buffer here\nconst module = globalThis.process?.getBuiltinModule; module("node:buffer").Buffer;',
  "store/b.ts": 'import "./c.ts"; import pg from "pg"; import one from "../../migrations/one.ts"; /* process.env */',
  "store/c.ts": 'import type { B } from "./b.ts"; import a from "../../schema/a.json" with { type: "json" };',
  "connectors/b.ts": 'import "../config.ts"; await fetch(new URL("https://a.example/"));',
  "proof/b.ts": 'import { createHash } from "node:crypto"; import * as jose from "jose"; import "../domain/b.ts";',
  "domain/b.ts": lines(300).concat('import { Ajv2020 } from "ajv/dist/2020.js"; const email = "a@b";'),
  "config.ts": 'import { HubError } from "./errors.ts"; const port = process.env["PORT"];',
  "errors.ts": "class HubError extends Error { constructor(code: string, options?: { readonly cause?: unknown }) {} }",
};

test("a house in order has no culprit", () => {
  expect(Object.values(rules).flatMap((rule) => rule(houseOf(inOrder)))).toEqual([]);
});

/** Rule, and a file that, put into the house in order, is the one culprit it must name. */
const culprits: readonly (readonly [keyof typeof rules, string, string])[] = [
  ["imports go down", "domain/a.ts", 'import { b } from "../proof/b.ts";'],
  ["imports go down", "proof/a.ts", 'import type { B } from "../store/b.ts";'],
  ["imports go down", "edge/a.ts", 'export * from "../main.ts";'],
  ["imports go down", "use-cases/a.ts", 'const b = await import("../edge/b.ts");'],
  ["imports go down", "use-cases/a.ts", 'import { b } from "./b.ts";'],
  ["imports go down", "use-cases/licenses/a.ts", 'import type { B } from "../b.ts";'],
  ["imports go down", "store/a.ts", 'import {\n  b,\n} from "../connectors/b.ts";'],
  ["imports go down", "connectors/a.ts", 'import "../store/b.ts";'],
  ["imports go down", "domain/a.ts", 'import { port } from "../config.ts";'],
  ["imports go down", "errors.ts", 'import { b } from "./domain/b.ts";'],
  ["imports go down", "edge/a.ts", 'import { b } from "../../test/b.ts";'],
  ["imports go down", "edge/a.ts", 'import { b } from "./b.js";'],
  ["every file stands on a floor", "services/a.ts", ""],
  ["no cycles", "store/c.ts", 'export * from "./b.ts";'],
  ["packages stay in their room", "edge/a.ts", 'import { sql } from "@mikro-orm/postgresql";'],
  ["packages stay in their room", "use-cases/a.ts", 'import type { JWK } from "jose";'],
  ["packages stay in their room", "hub.ts", 'import { GraphQLError } from "graphql";'],
  ["packages stay in their room", "store/a.ts", 'import fastify from "fastify";'],
  ["packages stay in their room", "edge/a.ts", 'import { Ajv2020 } from "ajv/dist/2020.js";'],
  ["packages stay in their room", "store/a.ts", 'import { pino } from "pino";'],
  ["packages stay in their room", "main.ts", 'import { g } from "@graphql-hive/gateway-runtime";'],
  ["packages stay in their room", "edge/a.ts", 'import { Bar } from "cli-progress";'],
  ["packages stay in their room", "proof/a.ts", 'import { readFile } from "node:fs/promises";'],
  ["packages stay in their room", "use-cases/a.ts", 'import { request } from "node:http";'],
  ["packages stay in their room", "edge/a.ts", 'import { env } from "node:process";'],
  ["packages stay in their room", "edge/a.ts", 'import { parse } from "csv-parse";'],
  ["packages stay in their room", "store/a.ts", 'import { SaxesParser } from "saxes";'],
  ["packages stay in their room", "store/a.ts", 'const _ = require("lodash");'],
  ["words stay in their room", "store/a.ts", 'const url = process.env["DATABASE_URL"];'],
  ["words stay in their room", "use-cases/a.ts", "await fetch(url);"],
  ["words stay in their room", "domain/a.ts", "const t = Date.now();"],
  ["words stay in their room", "edge/a.ts", "const t = new Date();"],
  ["words stay in their room", "store/a.ts", "const r = Math.random();"],
  ["words stay in their room", "proof/a.ts", 'import { randomBytes } from "node:crypto";'],
  ["words stay in their room", "connectors/a.ts", "const n = randomInt(9);"],
  ["words stay in their room", "use-cases/a.ts", "crypto.randomUUID()"],
  ["words stay in their room", "hub.ts", "const tool = await import(path);"],
  ["auditors need no server", "use-cases/v.ts", 'import pg from "pg";'],
  ["auditors need no server", "proof/b.ts", 'import { graphql } from "graphql";'],
  ["who audits a log needs little", "use-cases/log/check-log.ts", 'import { b } from "../../store/b.ts";'],
  ["who audits a log needs little", "cli/fsck.ts", 'import "./audit/database-door.ts";'],
  ["who audits a log needs little", "cli/monitor.ts", 'const door = await import("./audit/database-door.ts");'],
  ["what a page runs needs no Node", "proof/p.ts", 'import { hash } from "node:crypto";'],
  ["what a page runs needs no Node", "proof/p.ts", "Buffer.from(text);"],
  ["what a page runs needs no Node", "edge/web/verify/main.ts", 'import { readFile } from "node:fs/promises";'],
  ["words stay in their room", "edge/web/verify/input.ts", "const t = new Date();"],
  ["words stay in their room", "edge/web/verify/main.ts", "await fetch(address);"],
  ["packages stay in their room", "edge/a.ts", 'import decodeQR from "qr/decode.js";'],
  ["what auditors run is erasable", "proof/a.ts", "export enum A {\n  B,\n}"],
  ["what auditors run is erasable", "domain/a.ts", "class A {\n  constructor(x: string, private y: string) {}\n}"],
  ["what auditors run is erasable", "use-cases/v.ts", "@Service()\nclass V {}"],
  ["files are short", "edge/a.ts", lines(301)],
  ["names say what is inside", "store/index.ts", ""],
  ["names say what is inside", "domain/utils/date.ts", ""],
  ["names say what is inside", "edge/helpers.ts", ""],
];

test.each(culprits)("%s: a made-up culprit (%#) is named: %s", (name, file, text) => {
  const found = rules[name]?.(houseOf({ ...inOrder, [file]: text })) ?? [];
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(file);
});

test("folders are small: not so with 13 files", () => {
  const thirteen = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`proof/noun-${i}.ts`, ""]));
  expect(rules["folders are small"]?.(houseOf(thirteen))).toEqual([expect.stringContaining("proof holds 13 files")]);
});

test("every rule has a made-up culprit", () => {
  expect(new Set([...culprits.map(([name]) => name), "folders are small"])).toEqual(new Set(Object.keys(rules)));
});
