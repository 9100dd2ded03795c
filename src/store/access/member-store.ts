import { sql } from "kysely";
import type { Appointment, MemberRole, StandingMember } from "../../domain/access/member.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import type { Row, Sql } from "../database.ts";

/** A membership as stored. `appointedBy`, `endedBy`: the membership of who did it, or `enterprise`. */
export type StoredMember = StandingMember &
  Readonly<{
    id: string;
    personName: string;
    validFrom: CalendarDate;
    appointedBy: string;
    appointedAt: string;
    endedBy: string | null;
    endedAt: string | null;
  }>;

/** A membership to be written. */
export type NewMember = Appointment &
  Readonly<{ id: string; holder: string; validFrom: CalendarDate; appointedBy: string; appointedAt: Date }>;

/** Where a page of members ended. */
export type MemberPosition = Readonly<{ appointedAt: string; id: string }>;

/** Who may act for an enterprise. Every statement names the enterprise, so that none reaches another's members. */
export function memberStore(db: Sql) {
  return {
    /** Locks an enterprise's members, also those not there yet, for the rest of the transaction. */
    lock: async (holder: string): Promise<void> => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`holder_member ${holder}`}, 0))`.execute(db);
    },

    /** Members whose term is not over on the day: neither ended nor past their last day. */
    listStanding: async (holder: string, day: CalendarDate): Promise<readonly StoredMember[]> => {
      const rows = await standing(db, holder, day).execute();
      return rows.map(toMember);
    },

    /** The role in which a membership acts on the day; undefined: it does not stand. */
    findRole: async (holder: string, id: string, day: CalendarDate): Promise<MemberRole | undefined> => {
      const row = await standing(db, holder, day)
        .where("id", "=", id)
        .where("valid_from", "<=", day)
        .executeTakeFirst();
      return row?.role;
    },

    find: async (holder: string, id: string): Promise<StoredMember | undefined> => {
      const row = await db
        .selectFrom("holder_member")
        .selectAll()
        .where("holder_code", "=", holder)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toMember(row);
    },

    add: async (member: NewMember): Promise<StoredMember> => {
      const row = await db
        .insertInto("holder_member")
        .values({
          ...{ id: member.id, holder_code: member.holder, role: member.role },
          ...{ person_code: member.personCode, person_name: member.personName },
          ...{ license_types: member.licenseTypes === null ? null : [...member.licenseTypes] },
          ...{ valid_from: member.validFrom, valid_until: member.validUntil },
          ...{ appointed_by: member.appointedBy, appointed_at: member.appointedAt.toISOString() },
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toMember(row);
    },

    end: async (holder: string, id: string, endedBy: string, endedAt: Date): Promise<void> => {
      await db
        .updateTable("holder_member")
        .set({ ended_by: endedBy, ended_at: endedAt.toISOString() })
        .where("holder_code", "=", holder)
        .where("id", "=", id)
        .execute();
    },

    /** License types that do not exist, of those named. */
    unknownTypes: async (codes: readonly string[]): Promise<readonly string[]> => {
      if (codes.length === 0) return [];
      const rows = await db.selectFrom("license_type").select("code").where("code", "in", codes).execute();
      const known = new Set(rows.map(({ code }) => code));
      return codes.filter((code) => !known.has(code));
    },

    /** All that ever were, the last appointed first. */
    list: async (holder: string, first: number, after: MemberPosition | undefined): Promise<Page<StoredMember>> => {
      let query = db
        .selectFrom("holder_member")
        .selectAll()
        .where("holder_code", "=", holder)
        .orderBy("appointed_at", "desc")
        .orderBy("id", "desc")
        .limit(first + 1);
      if (after) {
        const { appointedAt, id } = after;
        query = query.where(sql<boolean>`(appointed_at, id) < (${appointedAt}::timestamptz, ${id}::uuid)`);
      }
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toMember), hasNextPage: rows.length > first };
    },
  };
}

/** What `memberStore` offers. */
export type MemberStore = ReturnType<typeof memberStore>;

function standing(db: Sql, holder: string, day: CalendarDate) {
  return db
    .selectFrom("holder_member")
    .selectAll()
    .where("holder_code", "=", holder)
    .where("ended_at", "is", null)
    .where((eb) => eb.or([eb("valid_until", "is", null), eb("valid_until", ">=", day)]));
}

function toMember(row: Row<"holder_member">): StoredMember {
  return {
    ...{ id: row.id, personCode: row.person_code, personName: row.person_name, role: row.role },
    ...{ licenseTypes: row.license_types, validFrom: row.valid_from, validUntil: row.valid_until },
    ...{ appointedBy: row.appointed_by, appointedAt: row.appointed_at },
    ...{ endedBy: row.ended_by, endedAt: row.ended_at },
  };
}
