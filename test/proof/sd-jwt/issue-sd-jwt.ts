import { sha256Base64url } from "../../../src/proof/bytes/sha256.ts";
import type { SigningKey } from "../../../src/proof/keyring.ts";
import { sampleClaims, signRaw } from "../samples.ts";

export type Path = readonly (string | number)[];
export type Issued = Readonly<{
  payload: Record<string, unknown>;
  /** Path (as JSON) → disclosure. Order: children before what holds them. */
  disclosures: ReadonlyMap<string, string>;
}>;

let salts = 0;

/** A disclosure of given parts; the salt is a new one each time. */
export function disclosureOf(...parts: readonly unknown[]): string {
  salts += 1;
  return base64url([`salt ${salts}`, ...parts]);
}

/** Makes members and elements selectively disclosable as RFC 9901 §4.2 says; those inside one another recursively. */
export function issueSdJwt(claims: unknown, selective: readonly Path[]): Issued {
  const chosen = new Set(selective.map((path) => JSON.stringify(path)));
  const disclosures = new Map<string, string>();
  const disclose = (path: Path, ...parts: readonly unknown[]) => {
    const text = disclosureOf(...parts);
    disclosures.set(JSON.stringify(path), text);
    return sha256Base64url(text);
  };
  const build = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) {
      return value.map((element: unknown, index) => {
        const at = [...path, index];
        const built = build(element, at);
        return chosen.has(JSON.stringify(at)) ? { "...": disclose(at, built) } : built;
      });
    }
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, build(member, [...path, name])] as const);
    const isChosen = (name: string) => chosen.has(JSON.stringify([...path, name]));
    const digests = members
      .filter(([name]) => isChosen(name))
      .map(([name, member]) => disclose([...path, name], name, member));
    const open = Object.fromEntries(members.filter(([name]) => !isChosen(name)));
    return digests.length > 0 ? { ...open, _sd: digests.toSorted() } : open;
  };
  return { payload: build(claims, []) as Record<string, unknown>, disclosures };
}

/** What of a license its holder may keep to itself, as in a wallet. */
export const licensePaths: readonly Path[] = [
  ["sub"],
  ...["number", "holder", "issuer", "region", "issuedOn", "attributes"].map((name) => ["license", name]),
  ["license", "attributes", "vehicleCount"],
];

/** The claims of the sample license in a wallet, bound to a key when one is given. */
export function walletClaims(holderJwk?: object): Record<string, unknown> {
  const { source: _, ...claims } = sampleClaims();
  const vct = `urn:zhengzhao:license-type:${claims.license.type}`;
  return { ...claims, vct, ...(holderJwk && { cnf: { jwk: holderJwk } }) };
}

/** Signs a payload as an issuer's JWS. */
export async function signIssued(payload: unknown, key: SigningKey, typ = "dc+sd-jwt"): Promise<string> {
  return signRaw({ alg: key.alg, typ, kid: key.kid }, payload, key);
}

/** Signs the holder's proof over what is presented. */
export async function bind(
  presented: string,
  key: SigningKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const payload = { sd_hash: sha256Base64url(presented), ...claims };
  return presented + (await signRaw({ alg: key.alg, typ: "kb+jwt", ...header }, payload, key));
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}
