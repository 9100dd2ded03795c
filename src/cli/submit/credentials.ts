import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isOfThisMachine } from "../../config.ts";
import { makeSenderKey, parseClientPrivateKey, signAssertion, signDpopProof } from "../../proof/access/client-proof.ts";
import { lineOf, UsageError } from "../hub/command.ts";
import { askHub, errorOf, Interrupted, membersOf } from "./hub-line.ts";

/** Makes the headers that say who sends a request, fresh for each. *Throws* Interrupted, Error. */
export type Credentials = (method: string, path: string) => Promise<Readonly<Record<string, string>>>;

/** Who calls: a client with its key, or whoever holds a token. */
export type Identity = Readonly<{
  client: string | undefined;
  keyFile: string | undefined;
  tokenFile: string | undefined;
}>;

/** Reads what identifies the caller. *Throws* UsageError. */
export async function openCredentials(hub: string, { client, keyFile, tokenFile }: Identity): Promise<Credentials> {
  if (tokenFile !== undefined && (keyFile !== undefined || client !== undefined)) {
    throw new UsageError("give --token-file, or --client and --key, not both");
  }
  if (tokenFile !== undefined) return bearer((await readSecret("token", tokenFile)).toString().trim());
  if (keyFile === undefined || client === undefined) {
    throw new UsageError("say who you are: --client ID and --key FILE, or --token-file FILE in a demo");
  }
  const key = await parseClientPrivateKey(await readSecret("key", keyFile));
  if (!key) throw new UsageError("the key file holds no private key: one JWK, EC P-256 or Ed25519, with its d");
  const sender = await makeSenderKey();
  const moment = () => ({ jti: randomUUID(), now: new Date() });

  return async (method, path) => {
    const { issuer, tokenPath } = await discover(hub);
    const form = new URLSearchParams({
      ...{ grant_type: "client_credentials", scope: "license:submit" },
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await signAssertion(key, client, issuer, moment()),
    });
    const dpop = await signDpopProof(sender, { method: "POST", url: `${issuer}${tokenPath}` }, moment());
    const headers = { dpop, "content-type": "application/x-www-form-urlencoded" };
    // Always to the hub that was named: what it says of itself decides about names only.
    const { status, json } = await askHub({ method: "POST", url: `${hub}${tokenPath}`, headers }, form.toString());
    const { access_token: token, error, error_description: why } = membersOf(json);
    if (status >= 500 || status === 429) throw new Interrupted(`the hub gives no token now (status ${status})`);
    if (typeof token !== "string") throw new Error(`the hub gives no token: ${String(error)}: ${String(why)}`);
    const proof = await signDpopProof(sender, { method, url: `${issuer}${path}`, token }, moment());
    return { authorization: `DPoP ${token}`, dpop: proof };
  };
}

/** The hub's address without a slash at its end. *Throws* UsageError. */
export function hubAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new UsageError("--hub is an address such as https://hub.example");
  }
  if (url.protocol === "http:" && !isOfThisMachine(text)) {
    throw new UsageError("--hub must start with https://: licenses and tokens would go over the network readable");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function bearer(token: string): Credentials {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new UsageError("the token file holds no access token");
  return async () => ({ authorization: `Bearer ${token}` });
}

/** Reads a file a person keeps to itself. *Throws* UsageError. */
export async function readSecret(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`the ${what} file can not be read: ${lineOf(error)}`);
  }
}

/**
 * What the hub calls itself. Another hub's name would make this program sign what opens that hub, so it must be the
 * address that was asked; on this machine a hub may know only its public name. *Source*: RFC 8414 §3.3.
 */
async function discover(hub: string): Promise<Readonly<{ issuer: string; tokenPath: string }>> {
  const url = `${hub}/.well-known/oauth-authorization-server`;
  const { status, json } = await askHub({ method: "GET", url, headers: {} });
  if (status >= 500 || status === 429) throw new Interrupted(`the hub does not say who it is (status ${status})`);
  const { issuer, token_endpoint: endpoint } = membersOf(json);
  if (status !== 200 || typeof issuer !== "string" || typeof endpoint !== "string") {
    throw status === 200 || json === undefined
      ? new Error(`${hub} gives no tokens: is it a hub? One whose tokens come from elsewhere takes --token-file`)
      : errorOf(json);
  }
  if (!endpoint.startsWith(`${issuer}/`)) throw new Error("the hub names a token endpoint that is not its own");
  if (issuer !== hub && !isOfThisMachine(hub)) throw new Error(`the hub calls itself ${issuer}: name it so with --hub`);
  return { issuer, tokenPath: endpoint.slice(issuer.length) };
}
