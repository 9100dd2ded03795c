import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { buildSubgraphSchema } from "@apollo/subgraph";
import {
  type DocumentNode,
  execute,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";

/** A department's system, listening. */
export type Department = Readonly<{ url: string; port: number; close: () => Promise<void> }>;

/** What a department is asked: for tests that look at what reaches it. */
export type Asked = Readonly<{ headers: IncomingHttpHeaders; body: string }>;

/** What a department is made of. */
export type DepartmentParts = Readonly<{
  /** SDL of a Federation 2 subgraph. */
  sdl: string;
  /** The fields it adds to an enterprise, by unified social credit code; none for one it does not know. */
  findEnterprise: (uscc: string) => object | undefined;
  /** 0: any free port. */
  port: number;
  onRequest?: ((asked: Asked) => void) | undefined;
}>;

/** What one request may ask of a department at most. */
export const departmentLimits = {
  maxBodyBytes: 64 * 1024,
  maxTokens: 1_000,
  maxDepth: 6,
  /** Enterprises in one request: as many as one page of the hub holds. */
  maxRepresentations: 100,
  requestMs: 10_000,
} as const;

type Answer = Readonly<{ status: number; body: object }>;
type Budget = { representations: number };

/** Starts a department's subgraph on 127.0.0.1. It knows no callers: who may ask is settled by the network around it. */
export async function startDepartment({ sdl, findEnterprise, port, onRequest }: DepartmentParts): Promise<Department> {
  const schema = makeSchema(sdl, findEnterprise);
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(schema, request, onRequest).catch(() => refusal(500, "INTERNAL"));
    response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
  });
  server.requestTimeout = departmentLimits.requestMs;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, "close");
  };
  return { url: `http://127.0.0.1:${actual}/graphql`, port: actual, close };
}

function makeSchema(sdl: string, findEnterprise: DepartmentParts["findEnterprise"]): GraphQLSchema {
  const reference = ({ uscc }: { uscc?: unknown }) => {
    const found = typeof uscc === "string" ? findEnterprise(uscc) : undefined;
    return found ? { uscc, ...found } : null;
  };
  const resolvers = { Enterprise: { __resolveReference: reference } };
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  const entities = schema.getQueryType()?.getFields()["_entities"];
  const resolve = entities?.resolve;
  if (!entities || !resolve) throw new Error("The subgraph has no entities.");
  entities.resolve = (source, args: { representations: readonly unknown[] }, budget: Budget, info) => {
    budget.representations += args.representations.length;
    if (budget.representations > departmentLimits.maxRepresentations) throw tooMuch("TOO_MANY_REPRESENTATIONS");
    return resolve(source, args, budget, info);
  };
  return schema;
}

async function answer(
  schema: GraphQLSchema,
  request: IncomingMessage,
  onRequest: DepartmentParts["onRequest"],
): Promise<Answer> {
  if (request.method !== "POST" || request.url !== "/graphql") return refusal(404, "NOT_FOUND");
  const body = await readBody(request);
  if (body === undefined) return refusal(413, "BODY_TOO_LARGE");
  onRequest?.({ headers: request.headers, body });
  try {
    const { query, variables } = parseBody(body);
    const document = parse(query, { maxTokens: departmentLimits.maxTokens });
    const errors = validate(schema, document);
    if (errors.length > 0) return { status: 400, body: { errors } };
    checkDepth(document);
    const contextValue: Budget = { representations: 0 };
    return { status: 200, body: await execute({ schema, document, variableValues: variables, contextValue }) };
  } catch (error) {
    return error instanceof GraphQLError ? { status: 400, body: { errors: [error] } } : refusal(400, "BAD_REQUEST");
  }
}

/** The body, or nothing when it is longer than allowed. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > departmentLimits.maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string): { query: string; variables: Record<string, unknown> } {
  const { query, variables } = JSON.parse(text) as { query?: unknown; variables?: Record<string, unknown> };
  return { query: String(query), variables: variables ?? {} };
}

/** Runs after validation, so no fragment spreads itself. */
function checkDepth(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const walk = (set: SelectionSetNode | undefined, depth: number): void => {
    if (depth > departmentLimits.maxDepth) throw tooMuch("QUERY_TOO_DEEP");
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) walk(selection.selectionSet, depth + 1);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, depth);
      else walk(fragments.get(selection.name.value)?.selectionSet, depth);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) walk(definition.selectionSet, 0);
  }
}

function tooMuch(code: string): GraphQLError {
  return new GraphQLError("The query asks for too much.", { extensions: { code } });
}

function refusal(status: number, code: string): Answer {
  return { status, body: { errors: [{ message: "The request was refused.", extensions: { code } }] } };
}
