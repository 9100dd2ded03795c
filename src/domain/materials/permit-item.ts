import type { CalendarDate } from "../calendar.ts";

/** How an item is reformed, from the most to the least liberal for the enterprise. *Source*: 国发〔2021〕7号. */
export const reformModes = ["CANCELLED", "FILING", "COMMITMENT", "OPTIMISED"] as const;
export type ReformMode = (typeof reformModes)[number];

/** Where an entry of the list, or the text it was read in, applies. PROVINCIAL is this city's own province. */
export const reformScopes = ["NATIONAL", "PROVINCIAL", "FREE_TRADE_ZONE", "OTHER_PROVINCE", "CITY"] as const;
export type ReformScope = (typeof reformScopes)[number];

/**
 * One entry of the reform list: one item, one scope, one period.
 * `department` is the body in charge, each by one name: entries of one item agree in it and in `name`.
 */
export type PermitItemEntry = Readonly<{
  code: string;
  department: string;
  name: string;
  licenseName: string | null;
  legalBasis: string | null;
  approvalLevel: string | null;
  reformMode: ReformMode;
  scope: ReformScope;
  effectiveFrom: CalendarDate;
  effectiveTo: CalendarDate | null;
  /** The text the entry was read in; null: none, it is general knowledge. */
  source: string | null;
  /** How far that text reaches. */
  sourceScope: ReformScope | null;
  /** Whether it was read there, word for word. */
  verified: boolean;
  note: string | null;
}>;

/**
 * The tiers that count for an enterprise, from the widest to the narrowest. Another province's entries are kept for
 * comparison and count nowhere else; a free trade zone is the province's, not the city's.
 */
const tiersOf: Readonly<Record<ReformScope, readonly ReformScope[]>> = {
  NATIONAL: ["NATIONAL"],
  PROVINCIAL: ["NATIONAL", "PROVINCIAL"],
  CITY: ["NATIONAL", "PROVINCIAL", "CITY"],
  FREE_TRADE_ZONE: ["NATIONAL", "PROVINCIAL", "FREE_TRADE_ZONE"],
  OTHER_PROVINCE: ["NATIONAL", "OTHER_PROVINCE"],
};

/** Whether a text of this scope can speak for entries of another: only one that reaches as far, or further. */
export function coversScope(source: ReformScope, entry: ReformScope): boolean {
  return tiersOf[entry].includes(source);
}

/**
 * The entry in force for a scope on a day: the national one, unless a narrower tier is more liberal.
 * Entries of one item (same department and name) carry different codes in the published lists.
 * @param entries all entries of one item
 */
export function entryInForce(
  entries: readonly PermitItemEntry[],
  scope: ReformScope,
  day: CalendarDate,
): PermitItemEntry | undefined {
  const inForce = (entry: PermitItemEntry) =>
    entry.effectiveFrom <= day && (entry.effectiveTo === null || day <= entry.effectiveTo);
  const latest = (wanted: ReformScope) =>
    entries
      .filter((entry) => entry.scope === wanted && inForce(entry))
      .reduce<PermitItemEntry | undefined>(
        (best, entry) => (best && best.effectiveFrom >= entry.effectiveFrom ? best : entry),
        undefined,
      );
  return tiersOf[scope]
    .flatMap((tier) => latest(tier) ?? [])
    .reduce<PermitItemEntry | undefined>(
      (best, entry) => (best && liberality(best.reformMode) <= liberality(entry.reformMode) ? best : entry),
      undefined,
    );
}

/** An entry whose permit is a license type of the hub. */
export type LicenseEntry = PermitItemEntry & Readonly<{ licenseType: string }>;

/** License types whose every permit item is abolished on the day: nobody may ask for such a license any more. */
export function abolishedTypes(
  entries: readonly LicenseEntry[],
  scope: ReformScope,
  day: CalendarDate,
): ReadonlySet<string> {
  const isAbolished = (own: readonly LicenseEntry[]) => {
    const items = [...Map.groupBy(own, (entry) => `${entry.department}\n${entry.name}`).values()];
    const inForce = items.flatMap((item) => entryInForce(item, scope, day) ?? []);
    return inForce.length > 0 && inForce.every((entry) => entry.reformMode === "CANCELLED");
  };
  const byType = Map.groupBy(entries, (entry) => entry.licenseType);
  return new Set([...byType].filter(([, own]) => isAbolished(own)).map(([type]) => type));
}

function liberality(mode: ReformMode): number {
  return reformModes.indexOf(mode);
}
