import type { FetchedPage } from "../../domain/sources/fetched-page.ts";
import { type RestPlace, sourceDefaults } from "../../domain/sources/source.ts";
import { digestOfRows, invalid, listAt, objectAt, textAt } from "./answer.ts";
import { postJson } from "./post-json.ts";
import { SourceError } from "./source-call.ts";

/** What calling a sharing service needs. */
export type RestTools = Readonly<{
  secret: () => Promise<string>;
  pageSize: number;
  maxBytes: number;
  now: () => Date;
  newId: () => string;
}>;

/**
 * Where a pull stands: in a window of time that does not move while its pages are read. `total` and `seen` belong to the
 * window; `restarts`: how often it was read anew because its total changed: a record of it was changed, and left it.
 */
type Place = Readonly<{ from: string; to: string; pageNo: number; total: number; seen: number; restarts: number }>;

const firstInstant = "1970-01-01 00:00:00";
/** Of one pull. */
const maxRestarts = 5;

/** Opens a sharing service for one pull; a token is fetched when it is first needed, and again when it has expired. */
export function openRestSource(place: RestPlace, tools: RestTools) {
  let token: string | undefined;
  let restarts = 0;
  const post = async (url: string, head: object, data: object, signal: AbortSignal) => {
    const body = { head: { requestId: tools.newId(), time: toLocal(tools.now()), ...head }, data };
    const answer = objectAt(await postJson(url, body, {}, tools.maxBytes, signal), "the answer");
    const code = objectAt(answer["head"], "head")["code"];
    if (code === "401") throw new SourceError("UNAUTHORISED", "head.code is 401");
    if (code !== "0") throw new SourceError("SERVER_ERROR", "head.code is not 0");
    return objectAt(answer["data"], "data");
  };
  const renew = async (signal: AbortSignal) => {
    token = undefined;
    const data = { account: place.account, secret: await tools.secret() };
    token = textAt((await post(place.tokenUrl, {}, data, signal))["token"], "data.token", 10_000);
    return token;
  };
  const ask = async (data: object, signal: AbortSignal) => {
    const isOld = token !== undefined;
    try {
      return await post(place.url, { token: token ?? (await renew(signal)) }, data, signal);
    } catch (error) {
      // A token that has worked may have expired; one that is new and refused is no matter of time.
      if (!isOld || !(error instanceof SourceError) || error.failure !== "UNAUTHORISED") throw error;
      return post(place.url, { token: await renew(signal) }, data, signal);
    }
  };

  const fetchPage = async (after: string | null, signal: AbortSignal): Promise<FetchedPage> => {
    const at = parsePlace(after) ?? newWindow(after, tools.now(), place.settleSeconds ?? sourceDefaults.settleSeconds);
    if (at === undefined) return { rows: [], cursor: after, hasMore: false, digest: "" };
    const question = { updatedFrom: at.from, updatedTo: at.to, pageNo: at.pageNo, pageSize: tools.pageSize };
    const data = await ask(question, signal);
    const total = data["total"];
    if (typeof total !== "number" || !Number.isSafeInteger(total) || total < 0) throw invalid("data.total", "a count");
    if (at.pageNo > 1 && total !== at.total) {
      if (restarts++ === maxRestarts) throw new SourceError("TOTAL_WRONG", "the total changes again and again");
      const again = { ...at, pageNo: 1, total: 0, seen: 0, restarts: at.restarts + 1 };
      return fetchPage(JSON.stringify(again), signal);
    }
    if (data["pageNo"] !== at.pageNo) throw invalid("data.pageNo", "the page that was asked for");
    const rows = listAt(data["records"], "data.records", tools.pageSize);
    const seen = at.seen + rows.length;
    if (seen > total || (rows.length < tools.pageSize && seen < total))
      throw new SourceError("TOTAL_WRONG", `${seen} records came where ${total} were announced`);
    // A window that is read anew begins with the page it began with before.
    const digest = digestOfRows(rows) && `${at.restarts} ${digestOfRows(rows)}`;
    const next = seen === total ? { from: at.to } : { ...at, pageNo: at.pageNo + 1, total, seen };
    return { rows, cursor: JSON.stringify(next), hasMore: seen < total, digest };
  };
  return { fetchPage };
}

/** A window that begins where the last one ended. Undefined: no time has passed since. */
function newWindow(after: string | null, now: Date, settleSeconds: number): Place | undefined {
  const from =
    after === null ? firstInstant : textAt(objectAt(JSON.parse(after), "the cursor")["from"], "the cursor", 19);
  const to = toLocal(new Date(now.getTime() - settleSeconds * 1_000));
  return from < to ? { from, to, pageNo: 1, total: 0, seen: 0, restarts: 0 } : undefined;
}

/** The window a cursor stands in, if it stands in one. */
function parsePlace(cursor: string | null): Place | undefined {
  const place = cursor === null ? undefined : objectAt(JSON.parse(cursor), "the cursor");
  if (place?.["to"] === undefined) return undefined;
  const [pageNo = 1, total = 0, seen = 0, restarts = 0] = ["pageNo", "total", "seen", "restarts"].map((name) =>
    Number(place[name]),
  );
  const textOf = (name: string) => textAt(place[name], "the cursor", 19);
  return { from: textOf("from"), to: textOf("to"), pageNo, total, seen, restarts };
}

/** Asia/Shanghai, as such services write it: `2026-11-22 12:00:00`. */
function toLocal(instant: Date): string {
  return new Date(instant.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}
