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
