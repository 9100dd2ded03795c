import type { Action, Caller } from "../domain/access/caller.ts";
import type { Appointment } from "../domain/access/member.ts";
import { accessStore } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import { grantStore } from "../store/access/grant-store.ts";
import { memberStore } from "../store/access/member-store.ts";
import { objectionStore } from "../store/access/objection-store.ts";
import type { Database } from "../store/database.ts";
import { type RecordKeyStore, recordKeyStore } from "../store/keys/record-key-store.ts";
import { addClientKey, type NewClientKey } from "../use-cases/access/clients/add-client-key.ts";
import { grantAccess, type NewGrant } from "../use-cases/access/clients/grant-access.ts";
import { permitOperator } from "../use-cases/access/clients/permit-operator.ts";
import { type ClientQuery, readClients } from "../use-cases/access/clients/read-clients.ts";
import { type GrantQuery, readGrants } from "../use-cases/access/clients/read-grants.ts";
import { type OperatorRecordQuery, readOperatorRecords } from "../use-cases/access/clients/read-operator-records.ts";
import { type NewClient, registerClient } from "../use-cases/access/clients/register-client.ts";
import { resumeClient } from "../use-cases/access/clients/resume-client.ts";
import { type RetiredKey, retireClientKey } from "../use-cases/access/clients/retire-client-key.ts";
import { revokeGrant } from "../use-cases/access/clients/revoke-grant.ts";
import { suspendClient } from "../use-cases/access/clients/suspend-client.ts";
import { appointMember } from "../use-cases/access/members/appoint-member.ts";
import { endMember } from "../use-cases/access/members/end-member.ts";
import { permitMember } from "../use-cases/access/members/permit-member.ts";
import { type MemberQuery, readMembers } from "../use-cases/access/members/read-members.ts";
import { answerObjection, type ObjectionAnswer } from "../use-cases/access/objections/answer-objection.ts";
import { type NewHolderObjection, objectToAccess } from "../use-cases/access/objections/object-to-access.ts";
import { type ObjectionQuery, readObjections } from "../use-cases/access/objections/read-objections.ts";
import { addRecordKeys, type NewRecordKeys } from "../use-cases/access/record-keys/add-record-keys.ts";
import { readRecordKeys } from "../use-cases/access/record-keys/read-record-keys.ts";
import { retireRecordKey } from "../use-cases/access/record-keys/retire-record-key.ts";
import { setUnsignedRecords } from "../use-cases/access/record-keys/set-unsigned-records.ts";

/** What the verbs of access are made of. */
export type AccessParts = Readonly<{ database: Database; now: () => Date; newId: () => string }>;

/** Lets an operator in, or throws; answers with the name its decisions are recorded under. */
export type PermitOperator = (caller: Caller) => Promise<string>;

/** Who administers clients and grants. The command line brings its own `permit`: who may read the database may decide. */
export type OperatorVerbs = ReturnType<typeof operatorVerbs>;

/** The verbs about clients, keys and grants, wired to their tools. */
export function operatorVerbs({ database, now }: Pick<AccessParts, "database" | "now">, permit: PermitOperator) {
  const clients = clientStore(database.sql());
  const decide = {
    ...{ now, permit },
    transaction: <T>(run: (inside: ReturnType<typeof clientStore>) => Promise<T>) =>
      database.transaction((db) => run(clientStore(db))),
  };
  const grant = {
    ...{ now, permit },
    transaction: <T>(
      run: (inside: { clients: ReturnType<typeof clientStore>; grants: ReturnType<typeof grantStore> }) => Promise<T>,
    ) => database.transaction((db) => run({ clients: clientStore(db), grants: grantStore(db) })),
  };
  const decideKeys = {
    ...{ now, permit },
    transaction: <T>(run: (inside: { clients: ReturnType<typeof clientStore>; keys: RecordKeyStore }) => Promise<T>) =>
      database.transaction((db) => run({ clients: clientStore(db), keys: recordKeyStore(db) })),
  };
  return {
    addRecordKeys: (caller: Caller, input: NewRecordKeys) => addRecordKeys(decideKeys, caller, input),
    retireRecordKey: (caller: Caller, input: Parameters<typeof retireRecordKey>[2]) =>
      retireRecordKey(decideKeys, caller, input),
    setUnsignedRecords: (caller: Caller, input: Parameters<typeof setUnsignedRecords>[2]) =>
      setUnsignedRecords(decideKeys, caller, input),
    readRecordKeys: (caller: Caller, clientIds: readonly string[]) =>
      readRecordKeys({ permit, keys: recordKeyStore(database.sql()) }, caller, clientIds),
    registerClient: (caller: Caller, input: NewClient) => registerClient(decide, caller, input),
    suspendClient: (caller: Caller, id: string) => suspendClient(decide, caller, id),
    resumeClient: (caller: Caller, id: string) => resumeClient(decide, caller, id),
    addClientKey: (caller: Caller, input: NewClientKey) => addClientKey(decide, caller, input),
    retireClientKey: (caller: Caller, input: RetiredKey) => retireClientKey(decide, caller, input),
    grantAccess: (caller: Caller, input: NewGrant) => grantAccess(grant, caller, input),
    revokeGrant: (caller: Caller, id: number) => revokeGrant(grant, caller, id),
    readClients: (caller: Caller, query: ClientQuery) => readClients({ permit, clients }, caller, query),
    readGrants: (caller: Caller, query: GrantQuery) =>
      readGrants({ now, permit, grants: grantStore(database.sql()) }, caller, query),
    readOperatorRecords: (caller: Caller, query: OperatorRecordQuery) =>
      readOperatorRecords({ permit, clients }, caller, query),
  };
}

/** Every verb about clients, grants, members and objections, wired to its tools. */
export function accessVerbs({ database, now, newId }: AccessParts) {
  const sql = database.sql();
  const members = memberStore(sql);
  const objections = objectionStore(sql);
  const { findClient } = accessStore(sql);
  const permit = (caller: Caller, action: Action) => permitMember({ now, findRole: members.findRole }, caller, action);
  const appoint = {
    ...{ now, newId, permit },
    transaction: <T>(run: (inside: typeof members) => Promise<T>) => database.transaction((db) => run(memberStore(db))),
  };
  const object = {
    ...{ now, newId, permit, findClient },
    transaction: <T>(run: (inside: typeof objections) => Promise<T>) =>
      database.transaction((db) => run(objectionStore(db))),
  };
  return {
    ...operatorVerbs({ database, now }, (caller) => permitOperator({ findClient: clientStore(sql).find }, caller)),
    appointMember: (caller: Caller, input: Appointment) => appointMember(appoint, caller, input),
    endMember: (caller: Caller, id: string) => endMember(appoint, caller, id),
    readMembers: (caller: Caller, query: MemberQuery) => readMembers({ permit, members }, caller, query),
    objectToAccess: (caller: Caller, input: NewHolderObjection) => objectToAccess(object, caller, input),
    answerObjection: (caller: Caller, input: ObjectionAnswer) => answerObjection(object, caller, input),
    readObjections: (caller: Caller, query: ObjectionQuery) =>
      readObjections({ permit, findClient, objections }, caller, query),
    /** The first line of whatever a holder reads of its own. */
    permitMember: permit,
    /** Objections to accesses already shown to the caller. */
    objectionsOf: (records: readonly number[]) => objections.findOfRecords(records),
  };
}
