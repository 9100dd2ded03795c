import { type FetchedPage, pageLimits } from "../../domain/sources/fetched-page.ts";
import type { GraphqlPlace } from "../../domain/sources/source.ts";
import { digestOfRows, invalid, listAt, objectAt, textAt } from "./answer.ts";
import { postJson } from "./post-json.ts";
import { SourceError } from "./source-call.ts";

/** The one operation the hub sends: a source may register it and refuse everything else. */
export const licenseChangesQuery = `query LicenseChanges($after: String, $first: Int!) {
  licenseChanges(after: $after, first: $first) {
    edges {
      cursor
      node {
        sourceRecordId operation sourceUpdatedAt identifier licenseType number
        holder { idType id name }
        issuer region issuedOn validFrom validUntil attributes predecessor effectiveOn outcome reason signature
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Fetches a page of `licenseChanges`. *Throws* SourceError, or what `fetch` throws. */
export async function fetchGraphqlPage(
  { url }: GraphqlPlace,
  token: string | undefined,
  after: string | null,
  first: number,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const body = { query: licenseChangesQuery, operationName: "LicenseChanges", variables: { after, first } };
  const answer = objectAt(await postJson(url, body, headers, maxBytes, signal), "the answer");
  if (Array.isArray(answer["errors"]) && answer["errors"].length > 0) throw refusal(answer["errors"][0]);
  const connection = objectAt(objectAt(answer["data"], "data")["licenseChanges"], "licenseChanges");
  const pageInfo = objectAt(connection["pageInfo"], "pageInfo");
  const hasMore = pageInfo["hasNextPage"];
  if (typeof hasMore !== "boolean") throw invalid("pageInfo.hasNextPage", "true or false");
  const edges = listAt(connection["edges"], "edges", first).map((edge, index) => objectAt(edge, `edges.${index}`));
  const cursors = edges.map((edge, index) =>
    textAt(edge["cursor"], `edges.${index}.cursor`, pageLimits.maxCursorCharacters),
  );
  const last = cursors.at(-1) ?? after;
  if (edges.length === 0 && hasMore) throw invalid("hasNextPage", "false on an empty page");
  if (edges.length > 0 && pageInfo["endCursor"] !== last) throw invalid("pageInfo.endCursor", "the last edge's cursor");
  const rows = edges.map(({ node }) => node);
  return { rows, cursor: last, hasMore, digest: digestOfRows(rows) };
}

function refusal(error: unknown): SourceError {
  const extensions =
    typeof error === "object" && error !== null && "extensions" in error ? error.extensions : undefined;
  const code = typeof extensions === "object" && extensions !== null && "code" in extensions ? extensions.code : "";
  return /^(UNAUTHENTICATED|FORBIDDEN|TOKEN_\w+)$/.test(String(code))
    ? new SourceError("UNAUTHORISED", "the answer holds errors")
    : new SourceError("SERVER_ERROR", "the answer holds errors");
}
