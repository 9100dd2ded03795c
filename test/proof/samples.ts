import { digestOf } from "../../src/proof/canonical-json.ts";
import {
  importSigningKey,
  type KeyAlgorithm,
  type KeyPurpose,
  type Keyring,
  makeKeyPair,
  type PrivateJwk,
  type PublicJwk,
  parseJwks,
  type SigningKey,
} from "../../src/proof/keyring.ts";
import { buildLicenseClaims, type LicenseClaims, type LicenseClaimsInput } from "../../src/proof/license-jws.ts";

export const issuer = "https://hub.example";
export const now = new Date("2026-11-22T09:00:00+08:00");

export type TestKey = Readonly<{
  privateJwk: PrivateJwk;
  publicJwk: PublicJwk;
  signing: SigningKey;
  keyring: Keyring;
}>;

/** A fresh key pair, imported, with a keyring that holds it alone. */
export async function makeTestKey(
  purpose: KeyPurpose = "license",
  alg: KeyAlgorithm = "ES256",
  since: Date = now,
): Promise<TestKey> {
  const { privateJwk, publicJwk } = await makeKeyPair(purpose, issuer, since, alg);
  return { privateJwk, publicJwk, signing: await importSigningKey(privateJwk), keyring: keyringOf(publicJwk) };
}

export function keyringOf(...keys: readonly object[]): Keyring {
  return parseJwks({ keys });
}

const license: LicenseClaimsInput = {
  issuerUrl: issuer,
  issuedAt: now,
  identifier: "1.2.156.3005.2.11100000XXXX00115CX01.11371000XXXX01118K.668380000001676.001.A",
  type: { code: "11100000XXXX00115CX01", name: "道路运输经营许可证" },
  number: "鲁交运管许可威字371010048568号",
  holder: { idType: "USCC", id: "92371082XXXX50091D", name: "荣成市米山酒店店" },
  issuer: { code: "11371000XXXX01118K", name: "市交通运输局" },
  region: "371082",
  issuedOn: "2023-02-18",
  validFrom: "2023-02-18",
  validUntil: "2027-02-17",
  version: 1,
  predecessor: null,
  attributes: { operationScope: "道路普通货物运输", vehicleCount: 12 },
  status: { uri: "https://hub.example/status-lists/1", idx: 4711 },
  source: { client: "transport", recordId: "road-transport-license-001676", digest: digestOf({ any: "record" }) },
};

/** Claims of a road transport license, valid from 2023-02-18 to 2027-02-17. */
export function sampleClaims(changes: Partial<LicenseClaimsInput> = {}): LicenseClaims {
  return buildLicenseClaims({ ...license, ...changes });
}

/** Schema of the sample's type. */
export const sampleSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:zhengzhao:license-type:11100000XXXX00115CX01",
  type: "object",
  required: ["operationScope", "vehicleCount"],
  properties: {
    operationScope: { type: "string", minLength: 1, maxLength: 2000 },
    vehicleCount: { type: "integer", minimum: 0 },
  },
  additionalProperties: false,
};

/** Header of an honest license token. */
export function headerOf(key: SigningKey, typ = "license+jwt"): Readonly<Record<string, unknown>> {
  return { alg: key.alg, typ, kid: key.kid };
}

/** Signs whatever header and payload texts, as a thief of the key could. */
export async function signRaw(header: unknown, payload: unknown, key: SigningKey): Promise<string> {
  const input = `${encode(header)}.${encode(payload)}`;
  const algorithm = key.alg === "ES256" ? { name: "ECDSA", hash: "SHA-256" } : { name: "Ed25519" };
  const signature = await crypto.subtle.sign(algorithm, key.privateKey, new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

/** A token of given texts with a signature of zeros. */
export function unsigned(
  header: unknown,
  payload: unknown,
  signature = Buffer.alloc(64).toString("base64url"),
): string {
  return `${encode(header)}.${encode(payload)}.${signature}`;
}

/** The parts of a token. */
export function partsOf(token: string): [string, string, string] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
}

function encode(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64url");
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}
