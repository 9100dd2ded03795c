import { HubError } from "../../errors.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { openLicense } from "../../proof/license-jws.ts";
import { evidenceOf, judgeInclusion, type OpenCheckpoint } from "../../proof/log/judge-inclusion.ts";
import { signLicenseAgain } from "../../proof/signing/sign-license.ts";
import type { Signer } from "../../proof/signing/signer.ts";
import type {
  PassPlace,
  SignedAgain,
  SigningAgainStore,
  UnsoundLicense,
} from "../../store/keys/signing-again-store.ts";
import type { LicenseProof } from "../../store/log/proof-store.ts";

/** Proofs that licenses stand in the public log; those that no checkpoint holds yet are left out. */
export type ProveLicenses = (identifiers: readonly string[]) => Promise<ReadonlyMap<string, LicenseProof>>;

/** What signing again needs. */
export type Tools = Readonly<{
  now: () => Date;
  issuer: string;
  /** Each 128 random bits, base64url. */
  newSalts: (count: number) => readonly string[];
  /** The compromised keys for licenses, as this copy knows them. */
  unsoundKeys: () => readonly string[];
  /** The key that signs licenses. *Throws* BUSY when there is none. */
  signer: (at: Date) => Signer;
  keyring: Keyring;
  openCheckpoint: OpenCheckpoint;
  statusUri: (list: number) => string;
  /** One transaction, tried again when another one came in between. */
  transaction: <T>(run: (store: SigningAgainStore, prove: ProveLicenses) => Promise<T>) => Promise<T>;
}>;

/** What came of a pass. `left`: still to be signed again; `unfit`: those among them that the public log does not vouch for. */
export type PassOutcome = Readonly<{ signed: number; left: number; unfit: number }>;

/** Licenses that are signed again in one transaction. */
export const signedAtOnce = 500;

/**
 * Signs again what compromised keys have signed: a round that any number of copies may run at once. What is still to be done
 * is read from the licenses themselves, so that it goes on wherever it was interrupted. Nothing is signed again that the
 * public log does not hold: whoever stole the key may have been in the tables too.
 * @param onBegin is told how many there are, once some are signed
 * @param signal ends the pass after the transaction under way
 * *Throws* BUSY when there is no key to sign with.
 */
export async function signLicensesAgain(
  tools: Tools,
  signal: AbortSignal,
  onBegin: (left: number) => void,
): Promise<PassOutcome> {
  const kids = tools.unsoundKeys();
  const count = async () => {
    const counts = kids.length === 0 ? [] : await tools.transaction((store) => store.count(tools.issuer));
    return [...counts].reduce((sum, [, each]) => sum + each, 0);
  };
  const found = await count();
  const outcome = { signed: 0, left: found, unfit: 0 };
  if (found === 0) return outcome;
  for (const kid of kids) {
    let after: PassPlace | undefined;
    do {
      const some = await signSome(tools, kid, after);
      if (outcome.signed === 0 && some.signed > 0) onBegin(found);
      outcome.signed += some.signed;
      outcome.unfit += some.unfit;
      after = some.last;
    } while (after && !signal.aborted);
  }
  return { ...outcome, left: await count() };
}

/** @returns where the pass has come to; undefined: to the end */
async function signSome(
  tools: Tools,
  kid: string,
  after: PassPlace | undefined,
): Promise<Readonly<{ signed: number; unfit: number; last: PassPlace | undefined }>> {
  const signer = tools.signer(tools.now());
  return tools.transaction(async (store, prove) => {
    const found = await store.lockUnsound(kid, signer.kid, tools.issuer, after, signedAtOnce);
    const proofs = await prove(found.map(({ identifier }) => identifier));
    const proven = found.flatMap((license) => {
      const proof = proofs.get(license.identifier);
      return proof ? [{ license, proof }] : [];
    });
    // After the lock: a history is in the order of its instants.
    const at = tools.now();
    const salts = tools.newSalts(proven.length + 1);
    const signed = await Promise.all(
      proven.map((one, place) => signOne(tools, { ...one, kid, at, salt: salts[place] ?? "" }, signer)),
    );
    const again = signed.filter((one) => one !== undefined);
    if (again.length > 0) await store.save(again, { kid: signer.kid, at, secret: salts.at(-1) ?? "" });
    const last = found.length < signedAtOnce ? undefined : found.at(-1);
    return { signed: again.length, unfit: proven.length - again.length, last };
  });
}

type Unsigned = Readonly<{ license: UnsoundLicense; proof: LicenseProof; kid: string; at: Date; salt: string }>;

/** Undefined: the row holds something else than the hub has signed and logged, and stays as it is. */
async function signOne(
  { issuer, keyring, openCheckpoint, statusUri }: Tools,
  { license, proof, kid, at, salt }: Unsigned,
  signer: Signer,
): Promise<SignedAgain | undefined> {
  const { claims, payload } = await openLicense(license.jws, keyring);
  if (!claims || !payload) return undefined;
  // The log is the hub's own, whatever it was called when the license was signed.
  const opened = { claims: { ...claims, iss: issuer }, payload };
  const inclusion = await judgeInclusion(evidenceOf(proof), opened, openCheckpoint);
  if (inclusion.outcome !== "PASS") return undefined;
  const fresh = { issuedAt: at, salt, statusUri: statusUri(license.status_list) };
  const jws = await signLicenseAgain(claims, fresh, signer).catch((error: unknown) => {
    // Longer than a license may be, by its salt: nothing that waiting would mend.
    if (error instanceof HubError && error.code === "INPUT_INVALID") return undefined;
    throw error;
  });
  if (jws === undefined) return undefined;
  return { row: eventOf(license, kid, at), issuer: license.issuer_code, jws, digest: payloadDigest(jws) };
}

/** The event that says so. Its content is the text it replaces, by its digest: so every text there was stays on record. */
function eventOf(license: UnsoundLicense, kid: string, at: Date): SignedAgain["row"] {
  const { holder_code, identifier, state, source_record_id, source_updated_at, submission_id } = license;
  return {
    ...{ holder_code, identifier, operation: "SIGN_AGAIN", state, effective_on: license.state_since },
    ...{ reason: `KEY_COMPROMISED ${kid}`, client_id: "hub", source_record_id, source_updated_at },
    ...{ received_at: at.toISOString(), content_digest: payloadDigest(license.jws), submission_id },
  };
}
