import type { ObjectedAccess } from "../../domain/access/objection.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import type { Row, Sql } from "../database.ts";
import { enter } from "../reader.ts";

/** A holder's objection to an access, and its department's answer. */
export type Objection = Readonly<{
  id: string;
  /** Number of the access record. */
  record: number;
  holder: string;
  department: string;
  text: string;
  madeAt: string;
  answer: string | null;
  answeredBy: string | null;
  answeredAt: string | null;
}>;

/** An objection to be written. */
export type NewObjection = Pick<Objection, "id" | "record" | "holder" | "department" | "text"> &
  Readonly<{ madeAt: Date }>;

/** Whose objections are asked for. */
export type ObjectionFilter = Readonly<{
  holder?: string | undefined;
  department?: string | undefined;
  answered?: boolean | undefined;
}>;

/** Objections to accesses. */
export function objectionStore(db: Sql) {
  return {
    /**
     * An access record about the holder, as the holder may see it; undefined: there is none. The transaction is entered
     * as the holder's, so that the database itself would not show another's. Call it inside one.
     */
    findAccess: async (holder: string, record: number, day: CalendarDate): Promise<ObjectedAccess | undefined> => {
      await enter(db, { mode: "HOLDER", holder, member: undefined, day });
      return db
        .selectFrom("access_record")
        .select(["department", "refusal"])
        .where("holder_code", "=", holder)
        .where("id", "=", record)
        .executeTakeFirst();
    },

    /** Undefined: there is an objection to this record already. */
    add: async (objection: NewObjection): Promise<Objection | undefined> => {
      const { id, record, holder, department, text, madeAt } = objection;
      const row = await db
        .insertInto("access_objection")
        .values({
          ...{ id, record_id: record, holder_code: holder, department, text, made_at: madeAt.toISOString() },
        })
        .onConflict((conflict) => conflict.column("record_id").doNothing())
        .returningAll()
        .executeTakeFirst();
      return row && toObjection(row);
    },

    /** An objection addressed to the department, locked for its answer. */
    lockForAnswer: async (department: string, record: number): Promise<Objection | undefined> => {
      const row = await db
        .selectFrom("access_objection")
        .selectAll()
        .where("record_id", "=", record)
        .where("department", "=", department)
        .forNoKeyUpdate()
        .executeTakeFirst();
      return row && toObjection(row);
    },

    answer: async (id: string, answer: string, answeredBy: string, answeredAt: Date): Promise<Objection> => {
      const row = await db
        .updateTable("access_objection")
        .set({ answer, answered_by: answeredBy, answered_at: answeredAt.toISOString() })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toObjection(row);
    },

    /** By number of the access record. */
    findOfRecords: async (records: readonly number[]): Promise<ReadonlyMap<number, Objection>> => {
      if (records.length === 0) return new Map();
      const rows = await db.selectFrom("access_objection").selectAll().where("record_id", "in", records).execute();
      return new Map(rows.map(toObjection).map((objection) => [objection.record, objection]));
    },

    /** The newest access first. @param after number of the last access record seen */
    list: async (filter: ObjectionFilter, first: number, after: number | undefined): Promise<Page<Objection>> => {
      let query = db
        .selectFrom("access_objection")
        .selectAll()
        .orderBy("record_id", "desc")
        .limit(first + 1);
      if (filter.holder !== undefined) query = query.where("holder_code", "=", filter.holder);
      if (filter.department !== undefined) query = query.where("department", "=", filter.department);
      if (filter.answered !== undefined) query = query.where("answer", filter.answered ? "is not" : "is", null);
      if (after !== undefined) query = query.where("record_id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toObjection), hasNextPage: rows.length > first };
    },
  };
}

/** What `objectionStore` offers. */
export type ObjectionStore = ReturnType<typeof objectionStore>;

function toObjection(row: Row<"access_objection">): Objection {
  return {
    ...{ id: row.id, record: Number(row.record_id), holder: row.holder_code, department: row.department },
    ...{ text: row.text, madeAt: row.made_at },
    ...{ answer: row.answer, answeredBy: row.answered_by, answeredAt: row.answered_at },
  };
}
