import type { Caller, Purpose } from "../../domain/access/caller.ts";
import { type Disclosed, disclosedPart, type Extent, extentText } from "../../domain/access/disclosure.ts";
import type { Misses } from "../../domain/access/rate.ts";
import type { AccessStore, Admit, Permit } from "../../store/access/access-store.ts";
import type { LicenseStore, StoredLicense } from "../../store/licenses/license-store.ts";
import type { Reader } from "../../store/reader.ts";

/** What reading licenses by identifier needs. */
export type Tools = Readonly<{
  permit: Permit;
  admit: Admit;
  misses: Misses;
  read: <T>(reader: Reader, run: (stores: { access: AccessStore; licenses: LicenseStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * License versions by identifier, as much of each as is granted. One that does not exist and one whose type is not
 * granted to the caller, or not needed by the procedure, are left out alike: the database shows neither. Either way the
 * access is recorded, for the holder to see.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * RATE_LIMITED.
 */
export async function readLicensesByIdentifier(
  tools: Tools,
  caller: Caller,
  { identifiers, purpose }: Readonly<{ identifiers: readonly string[]; purpose: Purpose }>,
): Promise<ReadonlyMap<string, Disclosed<StoredLicense>>> {
  const known = await tools.permit(caller, { action: "READ", purpose, holders: [] });
  const { extents, reader, record } = await tools.admit(known, { action: "READ", purpose, holders: [] });
  await tools.misses.check(known);
  const licenses = await tools.read(reader, async ({ access, licenses }) => {
    const found = await licenses.findByIdentifiers(identifiers);
    const extentOf = ({ typeCode }: StoredLicense): Extent => (extents ? (extents.get(typeCode) ?? []) : "WHOLE");
    await access.record(
      found.map((license) => ({
        ...{ ...record, holder: license.holder.id, outcome: "DISCLOSED", withheld: 0 },
        ...{ identifiers: [license.identifier], extents: [extentText(extentOf(license))] },
      })),
    );
    const disclosed = new Map(found.map((license) => [license.identifier, disclosedPart(license, extentOf(license))]));
    const missed = identifiers.filter((identifier) => !disclosed.has(identifier));
    // A holder's words about a license that is not its own are not for that license's holder.
    const words = known.kind === "DEPARTMENT" ? record : { ...record, purpose: null };
    if (missed.length > 0) await access.recordMisses(missed, words);
    return disclosed;
  });
  await tools.misses.note(known, new Set(identifiers).size - licenses.size);
  return licenses;
}
