import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { FastifyInstance } from "fastify";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { Client } from "pg";
import { pino } from "pino";
import { type Config, readConfig } from "../../src/config.ts";
import { makeServer } from "../../src/edge/server.ts";
import type { Hub } from "../../src/hub.ts";
import { openHub } from "../../src/open-hub.ts";
import { makePlace, removePlace, root, type TestPlace } from "./place.ts";

/** What a test may choose about its hub. `beside`: another copy on the same database and keys. */
export type ListeningOptions = Readonly<{
  env?: Readonly<Record<string, string>>;
  beside?: ListeningHub;
  /** Takes each warning of the log. */
  log?: (line: string) => void;
}>;

/** A hub that listens on a real port and keeps real time: the authorization server has no other clock. */
export type ListeningHub = Readonly<{
  hub: Hub;
  server: FastifyInstance;
  url: string;
  config: Config;
  place: TestPlace;
  sql: (text: string, parameters?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  close: () => Promise<void>;
}>;

/** Opens a hub with the demo's clients on a real PostgreSQL, outside demo mode unless `env` says otherwise. */
export async function openListeningHub(options: ListeningOptions = {}): Promise<ListeningHub> {
  const { beside, env = {}, log } = options;
  const place = beside?.place ?? (await makePlace("CATALOGUE", { keys: false }));
  const port = await freePort();
  const config = readConfig({
    DATABASE_URL: place.url,
    KEYS_DIR: place.keysDir,
    PORT: String(port),
    ...(beside && { PUBLIC_URL: beside.config.publicUrl }),
    ...env,
  });
  // Clients, grants and the demo's token key are there whatever the server is told.
  const opened = await openHub({ ...config, demo: true, databasePool: 5 }, root, () => new Date(), {
    skipDemoRecords: true,
  });
  const { tokenIssuer, tokenAudience, demo } = config;
  const { limits, cityName, emblem, login } = config;
  const logger = pino({ level: log ? "warn" : "silent" }, { write: (line: string) => log?.(line) });
  const parts = { hub: opened.hub, tokenIssuer, tokenAudience, demo, limits, logger };
  const server = await makeServer({ ...parts, login, cityName, emblem });
  await server.listen({ host: "127.0.0.1", port });
  const client = new Client({ connectionString: config.databaseUrl });
  await client.connect();
  return {
    ...{ hub: opened.hub, server, config, place, url: `http://127.0.0.1:${port}` },
    sql: async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
    close: async () => {
      await client.end();
      await server.close();
      await opened.close();
      if (!beside) await removePlace(place);
    },
  };
}

/** A key pair of a client or a sender. */
export type PartyKey = Readonly<{ privateKey: CryptoKey; publicJwk: JWK; kid: string; alg: string }>;

export async function makePartyKey(alg: "ES256" | "EdDSA" = "ES256"): Promise<PartyKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { privateKey, publicJwk, kid, alg };
}

/** Writes a client's key as an operator's verb would. */
export async function addClientKey(
  hub: Pick<ListeningHub, "sql">,
  clientId: string,
  { publicJwk, kid, alg }: PartyKey,
): Promise<void> {
  await hub.sql("insert into client_key (client_id, kid, jwk, added_at) values ($1, $2, $3, now())", [
    clientId,
    kid,
    JSON.stringify({ ...publicJwk, kid, alg, use: "sig" }),
  ]);
}

/** A client's assertion (RFC 7523). */
export async function makeAssertion(
  hub: ListeningHub,
  clientId: string,
  key: PartyKey,
  changes: Readonly<{ claims?: object; header?: object }> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: clientId, sub: clientId, aud: hub.config.publicUrl, jti: randomUUID(), iat: now, exp: now + 60 },
    ...changes.claims,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...changes.header }).sign(key.privateKey);
}

/** A DPoP proof (RFC 9449). */
export async function makeProof(
  key: PartyKey,
  request: Readonly<{ htm: string; htu: string; token?: string }>,
  changes: Readonly<{ claims?: object; header?: object }> = {},
): Promise<string> {
  const { token, ...target } = request;
  const ath = token === undefined ? {} : { ath: createHash("sha256").update(token).digest("base64url") };
  return new SignJWT({ ...target, ...ath, jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ...changes.claims })
    .setProtectedHeader({ typ: "dpop+jwt", alg: key.alg, jwk: key.publicJwk, ...changes.header })
    .sign(key.privateKey);
}

export const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Posts a form. A repeated field is written as an array. */
export async function postForm(
  url: string,
  form: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Readonly<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }>> {
  const filled = Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(filled), headers, redirect: "manual" });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, text, body: isJson ? JSON.parse(text) : {}, headers: response.headers };
}

/** What a client asks a token with; everything can be changed to something wrong. */
export type TokenRequest = Readonly<{
  client: string;
  key: PartyKey;
  sender?: PartyKey | undefined;
  form?: Readonly<Record<string, string | undefined>>;
  assertion?: string;
  proof?: string;
}>;

/** Asks the token endpoint by client credentials. */
export async function askToken(hub: ListeningHub, { client, key, sender, form, assertion, proof }: TokenRequest) {
  const dpop =
    proof ?? (sender && (await makeProof(sender, { htm: "POST", htu: `${hub.config.publicUrl}/oauth/token` })));
  return postForm(
    `${hub.url}/oauth/token`,
    {
      ...{ grant_type: "client_credentials", scope: "license:read" },
      ...{
        client_assertion_type: assertionType,
        client_assertion: assertion ?? (await makeAssertion(hub, client, key)),
      },
      ...form,
    },
    dpop === undefined ? {} : { dpop },
  );
}

/** Asks `/graphql` with a token bound to the sender's key. */
export async function askGraphql(
  hub: ListeningHub,
  token: string,
  sender: PartyKey | undefined,
  { query = "{ accessRecords(first: 1) { nodes { id } } }", headers = {} as Record<string, string> } = {},
) {
  const htu = `${hub.config.publicUrl}/graphql`;
  const proof: Record<string, string> = sender
    ? { authorization: `DPoP ${token}`, dpop: await makeProof(sender, { htm: "POST", htu, token }) }
    : { authorization: `Bearer ${token}` };
  const response = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...proof, ...headers },
    body: JSON.stringify({ query }),
  });
  const body = await response.json();
  const error = body.errors?.[0]?.extensions;
  return {
    status: response.status,
    data: body.data,
    code: error?.code,
    details: error?.details,
    headers: response.headers,
  };
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
