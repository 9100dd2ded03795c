import type { RunEnd } from "./source-run.ts";

/**
 * A page as a source gave it. `cursor`: everything up to there is in this page or those before; null: nothing yet.
 * *Trust*: rows are whatever the source sent. A GRAPHQL source's are in our form of a record, others' are mapped.
 */
export type FetchedPage = Readonly<{
  rows: readonly unknown[];
  cursor: string | null;
  hasMore: boolean;
  /** Of the rows as they came, so that the same page is known again; "": there is nothing in them. */
  digest: string;
}>;

/** Why there is no page. `detail`: where it failed, in our own words: what the source said may hold anything. */
export type FetchFailure = Readonly<{ failure: RunEnd; detail?: string }>;

/** Limits of one page, besides those an operator sets. */
export const pageLimits = { maxCursorCharacters: 2_000 } as const;

/** A source with which one pull is under way. */
export type OpenedSource = Readonly<{
  /** Fetches the page after a cursor. Never throws. @param tries calls at most, when one fails in passing */
  fetchPage: (after: string | null, tries: number) => Promise<FetchedPage | FetchFailure>;
}>;

/** What a source may do with cursors: lead on. A page without anything new stands still, and is the last. */
export function pageFault(
  page: FetchedPage,
  cursor: string | null,
  seen: ReadonlySet<string | null>,
  lastDigest: string | undefined,
): FetchFailure | undefined {
  const standsStill = page.cursor === cursor;
  if (standsStill && !page.hasMore && page.rows.length === 0) return undefined;
  if (standsStill) return { failure: "CURSOR_INVALID", detail: "the cursor stands still" };
  if (seen.has(page.cursor)) return { failure: "CURSOR_INVALID", detail: "a cursor came twice" };
  if (page.digest !== "" && page.digest === lastDigest)
    return { failure: "CURSOR_INVALID", detail: "a page came twice" };
  return undefined;
}
