import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { mappedColumns } from "../../domain/mapping/map-foreign-row.ts";
import { type FetchedPage, pageLimits } from "../../domain/sources/fetched-page.ts";
import { foreignInstant } from "../../domain/sources/foreign-values.ts";
import {
  mappingOf,
  positionFields,
  type SourceFacts,
  type SqlPlace,
  sourceDefaults,
} from "../../domain/sources/source.ts";
import { invalid, textAt } from "./answer.ts";
import { SourceError } from "./source-call.ts";

/** Where a page of a view begins: the last row's `updatedAt` and `id`, as texts of that database. */
export type Position = Readonly<{ at: string; id: string }>;

/** What is asked of a view, and how its rows come back: `at`, `id`, then `columns`. */
export type ViewQuestion = Readonly<{
  place: SqlPlace;
  columns: readonly string[];
  after: Position | undefined;
  first: number;
  settleSeconds: number;
}>;

/** The question after a cursor. *Throws* SourceError when it is none of ours. */
export function questionOf(source: SourceFacts, place: SqlPlace, cursor: string | null): ViewQuestion {
  const theirs: readonly string[] = Object.values(positionFields);
  const columns = mappedColumns(mappingOf(source)).filter((column) => !theirs.includes(column));
  return {
    place,
    columns,
    after: parsePosition(cursor),
    first: source.pageSize,
    settleSeconds: place.settleSeconds ?? sourceDefaults.settleSeconds,
  };
}

/** A name between its database's quotation marks. */
export function quoted(name: string, mark: '"' | "`"): string {
  return name
    .split(".")
    .map((part) => mark + part.replaceAll(mark, mark + mark) + mark)
    .join(".");
}

/** Rows as a page: their order and number are looked at, each becomes an object of its columns. *Throws* SourceError. */
export function pageOf(question: ViewQuestion, answer: readonly (readonly unknown[])[]): FetchedPage {
  const { columns, first, place } = question;
  if (answer.length > first) throw new SourceError("ANSWER_INVALID", "more rows came than were asked for");
  let before = question.after;
  for (const [at, id] of answer) {
    const most = pageLimits.maxCursorCharacters / 4;
    const position = { at: textAt(at, place.updatedAt, most), id: textAt(id, place.id, most) };
    if (before && !comesAfter(position, before))
      throw new SourceError("CURSOR_INVALID", "the rows are not in the order that was asked for");
    before = position;
  }
  const rows = answer.map(([at, id, ...values]) => ({
    ...Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null])),
    ...{ [positionFields.at]: at, [positionFields.id]: id },
  }));
  const cursor = before === undefined ? null : JSON.stringify([before.at, before.id]);
  const digest = createHash("sha256").update(JSON.stringify(answer)).digest("base64url");
  return { rows, cursor, hasMore: answer.length === first, digest };
}

/**
 * Whether a row may follow another. How a database orders ids is its own affair: only that a row comes once, and that
 * time does not run backwards, is looked at.
 */
function comesAfter(position: Position, before: Position): boolean {
  if (position.at === before.at) return position.id !== before.id;
  const [instant, instantBefore] = [position.at, before.at].map((at) => Date.parse(String(foreignInstant(at))));
  return !(Number(instant) < Number(instantBefore));
}

function parsePosition(cursor: string | null): Position | undefined {
  if (cursor === null) return undefined;
  const parts: unknown = JSON.parse(cursor);
  if (!Array.isArray(parts)) throw invalid("the cursor", "one of this source");
  return { at: textAt(parts[0], "the cursor", 1_000), id: textAt(parts[1], "the cursor", 1_000) };
}

/**
 * A connection that is cut when too much came through it, or the call is over.
 * @returns the socket, not yet connected, and what ends the watch and the connection
 */
export function boundedSocket(maxBytes: number, signal: AbortSignal): { socket: Socket; end: () => void } {
  const socket = new Socket();
  // A driver that never notices leaves nothing behind either: the signal comes with the end of every call.
  const cut = () => {
    clearInterval(watch);
    socket.destroy(new SourceError("TIMEOUT", undefined, true));
  };
  // Not by its data: an encrypted connection reads past the socket's own events.
  const watch = setInterval(() => {
    if (socket.bytesRead > maxBytes) socket.destroy(new SourceError("TOO_LARGE", `more than ${maxBytes} bytes`));
  }, 20);
  signal.addEventListener("abort", cut);
  const end = () => {
    clearInterval(watch);
    signal.removeEventListener("abort", cut);
    socket.destroy();
  };
  return { socket, end };
}
