import { ArgsType, Field, Int, ObjectType } from "type-graphql";
import { HubError } from "../../errors.ts";
import { limitRows } from "../../limits.ts";

/** Relay page information. */
@ObjectType({ description: "Where a page stands in its list (Relay Cursor Connections)." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether a page follows." })
  hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether a page comes before: true when `after` was given." })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first item; null when the page is empty." })
  startCursor: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor of the last item: pass it as `after` for the next page.",
  })
  endCursor: string | null;
}

/** Arguments of everything that pages. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 20,
    description: `Items on the page: 1 to ${limitRows.maxPageSize.value}.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "Cursor after which the page begins, as a page before gave it." })
  after?: string | null;
}

/** A page as the classes of every connection show it. */
export type Connection<T> = { edges: { cursor: string; node: T }[]; nodes: T[]; pageInfo: PageInfo };

/** Builds a connection. A cursor is the position of its item, so it stays good while the list grows. */
export function toConnection<T>(
  rows: readonly T[],
  hasNextPage: boolean,
  positionOf: (row: T) => string,
  after: string | null | undefined,
): Connection<T> {
  const edges = rows.map((node) => ({ cursor: encodeCursor(positionOf(node)), node }));
  return {
    edges,
    nodes: [...rows],
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Cursors are opaque to clients. */
export function encodeCursor(position: string): string {
  return Buffer.from(position).toString("base64url");
}

/** *Trust*: attacker-chosen. *Throws* CURSOR_INVALID. */
export function decodeCursor(cursor: string | null | undefined, shape: RegExp): string | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  const position = cursor.length <= 500 ? Buffer.from(cursor, "base64url").toString() : "";
  if (!shape.test(position) || encodeCursor(position) !== cursor) throw new HubError("CURSOR_INVALID");
  return position;
}

/** The position of a cursor that is a number. *Throws* CURSOR_INVALID. */
export function decodeNumber(cursor: string | null | undefined): number | undefined {
  const position = decodeCursor(cursor, numberShape);
  return position === undefined ? undefined : Number(position);
}

/** The number an id stands for; 0, which nothing has, for any other text. */
export function toNumber(id: string): number {
  return numberShape.test(id) ? Number(id) : 0;
}

const numberShape = /^\d{1,15}$/;

/** The size of a page. *Throws* PAGE_TOO_LARGE. */
export function pageSize(wanted: number | null | undefined): number {
  const first = wanted ?? 20;
  // The limit in force was held against the query before it ran; this one holds whatever happens.
  const { most } = limitRows.maxPageSize;
  if (first < 1 || first > most) throw new HubError("PAGE_TOO_LARGE", { limit: most, found: first });
  return first;
}

/** Makes the edge and connection classes of a paged type. */
export function connectionOf<T extends object>(name: string, itemClass: new () => T) {
  @ObjectType(`${name}Edge`, { description: `An item of a ${name}Connection.` })
  class Edge {
    @Field(() => String, { description: "Cursor of the item." })
    cursor: string;

    @Field(() => itemClass, { description: "The item." })
    node: T;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${name} items.` })
  class Page {
    @Field(() => [Edge], { description: "Items with their cursors." })
    edges: Edge[];

    @Field(() => [itemClass], { description: "Items alone." })
    nodes: T[];

    @Field(() => PageInfo, { description: "Where the page stands." })
    pageInfo: PageInfo;
  }
  return Page;
}

/** Codes of catalogue entries, as cursors and references bring them. */
export const codeShape = /^[\w.-]{1,100}$/;
