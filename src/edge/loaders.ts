import DataLoader from "dataloader";
import type { Caller, Purpose } from "../domain/access/caller.ts";
import type { Disclosed } from "../domain/access/disclosure.ts";
import type { Hub } from "../hub.ts";
import type { Objection } from "../store/access/objection-store.ts";
import type { CorrectionEvent, LicenseObjection } from "../store/corrections/correction-rows.ts";
import type { StoredKey } from "../store/keys/key-rows.ts";
import type {
  LicenseChange,
  SignedChange,
  SourceSignature as StoredSignature,
} from "../store/licenses/history-store.ts";
import type { LicensePage, LicenseQuery, StoredLicense } from "../store/licenses/license-store.ts";
import type { LicenseProof } from "../store/log/proof-store.ts";
import type { Enterprise } from "../use-cases/licenses/read-enterprises.ts";
import type { WholeLicense } from "../use-cases/log/make-bundles.ts";

/** One statement a list: every loader of one request, keyed by what it asks. */
export type Loaders = ReturnType<typeof makeLoaders>;

/** Makes the loaders of one request. They live as long as the request, so nobody sees what another caller read. */
export function makeLoaders(hub: Hub, caller: Caller) {
  const pages = new Map<string, DataLoader<string, LicensePage>>();
  const versions = new Map<string, DataLoader<string, Disclosed<StoredLicense> | undefined>>();
  const licenseObjections = new Map<string, DataLoader<string, readonly LicenseObjection[]>>();
  const changes = new Map<string, DataLoader<string, readonly LicenseChange[]>>();
  const signatures = new Map<string, DataLoader<SignedChange, StoredSignature | undefined>>();

  return {
    // GB 32100—2015 has capital letters only: a code that somebody typed in small ones is the same code.
    enterprises: new DataLoader<string, Enterprise | undefined>(async (typed) => {
      const codes = typed.map((code) => code.toUpperCase());
      const found = await hub.readEnterprises(caller, codes);
      return codes.map((code) => found.get(code));
    }),

    /** Pages of licenses by holder, as known now or at an instant; equal questions about different holders share one statement. */
    licensePages: (purpose: Purpose, query: LicenseQuery, knownAt?: Date) =>
      perQuestion(pages, { purpose, query, knownAt }, async (holders) => {
        const question = { holders, purpose, query };
        const found = await (knownAt
          ? hub.readKnownLicenses(caller, { ...question, knownAt })
          : hub.readLicenses(caller, question));
        return holders.map((holder) => found.get(holder) ?? { licenses: [], hasNextPage: false, withheldCount: 0 });
      }),

    licenses: (purpose: Purpose) =>
      perQuestion(versions, purpose, async (identifiers) => {
        const found = await hub.readLicensesByIdentifier(caller, { identifiers, purpose });
        return identifiers.map((identifier) => found.get(identifier));
      }),

    /** By client. */
    recordKeys: new DataLoader<string, readonly StoredKey[]>(async (clients) => {
      const found = await hub.readRecordKeys(caller, clients);
      return clients.map((client) => found.get(client) ?? []);
    }),

    /** By number of an access record that was shown to the caller. */
    objections: new DataLoader<number, Objection | undefined>(async (records) => {
      const found = await hub.objectionsOf(records);
      return records.map((record) => found.get(record));
    }),

    /** By number of a correction that was shown to the caller. */
    correctionEvents: new DataLoader<number, readonly CorrectionEvent[]>(async (ids) => {
      const found = await hub.readCorrectionEvents(caller, ids);
      return ids.map((id) => found.get(id) ?? []);
    }),

    /** By identifier of a license that was shown to the caller. */
    logProofs: new DataLoader<string, LicenseProof | undefined>(async (identifiers) => {
      const found = await hub.proveLicenses(identifiers);
      return identifiers.map((identifier) => found.get(identifier));
    }),

    /** By license that was shown whole to the caller. */
    bundles: new DataLoader<WholeLicense, string | undefined, string>(
      async (licenses) => {
        const made = await hub.makeBundles(licenses);
        return licenses.map(({ identifier }) => made.get(identifier));
      },
      { cacheKeyFn: ({ identifier }) => identifier },
    ),

    licenseObjections: (purpose: Purpose) =>
      perQuestion(licenseObjections, purpose, async (identifiers) => {
        const found = await hub.readLicenseObjections(caller, { identifiers, purpose });
        return identifiers.map((identifier) => found.get(identifier) ?? []);
      }),

    signatures: (purpose: Purpose) =>
      perQuestion(signatures, purpose, (asked) => hub.readSignatures(caller, { changes: asked, purpose })),

    changes: (purpose: Purpose) =>
      perQuestion(changes, purpose, async (identifiers) => {
        const found = await hub.readChanges(caller, { identifiers, purpose });
        return identifiers.map((identifier) => found.get(identifier) ?? []);
      }),
  };
}

function perQuestion<K, V>(
  made: Map<string, DataLoader<K, V>>,
  question: object,
  load: (keys: readonly K[]) => Promise<readonly V[]>,
): DataLoader<K, V> {
  const key = JSON.stringify(question);
  const existing = made.get(key);
  if (existing) return existing;
  const loader = new DataLoader<K, V>(load);
  made.set(key, loader);
  return loader;
}
