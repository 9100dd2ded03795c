import type { Caller, KnownCaller, Purpose } from "../../domain/access/caller.ts";
import {
  type Disclosed,
  disclosedPart,
  type Extent,
  type Extents,
  extentText,
  widerExtent,
} from "../../domain/access/disclosure.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { dateOf } from "../../domain/calendar.ts";
import type { Judgement, MaterialCase } from "../../domain/materials/material.ts";
import { type ErrorCode, HubError } from "../../errors.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import type { ReceiptInput, ReceiptLicense } from "../../proof/receipt-jws.ts";
import type { AccessStore, Admit, Permit, Refuse } from "../../store/access/access-store.ts";
import type { CatalogueStore } from "../../store/catalogue/catalogue-store.ts";
import type { LicenseStore, StoredLicense } from "../../store/licenses/license-store.ts";
import type { MaterialStore, StoredCheck } from "../../store/materials/material-store.ts";
import type { RelianceStore } from "../../store/notices/reliance-store.ts";
import { judgingReader, type Reader, readerOf } from "../../store/reader.ts";

/** What fetching needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  permit: Permit;
  admit: Admit;
  refuse: Refuse;
  misses: Misses;
  judge: (stores: Pick<Stores, "catalogue" | "licenses">, input: MaterialCase) => Promise<Judgement>;
  /** For how long a case that nobody closes is told of changes. */
  caseOpenDays: number;
  signReceipt: (receipt: ReceiptInput) => Promise<string>;
  read: <T>(reader: Reader, run: (stores: Stores) => Promise<T>) => Promise<T>;
}>;

type Stores = Readonly<{
  access: AccessStore;
  catalogue: CatalogueStore;
  licenses: LicenseStore;
  materials: MaterialStore;
  reliances: RelianceStore;
}>;

/** What went into the case: the licenses as signed, and the hub's signed receipt of having handed them over. */
export type MaterialBundle = Readonly<{
  id: string;
  receipt: string;
  licenses: readonly Disclosed<StoredLicense>[];
  purpose: Purpose;
}>;

/** How long a check may be used. *Units*: milliseconds. */
export const checkLifetimeMs = 10 * 60_000;

/**
 * Hands the licenses of a check over into its case: once, to the client that asked, within ten minutes, and only what
 * still may be fetched now; of each as much as the materials name, or the whole where that is granted. Licenses, receipt,
 * access records, and the note that the case relies on them are one transaction; so is a refusal and its record.
 * @param input.wantsWhole refuses, before the check is used, where a grant covers attributes only
 * @param input.materials codes of materials answered FETCH; undefined: all of them
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CHECK_NOT_FOUND, CHECK_EXPIRED, CHECK_USED,
 * MATERIAL_NOT_FETCHABLE, WHOLE_LICENSE_NOT_GRANTED, PURPOSE_NOT_ALLOWED, RATE_LIMITED.
 */
