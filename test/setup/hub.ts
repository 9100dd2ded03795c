import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { Client } from "pg";
import { pino } from "pino";
import { type Config, readConfig } from "../../src/config.ts";
import { type Caller, scopesOfKind } from "../../src/domain/access/caller.ts";
import { makeServer } from "../../src/edge/server.ts";
import type { Hub } from "../../src/hub.ts";
import { type Limits, standardLimits } from "../../src/limits.ts";
import { type OpeningSteps, openHub } from "../../src/open-hub.ts";
import { type AccessTokenInput, mintAccessToken } from "../../src/proof/access/access-token.ts";
import { findTokenKey } from "../../src/store/keys/key-store.ts";
import { makePlace, removePlace, root, type TestPlace, testNow } from "./place.ts";

export { testNow };

/** What a GraphQL request came back with. */
export type Answer = Readonly<{
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as it stands
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as it stands
  errors: any[];
  headers: Record<string, unknown>;
}>;

/** What a test hub may have otherwise. */
export type TestHubOptions = Readonly<{
  /** With the sample data loaded. */
  demo?: boolean;
  /** On an empty database without keys, which it prepares itself as at a first start, instead of on a prepared copy. */
  fresh?: boolean;
  /** The place of a hub that is open: this one is a copy beside it, and closes before it. */
  database?: TestPlace;
  limits?: Partial<Limits>;
  /** More variables. */
  env?: Readonly<Record<string, string>>;
  /** More of what opening takes. */
  steps?: OpeningSteps;
  /** More of what `makeServer` takes. */
  server?: Partial<Omit<Parameters<typeof makeServer>[0], "hub" | "limits">>;
}>;

/** Rates that no test reaches by accident: its clock stands, so its minute never ends. */
const restfulRates = {
  maxPointsPerMinute: 100_000_000,
  maxStrangerPointsPerMinute: 100_000_000,
  maxMissesPerHour: 1_000_000,
} as const;

/** A hub on a database of its own. */
export type TestHub = Readonly<{
  hub: Hub;
  server: FastifyInstance;
  /** Move it to let time pass. */
  clock: { now: Date };
  /** Every statement sent to PostgreSQL since it was last emptied. */
  statements: string[];
  /** Plain SQL beside the hub, for looking and for breaking things. */
  sql: (text: string, parameters?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  config: Config;
  /** Where its data and keys lie: another hub opened there is a second copy of it. */
  place: TestPlace;
  token: (name: string, changes?: Partial<AccessTokenInput>) => Promise<string>;
  graphql: (query: string, options?: { as?: string; token?: string; variables?: object }) => Promise<Answer>;
  close: () => Promise<void>;
}>;

/** A department's system as a caller that came through the door with every scope. */
export function department(clientId: string, only: readonly string[] = scopesOfKind.DEPARTMENT): Caller {
  return { kind: "DEPARTMENT", clientId, scopes: new Set(only) };
}

/** Opens a hub on a real PostgreSQL database, one of its own unless a place is given. */
export async function openTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const { demo = true, fresh = false, database } = options;
  const place = database ?? (await makePlace(fresh ? "NOTHING" : demo ? "DEMO" : "CATALOGUE"));
  const { url, keysDir } = place;
  const limits = { ...standardLimits, ...restfulRates, ...options.limits };
  const env = { DATABASE_URL: url, KEYS_DIR: keysDir, DEMO: demo ? "on" : "off", PORT: "0", ...options.env };
  const config = { ...readConfig(env), limits };
  const clock = { now: testNow };
  const statements: string[] = [];
  const opened = await openHub(
    { ...config, demo: true },
    root,
    () => clock.now,
    { skipDemoRecords: !demo, ...options.steps },
    (text) => statements.push(text),
  );
  const { tokenIssuer, tokenAudience } = config;
  const logger = pino({ level: "silent" });
  const parts = { hub: opened.hub, tokenIssuer, tokenAudience, demo: true, logger, limits, ...options.server };
  const server = await makeServer(parts);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(operatorClient);

  const token = async (who: string, changes: Partial<AccessTokenInput> = {}) => {
    const key = await findTokenKey(keysDir, tokenIssuer);
    if (!key) throw new Error("no token key");
    return mintAccessToken(
      { ...identity(who), aud: tokenAudience, jti: randomUUID(), ttlSeconds: 3600, ...changes },
      key,
      clock.now,
    );
  };
  return {
    ...{ hub: opened.hub, server, clock, statements, config, place, token },
    sql: async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
    graphql: async (query, { as, token: given, variables } = {}) => {
      const bearer = given ?? (as === undefined ? undefined : await token(as));
      const response = await server.inject({
        method: "POST",
        url: "/graphql",
        headers: { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) },
        payload: JSON.stringify({ query, variables }),
      });
      const body = response.json();
      return { status: response.statusCode, data: body.data, errors: body.errors ?? [], headers: response.headers };
    },
    close: async () => {
      await client.end();
      await server.close();
      await opened.close();
      if (!database) await removePlace(place);
    },
  };
}

/** Whose client must stand, so that `operator` can act; the demo brings the departments'. */
const operatorClient = `insert into client (id, kind, name, scopes)
  values ('operator', 'OPERATOR', '枢纽运维', '{hub:operate}') on conflict do nothing`;

function identity(who: string): Pick<AccessTokenInput, "sub" | "client_id" | "scope" | "role" | "holder"> {
  if (who === "auditor") return { sub: who, client_id: who, role: "auditor", scope: "audit:read" };
  if (who === "operator") return { sub: who, client_id: who, role: "operator", scope: "hub:operate" };
  if (who === "gateway") return { sub: who, client_id: who, role: "gateway", scope: "hub:federate" };
  if (!who.startsWith("holder:"))
    return { sub: who, client_id: who, role: "department", scope: scopesOfKind.DEPARTMENT.join(" ") };
  const id = who.slice("holder:".length);
  const holder = { idType: /^\d{17}[\dX]$/.test(id) && id.startsWith("37") ? "RESIDENT_ID" : "USCC", id };
  return { sub: who, client_id: "wallet", role: "holder", scope: scopesOfKind.HOLDER.join(" "), holder };
}
