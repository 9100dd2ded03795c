import type { FetchedPage, OpenedSource } from "../../domain/sources/fetched-page.ts";
import type { SourceFacts } from "../../domain/sources/source.ts";
import { questionOf } from "./database-page.ts";
import { fetchGraphqlPage } from "./graphql-source.ts";
import { fetchMysqlPage } from "./mysql-source.ts";
import { fetchPostgresqlPage } from "./postgresql-source.ts";
import { openRestSource } from "./rest-source.ts";
import { findSecret } from "./secrets.ts";
import { type CallLimits, callSource } from "./source-call.ts";

/** What calling sources needs. `secrets`: the file their secrets are in. */
export type SourceTools = Readonly<{
  secrets: string | undefined;
  limits: CallLimits;
  now: () => Date;
  newId: () => string;
}>;

type Fetch = (after: string | null, signal: AbortSignal) => Promise<FetchedPage>;

/** Opens a source for one pull. Nothing is called yet. @param signal ends every call */
export function openSource(tools: SourceTools, source: SourceFacts, signal: AbortSignal): OpenedSource {
  const fetchPage = fetchOf(tools, source);
  return {
    fetchPage: (after, tries) =>
      callSource(tries, tools.limits.maxMs, signal, (callSignal) => fetchPage(after, callSignal)),
  };
}

function fetchOf({ secrets, limits, now, newId }: SourceTools, source: SourceFacts): Fetch {
  const { place, pageSize } = source;
  const secretOf = async (name: string | undefined) => (name === undefined ? undefined : findSecret(secrets, name));
  switch (place.kind) {
    case "GRAPHQL":
      return async (after, signal) =>
        fetchGraphqlPage(place, await secretOf(place.token), after, pageSize, limits.maxBytes, signal);
    case "REST":
      return openRestSource(place, {
        ...{ pageSize, maxBytes: limits.maxBytes, now, newId },
        secret: () => findSecret(secrets, place.secret),
      }).fetchPage;
    case "MYSQL":
      return async (after, signal) =>
        fetchMysqlPage(questionOf(source, place, after), await secretOf(place.password), limits, signal);
    case "POSTGRESQL":
      return async (after, signal) =>
        fetchPostgresqlPage(questionOf(source, place, after), await secretOf(place.password), limits, signal);
  }
}
