import { createRequire } from "node:module";
import type pg from "pg";
import { pino } from "pino";
import { makeServer } from "../../src/edge/server.ts";
import { openBenchHub, type Stage } from "./stage.ts";

/** One statement as the hub sends it for one request. `name`: under which the server keeps its plan. */
export type Statement = Readonly<{ name?: string; text: string; values: readonly unknown[] }>;

/**
 * The statements the hub sends for one GraphQL request, in order: the request is answered once in this process while
 * every query of the driver is written down with its parameters.
 */
export async function captureStatements(stage: Stage, body: string): Promise<readonly Statement[]> {
  const { prototype } = ormDriver().Client;
  const original: unknown = Reflect.get(prototype, "query");
  if (typeof original !== "function") throw new Error("pg.Client has no query method.");
  const statements: Statement[] = [];
  // Before the hub opens: it keeps the method it finds.
  Reflect.set(prototype, "query", function (this: unknown, ...args: unknown[]): unknown {
    statements.push(statementOf(args));
    return Reflect.apply(original, this, args);
  });
  try {
    await answerOnce(stage, body, () => {
      statements.length = 0;
    });
    return statements;
  } finally {
    Reflect.set(prototype, "query", original);
  }
}

async function answerOnce({ env, config, token }: Stage, body: string, onReady: () => void): Promise<void> {
  const { hub, close } = await openBenchHub(env);
  const logger = pino({ level: "silent" });
  const { tokenIssuer, tokenAudience } = config;
  const server = await makeServer({ hub, tokenIssuer, tokenAudience, demo: true, logger });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const ask = () => server.inject({ method: "POST", url: "/graphql", headers, body });
  try {
    await ask();
    onReady();
    const answer = await ask();
    if (answer.statusCode !== 200 || answer.body.includes('"errors"')) throw new Error(`The hub said ${answer.body}`);
  } finally {
    await server.close();
    await close();
  }
}

/** The `pg` that the ORM uses; npm may have installed another one for us. */
function ormDriver(): typeof pg {
  return createRequire(import.meta.resolve("@mikro-orm/postgresql"))("pg");
}

function statementOf([first, second]: readonly unknown[]): Statement {
  if (typeof first === "string") return { text: first, values: Array.isArray(second) ? second : [] };
  const { name, text, values } = first as { name?: string; text: string; values?: readonly unknown[] };
  return { text, values: values ?? (Array.isArray(second) ? second : []), ...(name !== undefined && { name }) };
}