export async function fetchMaterials(
  tools: Tools,
  caller: Caller,
  input: Readonly<{ check: string; materials: readonly string[] | undefined; wantsWhole?: boolean }>,
): Promise<MaterialBundle> {
  const known = await tools.permit(caller, { action: "FETCH", purpose: null, holders: [] });
  const { clientId } = known;
  await tools.misses.check(known);
  const found = isUuid(input.check) ? await findCheck(tools, known, input.check) : undefined;
  await tools.misses.note(known, found ? 0 : 1);
  if (!found) return tools.refuse(known, { action: "FETCH", purpose: null, holders: [] }, "CHECK_NOT_FOUND");
  const { procedure, caseNumber, reason } = found;
  const subjects = [...new Set([found.holder, ...found.facts.persons.map((person) => person.residentId)])];
  const purpose = { procedure, caseNumber, reason };
  const { extents, reader, record } = await tools.admit(known, { action: "FETCH", purpose, holders: subjects });
  const granted: Extents = extents ?? new Map();

  const outcome = await tools.read(judgingReader(reader), async (stores): Promise<MaterialBundle | ErrorCode> => {
    const now = tools.now();
    const refuse = async (refusal: ErrorCode): Promise<ErrorCode> => {
      const refused = { ...record, refusal, outcome: "REFUSED", identifiers: [], withheld: 0 } as const;
      await stores.access.record(subjects.map((holder) => ({ ...refused, holder })));
      return refusal;
    };
    const check = await stores.materials.lockCheck(found.id, clientId);
    if (!check) return refuse("CHECK_NOT_FOUND");
    if (check.used) return refuse("CHECK_USED");
    if (now.getTime() - check.checkedAt.getTime() > checkLifetimeMs) return refuse("CHECK_EXPIRED");
    await stores.reliances.hold(check.facts.fetch.flatMap(({ identifiers }) => identifiers));
    const wanted = await fetchable(tools, stores, check, input.materials, granted, now);
    if (!wanted) return refuse("MATERIAL_NOT_FETCHABLE");
    const isPartial = [...wanted.values()].some((extent) => extent !== "WHOLE");
    if (input.wantsWhole && isPartial) return refuse("WHOLE_LICENSE_NOT_GRANTED");

    const stored = await stores.licenses.findByIdentifiers([...wanted.keys()]);
    const licenses = stored.map((license) => disclosedPart(license, wanted.get(license.identifier) ?? []));
    const id = tools.newId();
    const receipt = await tools.signReceipt({
      ...{ aud: clientId, sub: check.holder, jti: id, check: check.id, purpose, issuedAt: now },
      licenses: stored.map(({ identifier, typeCode, jws }, index) => ({
        ...{ identifier, type: typeCode, digest: payloadDigest(jws) },
        ...extractOf(licenses[index]),
      })),
    });
    await stores.materials.useCheck(check.id, now);
    await stores.materials.saveBundle({
      id,
      checkId: check.id,
      clientId,
      holder: check.holder,
      receipt,
      fetchedAt: now,
    });
    const openUntil = new Date(now.getTime() + tools.caseOpenDays * 86_400_000);
    await stores.reliances.rely(clientId, purpose, [...wanted.keys()], now, openUntil);
    const disclosed = { ...record, outcome: "DISCLOSED", withheld: 0 } as const;
    const holders = Map.groupBy(stored, (license) => license.holder.id);
    await stores.access.record(
      [...holders].map(([holder, own]) => ({
        ...{ ...disclosed, holder, identifiers: own.map((license) => license.identifier) },
        extents: own.map((license) => extentText(wanted.get(license.identifier) ?? [])),
      })),
    );
    return { id, receipt, licenses, purpose };
  });
  if (typeof outcome === "string") throw new HubError(outcome);
  return outcome;
}

async function findCheck(tools: Tools, caller: KnownCaller, id: string): Promise<StoredCheck | undefined> {
  const reader = readerOf(caller, "", dateOf(tools.now()));
  return tools.read(reader, ({ materials }) => materials.findCheck(id, caller.clientId));
}

/**
 * The licenses to hand over and how much of each, or undefined when a wanted material was not, or is no longer,
 * answered FETCH with them. Without a grant of the whole license only what the wanted materials name goes out.
 */
async function fetchable(
  tools: Tools,
  stores: Stores,
  check: StoredCheck,
  wanted: readonly string[] | undefined,
  granted: Extents,
  now: Date,
): Promise<Extents | undefined> {
  const procedure = await stores.catalogue.findProcedure(check.procedure);
  if (!procedure) return undefined;
  const { holder, facts } = check;
  const { persons, commitment } = facts;
  const { answers, reformMode } = await tools.judge(stores, {
    ...{ procedure, holder, persons, commitment, grantedTypes: [...granted.keys()], asOf: dateOf(now) },
  });
  const codes = [...new Set(wanted ?? facts.fetch.map((promise) => promise.material))];
  if (codes.length === 0 || reformMode === "CANCELLED") return undefined;
  const extents = new Map<string, Extent>();
  for (const code of codes) {
    const promised = facts.fetch.find((promise) => promise.material === code)?.identifiers;
    const sources = answers.find((answer) => answer.material.code === code)?.sources ?? [];
    const still = sources.map((source) => source.identifier);
    if (!promised || promised.toSorted().join() !== still.toSorted().join()) return undefined;
    for (const { identifier, licenseType, attributes } of sources) {
      const extent = granted.get(licenseType) === "WHOLE" ? "WHOLE" : attributes;
      extents.set(identifier, widerExtent(extents.get(identifier) ?? [], extent));
    }
  }
  return extents;
}

/** What the receipt says of a license that went out in part, so that the part can be proven without the whole. */
function extractOf(license: Disclosed<StoredLicense> | undefined): Pick<ReceiptLicense, "extract"> {
  if (!license || license.extent === "WHOLE") return {};
  const { number, issuerCode: issuer, issuedOn, validFrom, validUntil, attributes } = license;
  return { extract: { number, issuer, issuedOn, validFrom, validUntil, attributes } };
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
