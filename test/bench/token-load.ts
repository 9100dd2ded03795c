import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { answerOrders } from "./child.ts";

/** What a load of token requests is made of. */
export type TokenLoad = Readonly<{
  port: number;
  client: string;
  privateJwk: JWK;
  issuer: string;
  tokens: number;
  connections: number;
}>;

/** What came back. `wrong`: the first answer that was no token. */
export type TokenReport = Readonly<{ latenciesMs: readonly number[]; seconds: number; wrong?: string }>;

// Child process of token.ts: signs every request beforehand, so that only sending is counted.
answerOrders(drive);

async function drive(load: TokenLoad): Promise<TokenReport> {
  const requests = await signAll(load);
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const latenciesMs: number[] = [];
  let wrong: string | undefined;
  const begin = performance.now();
  const one = async () => {
    for (let next = requests.pop(); next && wrong === undefined; next = requests.pop()) {
      const sent = performance.now();
      const { status, body } = await send(load.port, agent, next);
      latenciesMs.push(performance.now() - sent);
      if (status !== 200 || !body.includes('"access_token"')) wrong = `${status} ${body}`;
    }
  };
  await Promise.all(Array.from({ length: load.connections }, one));
  const seconds = (performance.now() - begin) / 1000;
  agent.destroy();
  return { latenciesMs, seconds, ...(wrong !== undefined && { wrong }) };
}

type Signed = Readonly<{ form: string; proof: string }>;

async function signAll({ client, privateJwk, issuer, tokens }: TokenLoad): Promise<Signed[]> {
  const key = await importJWK(privateJwk, "ES256");
  const sender = await generateKeyPair("ES256");
  const jwk = await exportJWK(sender.publicKey);
  const now = Math.floor(Date.now() / 1000);
  const one = async (): Promise<Signed> => {
    const assertion = await new SignJWT({ iss: client, sub: client, aud: issuer, jti: randomUUID(), exp: now + 120 })
      .setProtectedHeader({ alg: "ES256", kid: "bench" })
      .sign(key);
    const proof = await new SignJWT({ htm: "POST", htu: `${issuer}/oauth/token`, jti: randomUUID(), iat: now })
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk })
      .sign(sender.privateKey);
    const form = new URLSearchParams({
      ...{ grant_type: "client_credentials", scope: "license:read", client_assertion: assertion },
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
    return { form: form.toString(), proof };
  };
  return Promise.all(Array.from({ length: tokens }, one));
}

function send(port: number, agent: Agent, { form, proof }: Signed): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": Buffer.byteLength(form),
      dpop: proof,
    };
    const sent = request(
      { host: "127.0.0.1", port, path: "/oauth/token", method: "POST", agent, headers },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    sent.on("error", reject);
    sent.end(form);
  });
}
