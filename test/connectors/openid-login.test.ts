import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { type LoginConfig, readConfig } from "../../src/config.ts";
import { openIdLogin, type PendingLogin, readCredential } from "../../src/connectors/login/openid-login.ts";

const residentId = "371002188011080603";
const uscc = "91371002XXXX0030XC";
const redirectUri = "https://hub.example/oauth/login/callback";
const folder = mkdtempSync(join(tmpdir(), "openid-login-"));
const secretFile = join(folder, "secret");

/** A provider that lies as it is told. */
type Lies = Readonly<{
  claims?: object;
  userinfo?: object;
  nonce?: string;
  issuer?: string;
  age?: number;
  audience?: string;
  isForged?: boolean;
  tokenStatus?: number;
  isLarge?: boolean;
}>;
let lies: Lies = {};
let server: Server;
let issuer: string;
let key: CryptoKey;
let stranger: CryptoKey;
let publicJwk: JWK;
/** What the hub has sent to the token endpoint, one after the other. */
const asked: { form: URLSearchParams; authorization: string | undefined }[] = [];
let nonce = "";

beforeAll(async () => {
  const pair = await generateKeyPair("ES256");
  key = pair.privateKey;
  stranger = (await generateKeyPair("ES256")).privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256", use: "sig" };
  writeFileSync(secretFile, "s3cret\n");
  server = createServer(async (request, response) => {
    const answer = await answerOf(request);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(() => {
  server.close();
});

async function answerOf(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  switch (request.url) {
    case "/.well-known/openid-configuration":
      return {
        status: 200,
        body: {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          ...(lies.userinfo && { userinfo_endpoint: `${issuer}/userinfo` }),
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["ES256"],
          authorization_response_iss_parameter_supported: true,
        },
      };
    case "/jwks":
      return { status: 200, body: { keys: [publicJwk] } };
    case "/userinfo":
      return { status: 200, body: { sub: "u1", ...lies.userinfo } };
    default: {
      let text = "";
      for await (const chunk of request) text += chunk;
      asked.push({ form: new URLSearchParams(text), authorization: request.headers.authorization });
      if (lies.tokenStatus) return { status: lies.tokenStatus, body: { error: "invalid_grant" } };
      const body = { access_token: "a", token_type: "Bearer", id_token: await idToken() };
      return { status: 200, body: lies.isLarge ? { ...body, more: "x".repeat(300_000) } : body };
    }
  }
}

async function idToken(): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000) - (lies.age ?? 0);
  return new SignJWT({ nonce: lies.nonce ?? nonce, ...lies.claims })
    .setProtectedHeader({ alg: "ES256", kid: "k" })
    .setIssuer(lies.issuer ?? issuer)
    .setSubject("u1")
    .setAudience(lies.audience ?? "hub")
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 300)
    .sign(lies.isForged ? stranger : key);
}

const env = () => ({ LOGIN_ISSUER: issuer, LOGIN_CLIENT_ID: "hub", LOGIN_CLIENT_SECRET_FILE: secretFile });
const configOf = (more: Record<string, string> = {}): LoginConfig => {
  const { login } = readConfig({ ...env(), ...more });
  if (!login) throw new Error("no login");
  return login;
};

/** Signs somebody in at a provider that lies; `change`: what the browser brings back otherwise. */
async function signIn(told: Lies, change: Record<string, string> = {}, more: Record<string, string> = {}) {
  lies = told;
  const troubles: string[] = [];
  const config = configOf(more);
  const onTrouble = (problem: string, reason: string) => troubles.push(`${problem} ${reason}`);
  const login = openIdLogin(config, await readCredential(config), () => new Date(), onTrouble);
  const started = await login.start({ redirectUri, state: "the-state" });
  if (!("address" in started)) return { result: started, troubles, address: undefined };
  nonce = started.pending.nonce;
  const answer = new Map(Object.entries({ code: "c", state: "the-state", iss: issuer, ...change }));
  const pending: PendingLogin = started.pending;
  return { result: await login.finish(answer, pending), troubles, address: new URL(started.address) };
}

describe("who signs in", () => {
  test("is who the ID token says, by the names that are configured; asked with PKCE, state, nonce and the hub's secret", async () => {
    const told = { claims: { org: { person: " 371002188011080603 " }, display: "王小明" } };
    const names = JSON.stringify({ residentId: "org.person", name: "display" });
    const { result, address, troubles } = await signIn(
      told,
      {},
      { LOGIN_CLAIMS: names, LOGIN_SCOPE: "openid real_name" },
    );
    expect(result).toEqual({ idType: "RESIDENT_ID", id: residentId, name: "王小明" });
    expect(troubles).toEqual([]);
    expect(Object.fromEntries(address?.searchParams ?? [])).toMatchObject({
      client_id: "hub",
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "openid real_name",
      state: "the-state",
      nonce,
      code_challenge_method: "S256",
      prompt: "login",
    });
    const last = asked.at(-1);
    expect(last?.form.get("code_verifier")).toMatch(/^[\w-]{43,}$/);
    expect(last?.authorization).toBe(`Basic ${Buffer.from("hub:s3cret").toString("base64")}`);
  });

  test("an enterprise is one by its credit code; a person with both is the person", async () => {
    expect((await signIn({ claims: { uscc, name: "某企业" } })).result).toEqual({
      idType: "USCC",
      id: uscc,
      name: "某企业",
    });
    const both = await signIn({ claims: { uscc, resident_id: residentId } });
    expect(both.result).toEqual({ idType: "RESIDENT_ID", id: residentId, name: "" });
  });

  test("is asked for at the userinfo endpoint when the ID token does not say", async () => {
    const { result } = await signIn({ userinfo: { resident_id: residentId, name: "王小明" } });
    expect(result).toEqual({ idType: "RESIDENT_ID", id: residentId, name: "王小明" });
  });
});

describe("nobody is signed in", () => {
  const good = { claims: { resident_id: residentId } };
  test.each<[string, Lies, Record<string, string>, string]>([
    ["by a token for another sign-in (nonce)", { ...good, nonce: "other" }, {}, "FAILED"],
    ["by another issuer's token", { ...good, issuer: "https://evil.example" }, {}, "FAILED"],
    ["by an answer of another issuer (mix-up)", good, { iss: "https://evil.example" }, "FAILED"],
    ["by an answer to another state", good, { state: "other" }, "FAILED"],
    ["by a token that has expired", { ...good, age: 3600 }, {}, "FAILED"],
    ["by a token for another client", { ...good, audience: "other" }, {}, "FAILED"],
    ["by a token that somebody else signed", { ...good, isForged: true }, {}, "FAILED"],
    ["with a code that the provider refuses", { ...good, tokenStatus: 400 }, {}, "FAILED"],
    ["while the provider fails", { ...good, tokenStatus: 502 }, {}, "UNAVAILABLE"],
    ["by an answer without an end", { ...good, isLarge: true }, {}, "UNAVAILABLE"],
    ["who has cancelled", good, { error: "access_denied" }, "DENIED"],
    ["while the provider says to come later", good, { error: "temporarily_unavailable" }, "UNAVAILABLE"],
    ["without a number", { claims: { name: "王小明" } }, {}, "NO_IDENTITY"],
    ["with a number that is none", { claims: { resident_id: "371002188011080604" } }, {}, "NO_IDENTITY"],
    ["with an invalid number, by the code of an enterprise", { claims: { resident_id: "x", uscc } }, {}, "NO_IDENTITY"],
  ])("%s", async (_, told, change, problem) => {
    const { error } = change;
    const { result, troubles } = await signIn(told, change);
    expect(result).toEqual({ problem });
    expect(troubles).toEqual([expect.stringMatching(`^${problem} `)]);
    expect(troubles[0]).not.toMatch(/3710|王小明|s3cret/);
    if (error) expect(troubles[0]).toContain(error);
  });

  test("while the provider is away; the next one is, once it is back", async () => {
    lies = good;
    const config = { ...configOf(), issuer: "http://127.0.0.1:1" };
    const credential = await readCredential(config);
    const away = openIdLogin(
      config,
      credential,
      () => new Date(),
      () => undefined,
    );
    expect(await away.start({ redirectUri, state: "s" })).toEqual({ problem: "UNAVAILABLE" });
    let isDown = true;
    const login = openIdLogin(
      {
        ...config,
        get issuer() {
          return isDown ? "http://127.0.0.1:1" : issuer;
        },
      },
      credential,
      () => new Date(),
      () => undefined,
    );
    expect(await login.start({ redirectUri, state: "s" })).toEqual({ problem: "UNAVAILABLE" });
    isDown = false;
    expect(await login.start({ redirectUri, state: "s" })).toHaveProperty("address");
  });
});

describe("the configuration", () => {
  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ["over plain HTTP to elsewhere", { LOGIN_ISSUER: "http://id.example" }, /LOGIN_ISSUER/],
    ["that is no address", { LOGIN_ISSUER: "id" }, /LOGIN_ISSUER/],
    ["without a client", { LOGIN_CLIENT_ID: undefined }, /LOGIN_CLIENT_ID/],
    ["without a proof", { LOGIN_CLIENT_SECRET_FILE: undefined }, /one of LOGIN_CLIENT_SECRET_FILE/],
    ["with two proofs", { LOGIN_CLIENT_KEY_FILE: "k" }, /one of LOGIN_CLIENT_SECRET_FILE/],
    ["without an issuer", { LOGIN_ISSUER: undefined }, /LOGIN_CLIENT_ID is set without LOGIN_ISSUER/],
    [
      "with the hub's sign-in turned off",
      { AUTH_SERVER: "off", TOKEN_ISSUER: "https://a.example", TOKEN_JWKS_URL: "https://a.example/k" },
      /AUTH_SERVER=off/,
    ],
    ["without openid", { LOGIN_SCOPE: "profile" }, /LOGIN_SCOPE/],
    ["with a claim of no name", { LOGIN_CLAIMS: '{"phone":"p"}' }, /LOGIN_CLAIMS/],
    ["with claims that are no JSON", { LOGIN_CLAIMS: "{" }, /LOGIN_CLAIMS/],
  ])("%s is refused in one line", (_, more, message) => {
    expect(() => readConfig({ ...env(), ...more })).toThrow(message);
  });

  test("names a secret that is not there, is empty, or a key that is none, without repeating it", async () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    const refused = async (more: Record<string, string>) => readCredential(configOf(more)).catch(String);
    expect(await refused({ LOGIN_CLIENT_SECRET_FILE: join(folder, "none") })).toMatch(/can not be read: ENOENT/);
    expect(await refused({ LOGIN_CLIENT_SECRET_FILE: empty })).toMatch(/is empty/);
    const { LOGIN_ISSUER, LOGIN_CLIENT_ID } = env();
    const { login } = readConfig({ LOGIN_ISSUER, LOGIN_CLIENT_ID, LOGIN_CLIENT_KEY_FILE: secretFile });
    const told = login && (await readCredential(login).catch(String));
    expect(told).toMatch(/no private key as a JWK/);
    expect(told).not.toContain("s3cret");
  });

  test("may prove the hub by a key instead of a secret", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const file = join(folder, "key.jwk.json");
    writeFileSync(file, JSON.stringify({ ...(await exportJWK(privateKey)), kid: "mine" }));
    lies = { claims: { resident_id: residentId } };
    const { LOGIN_ISSUER, LOGIN_CLIENT_ID } = env();
    const { login: config } = readConfig({ LOGIN_ISSUER, LOGIN_CLIENT_ID, LOGIN_CLIENT_KEY_FILE: file });
    if (!config) throw new Error("no login");
    const login = openIdLogin(
      config,
      await readCredential(config),
      () => new Date(),
      () => undefined,
    );
    const started = await login.start({ redirectUri, state: "the-state" });
    if (!("pending" in started)) throw new Error(started.problem);
    nonce = started.pending.nonce;
    const answer = new Map(Object.entries({ code: "c", state: "the-state", iss: issuer }));
    expect(await login.finish(answer, started.pending)).toMatchObject({ id: residentId });
    expect(asked.at(-1)?.form.get("client_assertion_type")).toBe(
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    );
  });
});
