import type { GrantGround, GrantRequest } from "../../domain/access/grant.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import type { Row, Sql } from "../database.ts";

/** A grant as stored. */
export type StoredGrant = GrantRequest &
  Readonly<{
    id: number;
    grantedBy: string;
    grantedAt: string;
    revokedBy: string | null;
    revokedAt: string | null;
  }>;

/** Which grants are asked for; every set field narrows. */
export type GrantFilter = Readonly<{
  client?: string | undefined;
  procedure?: string | undefined;
  licenseType?: string | undefined;
  /** True: not revoked and not over on the day; false: the others. */
  standing?: boolean | undefined;
}>;

/** Grants: who may see which license type for which procedure. */
export function grantStore(db: Sql) {
  return {
    /** A procedure's department and the license types its materials name; undefined: there is no such procedure. */
    findProcedure: async (code: string): Promise<GrantGround["procedure"]> => {
      const row = await db.selectFrom("procedure").select("department").where("code", "=", code).executeTakeFirst();
      if (!row) return undefined;
      const needs = await db
        .selectFrom("procedure_need")
        .select("license_type")
        .where("procedure", "=", code)
        .execute();
      return { department: row.department, needs: needs.map((need) => need.license_type) };
    },

    find: async (id: number): Promise<StoredGrant | undefined> => {
      const row = await db.selectFrom("access_grant").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toGrant(row);
    },

    /** The grant not revoked of a client for a type and a procedure: there is one at most, even if its days are over. */
    findStanding: async ({
      clientId,
      procedure,
      licenseType,
    }: Pick<GrantRequest, "clientId" | "procedure" | "licenseType">): Promise<StoredGrant | undefined> => {
      const row = await db
        .selectFrom("access_grant")
        .selectAll()
        .where("client_id", "=", clientId)
        .where("procedure", "=", procedure)
        .where("license_type", "=", licenseType)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      return row && toGrant(row);
    },

    add: async (grant: GrantRequest, grantedBy: string, grantedAt: Date): Promise<StoredGrant> => {
      const row = await db
        .insertInto("access_grant")
        .values({
          ...{ client_id: grant.clientId, license_type: grant.licenseType, procedure: grant.procedure },
          ...{ valid_from: grant.validFrom, valid_until: grant.validUntil, legal_basis: grant.legalBasis },
          ...{ whole_license: grant.wholeLicense, granted_by: grantedBy, granted_at: grantedAt.toISOString() },
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toGrant(row);
    },

    revoke: async (id: number, revokedBy: string, revokedAt: Date): Promise<void> => {
      await db
        .updateTable("access_grant")
        .set({ revoked_by: revokedBy, revoked_at: revokedAt.toISOString() })
        .where("id", "=", id)
        .execute();
    },

    /** Newest first. @param after number of the last grant seen */
    list: async (
      filter: GrantFilter,
      day: CalendarDate,
      first: number,
      after: number | undefined,
    ): Promise<Page<StoredGrant>> => {
      let query = db
        .selectFrom("access_grant")
        .selectAll()
        .orderBy("id", "desc")
        .limit(first + 1);
      if (filter.client !== undefined) query = query.where("client_id", "=", filter.client);
      if (filter.procedure !== undefined) query = query.where("procedure", "=", filter.procedure);
      if (filter.licenseType !== undefined) query = query.where("license_type", "=", filter.licenseType);
      if (filter.standing === true) {
        query = query
          .where("revoked_at", "is", null)
          .where((eb) => eb.or([eb("valid_until", "is", null), eb("valid_until", ">=", day)]));
      }
      if (filter.standing === false) {
        query = query.where((eb) => eb.or([eb("revoked_at", "is not", null), eb("valid_until", "<", day)]));
      }
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toGrant), hasNextPage: rows.length > first };
    },
  };
}

/** What `grantStore` offers. */
export type GrantStore = ReturnType<typeof grantStore>;

function toGrant(row: Row<"access_grant">): StoredGrant {
  return {
    ...{ id: Number(row.id), clientId: row.client_id, licenseType: row.license_type, procedure: row.procedure },
    ...{ validFrom: row.valid_from, validUntil: row.valid_until, legalBasis: row.legal_basis },
    ...{ wholeLicense: row.whole_license, grantedBy: row.granted_by, grantedAt: row.granted_at },
    ...{ revokedBy: row.revoked_by, revokedAt: row.revoked_at },
  };
}
