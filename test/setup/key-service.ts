import { createECDH } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { WantedKey } from "../../src/proof/signing/signer.ts";

/** What a key service of the tests may do wrong: answer with another status, nothing at all, too short a signature, or that of another key. */
export type ServiceFault = number | "SILENT" | "SHORT" | "OTHER";

/** A key management service that speaks the hub's protocol, with keys in memory. */
export type KeyService = Readonly<{
  url: string;
  token: string;
  /** What it does wrong next, once each. */
  faults: ServiceFault[];
  asked: string[];
  close: () => Promise<void>;
}>;

const p256 = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Starts one on a free port. It signs whole messages only, so digests are signed with their key's own mathematics. */
export async function openKeyService(token: string): Promise<KeyService> {
  const keys = new Map<string, CryptoKeyPair>();
  const faults: ServiceFault[] = [];
  const asked: string[] = [];
  const publicOf = async (pair: CryptoKeyPair) => {
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    return { kty, crv, x, ...(y !== undefined && { y }) };
  };
  const answer = async (path: string, body: Record<string, string>): Promise<object | undefined> => {
    if (path === "/keys") {
      const algorithm: WantedKey["alg"] = body["algorithm"] === "EdDSA" ? "EdDSA" : "ES256";
      const pair = await crypto.subtle.generateKey(algorithm === "EdDSA" ? { name: "Ed25519" } : p256, true, [
        "sign",
        "verify",
      ]);
      const keyId = `key/${body["name"]}`;
      keys.set(keyId, pair as CryptoKeyPair);
      return { keyId, publicKey: await publicOf(pair as CryptoKeyPair) };
    }
    const pair = keys.get(path === "/sign" ? (body["keyId"] ?? "") : decodeURIComponent(path.slice("/keys/".length)));
    if (!pair) return undefined;
    if (path !== "/sign") return { keyId: decodeURIComponent(path.slice(6)), publicKey: await publicOf(pair) };
    return { signature: await signed(pair, body) };
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = new URL(request.url ?? "", "http://service").pathname;
    asked.push(path);
    const fault = request.headers.authorization === `Bearer ${token}` ? faults.shift() : 401;
    if (fault === "SILENT") return;
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const answers = {
      SHORT: async () => ({ signature: "AAAA" }),
      OTHER: async () => ({
        signature: await signed((await crypto.subtle.generateKey(p256, true, ["sign"])) as CryptoKeyPair, body),
      }),
    };
    const found =
      fault === "SHORT" || fault === "OTHER"
        ? await answers[fault]()
        : typeof fault === "number"
          ? {}
          : await answer(path, body);
    response.statusCode = typeof fault === "number" ? fault : found ? 200 : 404;
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, token, faults, asked },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function signed({ privateKey }: CryptoKeyPair, { data, digest }: Record<string, string>): Promise<string> {
  if (data !== undefined)
    return Buffer.from(await crypto.subtle.sign("Ed25519", privateKey, Buffer.from(data, "base64url"))).toString(
      "base64url",
    );
  const { d = "" } = await crypto.subtle.exportKey("jwk", privateKey);
  return signDigest(Buffer.from(digest ?? "", "base64url"), Buffer.from(d, "base64url"));
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** ECDSA over a digest that was made elsewhere; Node signs whole messages only. Source: FIPS 186-5 §6.4.1. */
function signDigest(digest: Buffer, secret: Buffer): string {
  const toNumber = (hex: string) => BigInt(`0x${hex}`);
  const once = createECDH("prime256v1");
  once.generateKeys();
  const r = toNumber(once.getPublicKey("hex").slice(2, 66)) % order;
  const sum = toNumber(digest.toString("hex")) + r * toNumber(secret.toString("hex"));
  const s = (power(toNumber(once.getPrivateKey("hex")), order - 2n) * sum) % order;
  const text = (value: bigint) => value.toString(16).padStart(64, "0");
  return Buffer.from(text(r) + text(s), "hex").toString("base64url");
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % order];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % order;
    square = (square * square) % order;
  }
  return result;
}
