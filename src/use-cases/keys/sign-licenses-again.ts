import { HubError } from "../../errors.ts";
import { payloadDigest, readOwnJws } from "../../proof/compact-jws.ts";
import type { LicenseClaims } from "../../proof/license-jws.ts";
import { isSame, leafHash } from "../../proof/log/merkle.ts";
import { type ReadTile, tileWidth } from "../../proof/log/tile.ts";
import { signLicenseAgain } from "../../proof/signing/sign-license.ts";
import type { Signer } from "../../proof/signing/signer.ts";
import type {
  PassPlace,
  SignedAgain,
  SigningAgainStore,
  UnsoundLicense,
} from "../../store/keys/signing-again-store.ts";
import type { LogStore } from "../../store/log/log-store.ts";
import type { LicenseEntry } from "../../store/log/proof-store.ts";

/** What there is inside of a transaction. */
export type Inside = Readonly<{
  store: SigningAgainStore;
  log: Pick<LogStore, "findTiles">;
  /** The entries of licenses, as their rows lead to them. */
  findEntries: (identifiers: readonly string[]) => Promise<readonly LicenseEntry[]>;
}>;

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
  statusUri: (list: number) => string;
  /** One transaction, tried again when another one came in between. */
  transaction: <T>(run: (inside: Inside) => Promise<T>) => Promise<T>;
}>;

/** What came of a pass. `left`: still to be signed again; `unfit`: those among them that the public log does not vouch for. */
export type PassOutcome = Readonly<{ signed: number; left: number; unfit: number }>;

/**
 * Licenses that are signed again in one transaction, how many signatures are asked for at once (a key service answers them), and
 * after how long no more of them are: a token may make a few a second, and departments wait for the rows. *Units*: milliseconds.
 */
export const againAtOnce = { licenses: 500, signatures: 100, ms: 3_000 } as const;

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
    const counts = kids.length === 0 ? [] : await tools.transaction(({ store }) => store.count(tools.issuer));
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
    if (signal.aborted) break;
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
  return tools.transaction(async ({ store, ...inside }) => {
    const found = await store.lockUnsound(kid, signer.kid, tools.issuer, after, againAtOnce.licenses);
    const logged = await findLogged({ store, ...inside }, found);
    // After the lock: a history is in the order of its instants.
    const at = tools.now();
    const salts = tools.newSalts(logged.length + 1);
    const again: SignedAgain[] = [];
    let begin = 0;
    while (begin < logged.length && tools.now().getTime() - at.getTime() <= againAtOnce.ms) {
      const first = begin;
      const some = logged.slice(first, first + againAtOnce.signatures);
      const signing = some.map((license, place) =>
        signOne(tools, { license, kid, at, salt: salts[first + place] ?? "" }, signer),
      );
      again.push(...(await Promise.all(signing)).filter((one) => one !== undefined));
      begin += some.length;
    }
    if (again.length > 0) await store.save(again, { kid: signer.kid, at, secret: salts.at(-1) ?? "" });
    const next = logged[begin];
    const done = next ? found.slice(0, found.indexOf(next)) : found;
    const last = next || found.length === againAtOnce.licenses ? done.at(-1) : undefined;
    return { signed: again.length, unfit: done.length - again.length, last };
  });
}

/** Those whose text is what stands at their place in the public log, and whose row what their history says. Three statements. */
async function findLogged(
  { store, log, findEntries }: Inside,
  licenses: readonly UnsoundLicense[],
): Promise<readonly UnsoundLicense[]> {
  if (licenses.length === 0) return [];
  const identifiers = licenses.map(({ identifier }) => identifier);
  const faithful = new Set(await store.findFaithful(identifiers));
  const entries = await findEntries(identifiers);
  const tiles = new Set(entries.map(({ index }) => Math.floor(index / tileWidth)));
  const read = await log.findTiles([...tiles].map((index) => ({ level: 0, index })));
  const logged = new Set(entries.filter((entry) => isLogged(entry, read)).map(({ identifier }) => identifier));
  return licenses.filter(({ identifier }) => logged.has(identifier) && faithful.has(identifier));
}

function isLogged({ index, entry }: LicenseEntry, read: ReadTile): boolean {
  const leaf = read(0, Math.floor(index / tileWidth))?.[index % tileWidth];
  return leaf !== undefined && isSame(leaf, leafHash(entry));
}

type Unsigned = Readonly<{ license: UnsoundLicense; kid: string; at: Date; salt: string }>;

/** Undefined: longer than a license may be, by its salt. Waiting would not mend that. */
async function signOne(
  { statusUri }: Tools,
  { license, kid, at, salt }: Unsigned,
  signer: Signer,
): Promise<SignedAgain | undefined> {
  const claims = readOwnJws(license.jws).payload as LicenseClaims; // logged, so it was signed here and has this shape
  // By its own words, and not by the row: another list would say of it what it says of another.
  const list = Number(/\/(\d+)$/.exec(claims.status.status_list.uri)?.[1]);
  const fresh = { issuedAt: at, salt, statusUri: statusUri(list) };
  const jws = await signLicenseAgain(claims, fresh, signer).catch((error: unknown) => {
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
