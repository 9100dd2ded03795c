import type { Caller, KnownCaller } from "../../domain/access/caller.ts";
import { type Disclosed, disclosedPart, extentText } from "../../domain/access/disclosure.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import { visibleState } from "../../domain/licenses/license.ts";
import { HubError } from "../../errors.ts";
import { canonicalJson } from "../../proof/canonical-json.ts";
import type { AccessStore, Admission, IsMember, Permit, Refuse } from "../../store/access/access-store.ts";
import type { LicenseStore, StoredLicense } from "../../store/licenses/license-store.ts";
import { anyProcedure, type Reader, readerOf } from "../../store/reader.ts";

type HolderCaller = Extract<KnownCaller, { kind: "HOLDER" }>;

/** What confirming needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: Permit;
  refuse: Refuse;
  misses: Misses;
  findClient: AccessStore["findClient"];
  isMember: IsMember;
  read: <T>(reader: Reader, run: (stores: { access: AccessStore; licenses: LicenseStore }) => Promise<T>) => Promise<T>;
}>;

/** A claim is what somebody says stands in the license. *Trust*: attacker-chosen. */
export type Claims = Readonly<Record<string, unknown>>;

/** Most claims of one call. */
export const maxClaims = 20;

const plainClaims = [
  "number",
  "type",
  "issuer",
  "region",
  "issuedOn",
  "validFrom",
  "validUntil",
  "state",
  "holder.id",
  "holder.name",
] as const;

/**
 * Yes when every claim holds, no otherwise: an unknown license, one the caller is not granted, a claim about what is not
 * granted of it, and a wrong claim are the same no, and count as a miss. The access is recorded.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID (no claims, too many, or of an unknown name),
 * RATE_LIMITED.
 */
export async function confirmLicense(
  tools: Tools,
  caller: Caller,
  input: Readonly<{ identifier: string; claims: Claims }>,
): Promise<{ confirmed: boolean; checkedAt: Date }> {
  const known = await tools.permit(caller, { action: "CONFIRM", purpose: null, holders: [] });
  const claimed = readClaims(input.claims);
  await tools.misses.check(known);
  const client = known.kind === "DEPARTMENT" ? await tools.findClient(known.clientId) : undefined;
  const at = tools.now();
  const today = dateOf(at);
  const isStanding = known.kind === "HOLDER" ? await mayAct(tools, known, today) : client?.active;
  if (!isStanding) return tools.refuse(known, { action: "CONFIRM", purpose: null, holders: [] }, "FORBIDDEN");
  const shared: Admission["record"] = {
    ...{ at, callerKind: known.kind, clientId: known.clientId, department: client?.department ?? null },
    member: known.kind === "HOLDER" ? known.member : undefined,
    action: "CONFIRM",
    purpose: null,
    refusal: null,
  };
  const { confirmed, isMissed } = await tools.read(
    readerOf(known, anyProcedure, today),
    async ({ access, licenses }) => {
      const [found] = await licenses.findByIdentifiers([input.identifier]);
      if (!found) {
        await access.recordMisses([input.identifier], shared);
        return { confirmed: false, isMissed: true };
      }
      const answered = { ...shared, holder: found.holder.id, outcome: "ANSWERED", withheld: 0 } as const;
      await access.record([
        { ...answered, identifiers: [found.identifier], extents: [extentText([...claimed.keys()])] },
      ]);
      const extent =
        known.kind === "HOLDER" ? "WHOLE" : await access.findWidestExtent(known.clientId, found.typeCode, today);
      const confirmed = holds(disclosedPart(found, extent), claimed, today);
      return { confirmed, isMissed: !confirmed };
    },
  );
  await tools.misses.note(known, isMissed ? 1 : 0);
  return { confirmed, checkedAt: at };
}

/** Whether the person who asks may act for the holder. */
async function mayAct(tools: Tools, { holder, member }: HolderCaller, today: CalendarDate): Promise<boolean> {
  return member === undefined || tools.isMember(member, holder.id, today);
}

/** Claims as canonical text, before anything is looked up: what can not be compared is refused alike for everybody. */
function readClaims(claims: Claims): ReadonlyMap<string, string> {
  const names = Object.keys(claims);
  const isKnown = (name: string) =>
    plainClaims.some((plain) => plain === name) || /^attributes\.[A-Za-z]{1,60}$/.test(name);
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined)
    throw new HubError("INPUT_INVALID", { argument: "claims", known: [...plainClaims, "attributes.NAME"] });
  if (names.length === 0 || names.length > maxClaims)
    throw new HubError("INPUT_INVALID", { argument: "claims", limit: maxClaims });
  try {
    return new Map(Object.entries(claims).map(([name, claim]) => [name, canonicalJson(claim)]));
  } catch (cause) {
    throw new HubError("INPUT_INVALID", { argument: "claims" }, { cause });
  }
}

function holds(license: Disclosed<StoredLicense>, claimed: ReadonlyMap<string, string>, today: string): boolean {
  const facts: Readonly<Record<(typeof plainClaims)[number], unknown>> = {
    ...{ number: license.number, type: license.typeCode, issuer: license.issuerCode, region: license.region },
    ...{ issuedOn: license.issuedOn, validFrom: license.validFrom, validUntil: license.validUntil },
    ...{ "holder.id": license.holder.id, "holder.name": license.holder.name },
    state: visibleState(license.state, license.validUntil, today),
  };
  const all = new Map(Object.entries(facts));
  for (const [name, value] of Object.entries(license.attributes)) all.set(`attributes.${name}`, value);
  return [...claimed].every(([name, claim]) => all.has(name) && canonicalJson(all.get(name)) === claim);
}
