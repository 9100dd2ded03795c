import { ApolloServer, HeaderMap } from "@apollo/server";
import { expect } from "@jest/globals";
import { buildSchema, GraphQLError, parse, type ValidationRule } from "graphql";
import { limitsGuard } from "../../src/edge/limits/limits-plugin.ts";
import type { errorTable } from "../../src/errors.ts";
import { standardLimits as limits } from "../../src/limits.ts";

const { checkDocument, options, plugin } = limitsGuard(limits);

/** Small and cyclic, like the real one. */
export const schema = buildSchema(`
  scalar JSON
  scalar _Any
  union _Entity = Enterprise | License
  type Query {
    enterprise(uscc: ID!): Enterprise
    enterprises(first: Int = 20, after: String): EnterpriseConnection
    enterprisesByUscc(usccs: [ID!]!): [Enterprise!]
    search(filter: Filter): [License!]
    latest(first: Int): [License!]
    tags(any: [ID!]): [License!]
    echo(value: JSON): JSON
    submit(input: SubmitLicensesInput): JSON
    _entities(representations: [_Any!]!): [_Entity]!
  }
  input Filter { usccs: [ID!] deeper: Filter also: [Filter!] }
  input SubmitLicensesInput { records: [JSON!]! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Enterprise { uscc: ID! name: String! licenses(first: Int = 20, last: Int, types: [ID!]): LicenseConnection! }
  type EnterpriseConnection { edges: [EnterpriseEdge!]! nodes: [Enterprise!]! pageInfo: PageInfo! totalCount: Int! }
  type EnterpriseEdge { cursor: String! node: Enterprise! }
  type LicenseConnection { edges: [LicenseEdge!]! nodes: [License!]! pageInfo: PageInfo! totalCount: Int! }
  type LicenseEdge { cursor: String! node: License! }
  type License { identifier: ID! holder: Enterprise! ${Array.from({ length: 15 }, (_, i) => `f${i}: String`).join(" ")} }
`);

let visited = 0;
const countingRule: ValidationRule = () => ({
  Field() {
    visited += 1;
  },
});

const server = new ApolloServer({
  schema,
  ...options,
  validationRules: [...options.validationRules, countingRule],
  introspection: true,
  plugins: [plugin],
});
await server.start();

/** Fields graphql-js still visited after our rule had its say, in the last request. */
export function visitedFields(): number {
  return visited;
}

type Answer = { status: number; code?: unknown; details?: unknown; text: string; errors: readonly GraphQLError[] };

/** Sends one body through a real ApolloServer. */
export async function post(body: unknown): Promise<Answer> {
  visited = 0;
  const response = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: "POST",
      headers: new HeaderMap([["content-type", "application/json"]]),
      search: "",
      body,
    },
    context: async () => ({}),
  });
  const text = response.body.kind === "complete" ? response.body.string : "";
  const { errors = [] } = JSON.parse(text);
  const { code, details } = errors[0]?.extensions ?? {};
  return { status: response.status ?? 200, code, details, text, errors };
}

/** Sends one query. */
export async function ask(query: string, variables?: Record<string, unknown>): Promise<Answer> {
  return post(variables ? { query, variables } : { query });
}

/** Expects HTTP 400 with this code and, when named, this limit in the details. */
export async function expectRefused(query: string, code: keyof typeof errorTable, limit?: keyof typeof limits) {
  const answer = await ask(query);
  expect(answer).toMatchObject({ status: 400, code });
  if (limit) expect(answer.details).toMatchObject({ name: limit, limit: limits[limit] });
}

/** Expects HTTP 200 and no error. */
export async function expectPasses(query: string, variables?: Record<string, unknown>) {
  expect(await ask(query, variables)).toMatchObject({ status: 200, code: undefined });
}

/** The code a check refuses with; undefined when it passes. */
export function codeOf(check: () => void): unknown {
  try {
    check();
  } catch (error) {
    if (error instanceof GraphQLError) return error.extensions["code"];
    throw error;
  }
  return undefined;
}

/** The code `checkDocument` refuses a query with, also one too long for the parser of the server. */
export function codeOfDocument(query: string, variables?: Record<string, unknown>): unknown {
  return codeOf(() => checkDocument(parse(query), schema, variables));
}

/** So many texts, with a space between. */
export function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(" ");
}
