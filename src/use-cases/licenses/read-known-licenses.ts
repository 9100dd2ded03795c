import { type Caller, checkPurpose, type Purpose } from "../../domain/access/caller.ts";
import { disclosedPart, type Extent, extentText } from "../../domain/access/disclosure.ts";
import { dateOf } from "../../domain/calendar.ts";
import { checkKnownAt } from "../../domain/licenses/history.ts";
import type { AccessStore, Admit, Permit } from "../../store/access/access-store.ts";
import type { HistoryStore } from "../../store/licenses/history-store.ts";
import type { LicensePage, LicenseQuery } from "../../store/licenses/license-store.ts";
import type { Reader } from "../../store/reader.ts";

/** What reading what was known needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: Permit;
  admit: Admit;
  read: <T>(reader: Reader, run: (stores: { access: AccessStore; history: HistoryStore }) => Promise<T>) => Promise<T>;
}>;

/** Whose licenses are asked for, why, which page, and as of which instant of the hub's knowledge. */
export type KnownLicensesQuestion = Readonly<{
  holders: readonly string[];
  purpose: Purpose;
  query: LicenseQuery;
  knownAt: Date;
}>;

/**
 * Licenses of several holders as the hub knew them at a past instant, a page each: those it held then, each in the
 * state it knew then. Who may read, and how much, is decided by today's grants. `withheldCount` is today's too: one
 * that followed the instant would tell when a license that is withheld came in.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID (also: an instant to come), PROCEDURE_NOT_FOUND,
 * PURPOSE_NOT_ALLOWED, PURPOSE_EXCEEDED.
 */
export async function readKnownLicenses(
  tools: Tools,
  caller: Caller,
  { holders, purpose, query, knownAt }: KnownLicensesQuestion,
): Promise<ReadonlyMap<string, LicensePage>> {
  const request = { action: "READ", purpose, holders, types: query.types } as const;
  const known = await tools.permit(caller, request);
  checkPurpose(purpose);
  checkKnownAt(knownAt, tools.now());
  const { extents, reader, record } = await tools.admit(known, request);
  return tools.read(reader, async ({ access, history }) => {
    const found = await history.findKnown(holders, query, knownAt, dateOf(knownAt));
    const withheld = await history.countWithheld(holders);
    const extentOf = (type: string): Extent => (extents ? (extents.get(type) ?? []) : "WHOLE");
    const pages = holders.map((holder): [string, LicensePage] => {
      const { licenses, hasNextPage } = found.get(holder) ?? { licenses: [], hasNextPage: false };
      const parts = licenses.map((license) => disclosedPart(license, extentOf(license.typeCode)));
      return [holder, { licenses: parts, hasNextPage, withheldCount: withheld.get(holder) ?? 0 }];
    });
    await access.record(
      pages.map(([holder, { licenses, withheldCount }]) => ({
        ...{ ...record, holder, outcome: "DISCLOSED", withheld: withheldCount },
        identifiers: licenses.map(({ identifier }) => identifier),
        extents: licenses.map(({ extent }) => extentText(extent)),
      })),
    );
    return new Map(pages);
  });
}
