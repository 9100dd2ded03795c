import type { Caller, KnownCaller, Purpose } from "../../domain/access/caller.ts";
import type { Misses } from "../../domain/access/rate.ts";
import type { AccessStore, Admit, NewAccessRecord, Permit } from "../../store/access/access-store.ts";
import type { LicenseStore, StoredLicense } from "../../store/licenses/license-store.ts";

/** What reading licenses by identifier needs. */
export type Tools = Readonly<{
  permit: Permit;
  admit: Admit;
  misses: Misses;
  transaction: <T>(run: (stores: { access: AccessStore; licenses: LicenseStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * License versions by identifier. One that does not exist and one whose type is not granted to the caller are left out
 * alike, and the answer does not tell which. Either way the access is recorded, for the holder to see.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * RATE_LIMITED.
 */
export async function readLicensesByIdentifier(
  tools: Tools,
  caller: Caller,
  { identifiers, purpose }: Readonly<{ identifiers: readonly string[]; purpose: Purpose }>,
): Promise<ReadonlyMap<string, StoredLicense>> {
  const known = await tools.permit(caller, { action: "READ", purpose, holders: [] });
  const { grantedTypes, record } = await tools.admit(known, { action: "READ", purpose, holders: [] });
  await tools.misses.check(known);
  const licenses = await tools.transaction(async ({ access, licenses }) => {
    const found = new Map(
      (await licenses.findByIdentifiers(identifiers)).map((license) => [license.identifier, license]),
    );
    const readable = new Map([...found].filter(([, license]) => mayRead(known, grantedTypes, license)));
    await access.record(identifiers.map((identifier) => recordOf(record, identifier, found, readable)));
    return readable;
  });
  await tools.misses.note(known, new Set(identifiers).size - licenses.size);
  return licenses;
}

function mayRead(caller: KnownCaller, grantedTypes: readonly string[] | null, license: StoredLicense): boolean {
  if (caller.kind === "HOLDER") return caller.holder.id === license.holder.id;
  return grantedTypes?.includes(license.typeCode) ?? false;
}

type Licenses = ReadonlyMap<string, StoredLicense>;
type Shared = Omit<NewAccessRecord, "holder" | "outcome" | "identifiers" | "withheld">;

function recordOf(shared: Shared, identifier: string, found: Licenses, readable: Licenses): NewAccessRecord {
  const holder = found.get(identifier)?.holder.id ?? "";
  if (readable.has(identifier))
    return { ...shared, holder, outcome: "DISCLOSED", identifiers: [identifier], withheld: 0 };
  return { ...shared, holder, outcome: "REFUSED", refusal: "NOT_FOUND", identifiers: [], withheld: 0 };
}
