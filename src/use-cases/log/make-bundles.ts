import { type BundleKey, bundleVersion, formatBundle } from "../../proof/bundle/bundle.ts";
import { base64 } from "../../proof/bytes/base64.ts";
import { readOwnJws } from "../../proof/compact-jws.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { referencesOf } from "../../proof/license-jws.ts";
import type { LicenseProof } from "../../store/log/proof-store.ts";

/** What making bundles needs. */
export type Tools = Readonly<{
  keyring: Keyring;
  prove: (identifiers: readonly string[]) => Promise<ReadonlyMap<string, LicenseProof>>;
  /** The newest token of the list at that address. Undefined: it is not signed yet. */
  findStatusList: (uri: string) => Promise<string | undefined>;
}>;

/** A license that was just disclosed whole to the caller. */
export type WholeLicense = Readonly<{ identifier: string; jws: string }>;

/**
 * Bundles of licenses the caller has been shown whole: each with its status list and its proof in the public log. A license
 * that no checkpoint holds yet comes without that proof.
 */
export async function makeBundles(
  { keyring, prove, findStatusList }: Tools,
  licenses: readonly WholeLicense[],
): Promise<ReadonlyMap<string, string>> {
  const proofs = await prove(licenses.map(({ identifier }) => identifier));
  const references = licenses.map(({ jws }) => referencesOf(jws));
  const uris = [...new Set(references.map(({ statusList }) => statusList))];
  const lists = new Map(await Promise.all(uris.map(async (uri) => [uri, await findStatusList(uri)] as const)));
  return new Map(
    licenses.map(({ identifier, jws }, at) => {
      const { kid, statusList: uri } = references[at] ?? { kid: "", statusList: "" };
      const [proof, statusList] = [proofs.get(identifier), lists.get(uri)];
      const issuer = keyring.find(kid)?.issuer;
      const logKeys = proof ? keyring.ofPurpose("log").filter((key) => key.issuer === issuer) : [];
      const kids = [
        kid,
        ...(statusList === undefined ? [] : [readOwnJws(statusList).kid]),
        ...logKeys.map((key) => key.kid),
      ];
      const bundle = {
        ...{ version: bundleVersion, license: jws, ...(statusList !== undefined && { statusList }) },
        ...(proof && { log: toEvidence(proof) }),
        keys: kids.flatMap((one) => bundleKey(keyring, one)),
      } as const;
      return [identifier, formatBundle(bundle)];
    }),
  );
}

function toEvidence({ index, entry, proof, checkpoint }: LicenseProof) {
  return { index, entry, proof: proof.map(base64.encode), checkpoint: checkpoint.note };
}

function bundleKey(keyring: Keyring, kid: string): readonly BundleKey[] {
  const key = keyring.find(kid);
  if (!key) return [];
  return [{ kid, purpose: key.purpose, iss: key.issuer, nbf: Math.floor(key.notBefore.getTime() / 1000) }];
}
