import type { ClientKind } from "../../domain/access/client.ts";
import type { MemberRole } from "../../domain/access/member.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { type Sql, statement } from "../database.ts";

/** Whom a sender's client is, as the database says at this moment; and whether its proof is new. */
export type SenderStanding = Readonly<{
  /** Undefined: no such client, or a suspended one. */
  kind: ClientKind | undefined;
  isNewProof: boolean;
}>;

/** An enterprise a person may act for, and as what. */
export type Membership = Readonly<{
  id: string;
  holder: Readonly<{ idType: HolderIdType; id: string; name: string }>;
  role: MemberRole;
  /** Names of the license types it is limited to; null: all. */
  licenseTypes: readonly string[] | null;
}>;

/** A holder that can be picked in a demo. */
export type KnownHolder = Readonly<{ code: string; idType: HolderIdType; name: string }>;

/** Who sends: clients that stand, proofs seen, people and whom they act for. */
export function senderStore(db: Sql) {
  return {
    /**
     * One statement for all a request must know of its sender. A proof is remembered for every copy of the hub at
     * once, and of two equal ones at the same moment one is new.
     */
    meet: async (
      clientId: string,
      proof: Readonly<{ id: string; expiresAt: Date }> | undefined,
    ): Promise<SenderStanding> => {
      const [row] = proof
        ? await meetWithProof(db, [clientId, proof.id, proof.expiresAt.toISOString()])
        : await meetBearer(db, [clientId]);
      return { kind: row?.kind ?? undefined, isNewProof: row?.is_new ?? false };
    },

    /** Memberships of a person valid on the day. *Order*: by enterprise. */
    membershipsOf: async (personCode: string, day: CalendarDate): Promise<readonly Membership[]> =>
      (await selectMemberships(db, [personCode, null, day])).map(toMembership),

    /** A membership, if it is valid on the day. */
    findMembership: async (id: string, day: CalendarDate): Promise<Membership | undefined> =>
      (await selectMemberships(db, [null, id, day])).map(toMembership)[0],

    findHolder: async (code: string): Promise<KnownHolder | undefined> => {
      const [row] = await selectHolder(db, [code]);
      return row && { code: row.code, idType: row.id_type, name: row.name };
    },

    /** Some holders of a kind, for a demo; those somebody is a member of or is a member first. */
    sampleHolders: async (idType: HolderIdType, count: number): Promise<readonly KnownHolder[]> =>
      (await selectSample(db, [idType, count])).map((row) => ({ ...row, idType })),
  };
}

/** What `senderStore` offers. */
export type SenderStore = ReturnType<typeof senderStore>;

type StandingRow = Readonly<{ kind: ClientKind | null; is_new: boolean }>;

const standing = "(select kind from client where id = $1 and active) as kind";

const meetBearer = statement<StandingRow>(`select ${standing}, true as is_new`);

const meetWithProof = statement<StandingRow>(`
  with seen as (insert into dpop_proof (digest, expires_at) values ($2, $3::timestamptz) on conflict do nothing returning 1)
  select ${standing}, exists (select from seen) as is_new`);

type MembershipRow = Readonly<{
  id: string;
  role: MemberRole;
  code: string;
  id_type: HolderIdType | null;
  name: string | null;
  types: string[] | null;
}>;

const selectMemberships = statement<MembershipRow>(`
  select m.id, m.role, m.holder_code as code, h.id_type, h.name, case when m.license_types is not null then
    array(select t.name from license_type t where t.code = any(m.license_types) order by t.code) end as types
  from holder_member m left join holder h on h.code = m.holder_code
  where ($1::text is null or m.person_code = $1) and ($2::uuid is null or m.id = $2) and m.ended_at is null
    and m.valid_from <= $3::date and (m.valid_until is null or m.valid_until >= $3::date)
  order by m.holder_code, m.id limit 200`);

function toMembership({ id, role, code, id_type: idType, name, types }: MembershipRow): Membership {
  return { id, role, licenseTypes: types, holder: { idType: idType ?? "USCC", id: code, name: name ?? code } };
}

const selectHolder = statement<{ code: string; id_type: HolderIdType; name: string }>(
  "select code, id_type, name from holder where code = $1",
);

const selectSample = statement<{ code: string; name: string }>(`
  select h.code, h.name from holder h where h.id_type = $1
  order by exists (select from holder_member m where m.ended_at is null
    and (m.person_code = h.code or m.holder_code = h.code)) desc, h.code limit $2::int`);
