import { randomInt, randomUUID } from "node:crypto";
import type { Config } from "./config.ts";
import type { IssuerKeys } from "./connectors/issuer-keys.ts";
import type { CallPolicy } from "./connectors/notices/callable-addresses.ts";
import type { Caller, Purpose } from "./domain/access/caller.ts";
import type { Misses } from "./domain/access/rate.ts";
import type { CalendarDate } from "./domain/calendar.ts";
import type { CorrectionTerms } from "./domain/corrections/correction.ts";
import type { RawRecord } from "./domain/licenses/license-record.ts";
import type { WorkingCalendar } from "./domain/working-days.ts";
import { accessVerbs } from "./hub/access-verbs.ts";
import { catalogueVerbs } from "./hub/catalogue-verbs.ts";
import { collectingVerbs } from "./hub/collecting-verbs.ts";
import { correctionVerbs } from "./hub/correction-verbs.ts";
import { type KeyPlan, keyOperatorVerbs, keyRounds } from "./hub/keys/key-verbs.ts";
import type { HubKeys } from "./hub/keys/open-keys.ts";
import { logVerbs } from "./hub/log-verbs.ts";
import { materialVerbs } from "./hub/material-verbs.ts";
import { noticeVerbs } from "./hub/notice-verbs.ts";
import { reconcilingVerbs } from "./hub/reconciling-verbs.ts";
import { recordVerbs } from "./hub/record-verbs.ts";
import { sourceVerbs } from "./hub/source-verbs.ts";
import { statusVerbs } from "./hub/status-verbs.ts";
import { type Limits, standardLimits } from "./limits.ts";
import { joinKeyrings } from "./proof/access/issuer-keys.ts";
import {
  type AdmissionRequest,
  accessStore,
  type IsMember,
  type RefusableRequest,
  type Refuse,
} from "./store/access/access-store.ts";
import { clientStore } from "./store/access/client-store.ts";
import { removeExpired } from "./store/access/expired-store.ts";
import { type ExportFilter, type ExportFormat, type LedgerStore, ledgerStore } from "./store/access/ledger-store.ts";
import { memberStore } from "./store/access/member-store.ts";
import { missCounts } from "./store/access/miss-counts.ts";
import { oauthStore } from "./store/access/oauth-store.ts";
import { rateLeases } from "./store/access/rate-leases.ts";
import { rateStore } from "./store/access/rate-store.ts";
import { senderStore } from "./store/access/sender-store.ts";
import { type CatalogueRows, catalogueStore } from "./store/catalogue/catalogue-store.ts";
import type { Database, Sql } from "./store/database.ts";
import type { Sealing } from "./store/keys/sealing.ts";
import { collectingStore } from "./store/licenses/collecting-store.ts";
import { licenseStore } from "./store/licenses/license-store.ts";
import { materialStore } from "./store/materials/material-store.ts";
import { relianceStore } from "./store/notices/reliance-store.ts";
import type { Outage } from "./store/outage.ts";
import { enter, type Reader } from "./store/reader.ts";
import { admitCaller, permitCaller, refuseCaller } from "./use-cases/access/admit-caller.ts";
import { checkAccessDay } from "./use-cases/access/check-access-day.ts";
import { permitOperator } from "./use-cases/access/clients/permit-operator.ts";
import { checkMisses, noteMisses } from "./use-cases/access/count-misses.ts";
import { exportAccessRecords } from "./use-cases/access/export-access-records.ts";
import { type Charge, limitRate } from "./use-cases/access/limit-rate.ts";
import { readAccessDays } from "./use-cases/access/read-access-days.ts";
import { type RecordQuery, readAccessRecords } from "./use-cases/access/read-access-records.ts";
import { sealAccessRecords } from "./use-cases/access/seal-access-records.ts";
import { type Claims, confirmLicense } from "./use-cases/licenses/confirm-license.ts";
import { readEnterprises } from "./use-cases/licenses/read-enterprises.ts";
import { type LicensesQuestion, readLicenses } from "./use-cases/licenses/read-licenses.ts";
import { readLicensesByIdentifier } from "./use-cases/licenses/read-licenses-by-identifier.ts";
import { readSubmission } from "./use-cases/licenses/read-submission.ts";
import { type VerifyLicenseInput, verifyLicense } from "./use-cases/licenses/verify-license.ts";
import { loadDemo } from "./use-cases/load-demo.ts";
import { makeBundles, type WholeLicense } from "./use-cases/log/make-bundles.ts";
import type { LogTrouble } from "./use-cases/log/publish-checkpoint.ts";

/** What a hub is made of. `now` is the only clock below the doors. */
export type HubParts = Readonly<{
  database: Database;
  keys: HubKeys;
  /** Whose signatures under checkpoints count. */
  witnesses?: Config["witnesses"];
  /** Where the log's newest head is remembered, beside its key. */
  keysDir: string;
  keyPlan: KeyPlan;
  publicUrl: string;
  now: () => Date;
  /** Absent: the standard ones. */
  limits?: Limits;
  /** Keys of the OpenID Provider that issues tokens instead of the hub. */
  outsideKeys?: IssuerKeys | undefined;
  /** The file of what sources name as secrets. */
  sourceSecrets?: string | undefined;
  /** How long sources have to answer and to correct. */
  correctionTerms: CorrectionTerms;
  /** Which days are worked. */
  workingDays: WorkingCalendar;
  /** For how many days after its last fetch a case that nobody closes is told of changes. */
  caseOpenDays: number;
  /** What secrets in the database are sealed with. */
  sealing: Sealing;
  /** Where webhooks may lead. */
  calls: CallPolicy;
}>;

/** The hub: every verb, wired to its tools. */
export type Hub = ReturnType<typeof makeHub>;

/** Wires every verb to its tools. */
export function makeHub(parts: HubParts) {
  const {
    database,
    keys,
    keyPlan,
    keysDir,
    publicUrl,
    now,
    limits = standardLimits,
    outsideKeys,
    sourceSecrets,
  } = parts;
  const { correctionTerms: terms, workingDays: calendar, caseOpenDays, sealing, calls, witnesses = [] } = parts;
  const newId = randomUUID;
  const sql = database.sql();
  const access = accessStore(sql);
  const licenses = licenseStore(sql);
  const catalogueOnly = catalogueVerbs({ database, now });
  const { catalogue } = catalogueOnly;
  const { keyring } = keys;
  const keyParts = { database, now, plan: keyPlan, changed: keys.refresh };

  const stores = (db: Sql) => ({
    ...{ access: accessStore(db), catalogue: catalogueStore(db), collecting: collectingStore(db) },
    ...{ licenses: licenseStore(db), materials: materialStore(db), ledger: ledgerStore(db) },
    reliances: relianceStore(db),
  });
  // Whatever is guarded is read in a transaction that has told the database for whom.
  const read = <T>(reader: Reader, run: (inside: ReturnType<typeof stores>) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(stores(db));
    });
  const readLedger = <T>(run: (ledger: LedgerStore) => Promise<T>) =>
    read({ mode: "AUDIT" }, ({ ledger }) => run(ledger));
  const { find: findClient } = clientStore(sql);
  const { findRole } = memberStore(sql);
  const isMember: IsMember = async (member, holder, day) => (await findRole(holder, member, day)) !== undefined;
  const gate = { now, access, isMember };
  const permit = (caller: Caller, request: RefusableRequest) => permitCaller(gate, caller, request);
  const admit = (caller: Parameters<typeof admitCaller>[1], request: AdmissionRequest) =>
    admitCaller(gate, caller, request);
  const refuse: Refuse = (caller, request, code, details, department) =>
    refuseCaller(gate, caller, request, code, details, department);

  const rates = rateStore(sql);
  const take = rateLeases(rates, now);
  const charge = (caller: Caller, charged: Charge) => limitRate({ now, limits, take }, caller, charged);
  const missTools: Parameters<typeof checkMisses>[0] = {
    ...{ now, limit: limits.maxMissesPerHour, counts: missCounts(rates, limits.maxMissesPerHour, now) },
    refuse: (caller, details) =>
      refuseCaller(gate, caller, { action: "READ", purpose: null, holders: [] }, "RATE_LIMITED", details),
  };
  const misses: Misses = {
    check: (caller) => checkMisses(missTools, caller),
    note: (caller, count) => noteMisses(missTools, caller, count),
  };

  const accessOnly = accessVerbs({ database, now, newId });

  const log = logVerbs({ database, keys, keysDir, publicUrl, witnesses, now });

  const chance = () => randomInt(2 ** 20) / 2 ** 20;
  const { submit, ...collected } = collectingVerbs({
    ...{ database, keys, publicUrl, now, newId, limits, charge },
    catalogue,
  });

  const statusLists = statusVerbs({ database, keys, keyring, publicUrl, now, charge });

  return {
    // collect
    ...collected,
    readSubmission: (caller: Caller, id: string) => readSubmission({ now, read, misses }, caller, id),

    // read
    readEnterprises: (caller: Caller, codes: readonly string[]) => readEnterprises({ misses, licenses }, caller, codes),
    readLicenses: (caller: Caller, question: LicensesQuestion) =>
      readLicenses({ now, permit, refuse, findClientAccess: access.findClientAccess, licenses }, caller, question),
    readLicensesByIdentifier: (caller: Caller, question: { identifiers: readonly string[]; purpose: Purpose }) =>
      readLicensesByIdentifier({ permit, admit, misses, read }, caller, question),
    confirmLicense: (caller: Caller, question: { identifier: string; claims: Claims }) =>
      confirmLicense({ now, permit, refuse, misses, findClient: access.findClient, isMember, read }, caller, question),
    // what was known when
    ...recordVerbs({ database, now, permit, admit }),
    // what sources hold and the hub does not, and the other way round
    ...reconcilingVerbs({ database, now, newId, limits, sourceSecrets }, (caller) =>
      permitOperator({ findClient }, caller),
    ),
    // access ledger
    readAccessRecords: (caller: Caller, query: RecordQuery) =>
      readAccessRecords({ now, read, permit: accessOnly.permitMember }, caller, query),
    readAccessDays: (caller: Caller, page: { first: number; after: CalendarDate | undefined }) =>
      readAccessDays({ ledger: ledgerStore(sql) }, caller, page),
    checkAccessDay: (caller: Caller, day: CalendarDate) => checkAccessDay({ read: readLedger }, caller, day),
    exportAccessRecords: (caller: Caller, format: ExportFormat, filter: ExportFilter) =>
      exportAccessRecords({ read: readLedger }, caller, format, filter),
    /** A round, to be run every second or so on every copy. */
    sealAccessRecords: () => sealAccessRecords({ now, read: readLedger }),

    // clients, grants, members, objections
    ...accessOnly,

    // what licenses should say
    ...correctionVerbs({
      ...{ database, now, limits, terms, calendar, permit, admit, misses, catalogue },
      permitMember: accessOnly.permitMember,
    }),

    // sources the hub pulls from
    ...sourceVerbs({ database, now, newId, chance, limits, sourceSecrets, submit }),

    // who relies on what, and is told when it changes
    ...noticeVerbs({ database, now, newId, chance, limits, sealing: async () => sealing, calls }, (caller) =>
      permitOperator({ findClient }, caller),
    ),

    // once-only
    ...materialVerbs({ now, newId, permit, admit, refuse, misses, read, caseOpenDays, calendar, keys }),

    // what a stranger can check: status lists, public log, bundles
    ...statusLists,
    ...log,
    /** Bundles of licenses that were just disclosed whole to the caller. */
    makeBundles: (licenses: readonly WholeLicense[]) =>
      makeBundles({ keyring, prove: log.proveLicenses, findStatusList: statusLists.findStatusToken }, licenses),

    // verify
    verifyLicense: async (input: VerifyLicenseInput) => {
      const { licenseTypes } = await catalogue();
      const schemaOf = (code: string) => licenseTypes.get(code)?.checkAttributes;
      return verifyLicense({ keyring, now, schemaOf, statusOf: statusLists.judgeOwnStatus }, input);
    },
    // the hub's own keys
    /** Every key that ever signed, for `/.well-known/jwks.json`. */
    publicKeys: keys.publicKeys,
    ...keyOperatorVerbs(keyParts, (caller) => permitOperator({ findClient }, caller)),
    ...keyRounds(keyParts, keys),
    /** A round, to be run every second or so: takes in what other copies changed of the keys. */
    refreshKeys: keys.refresh,
    /** The key whose private half is not at hand, if there is one. */
    findKeyTrouble: keys.findTrouble,
    /** The same, ready to verify with. */
    keyring,
    now,
    newId: (): string => newId(),

    // tokens
    publicUrl,
    /** Whose tokens count, besides those of a demo: the hub's own, or the outside issuer's. */
    tokenIssuer: keys.issuesTokens ? publicUrl : outsideKeys?.issuer,
    /** Keys that access tokens are verified with; `refreshTokenKeys` before a token names one that is not there. */
    tokenKeyring: outsideKeys ? joinKeyrings([keyring, outsideKeys.keyring]) : keyring,
    refreshTokenKeys: async (kid: string) => outsideKeys?.refresh(kid),
    senders: senderStore(sql),
    /** What the authorization server stands on; undefined: tokens come from outside. */
    authorization: keys.issuesTokens ? { keys, store: oauthStore(sql, now) } : undefined,

    // catalogue, open to everyone
    ...catalogueOnly,

    // operate
    /** Takes points of the caller's minute. *Throws* RATE_LIMITED, BUSY. */
    charge,
    /** What is wrong with the database, if anything is. */
    findTrouble: async (): Promise<Outage | LogTrouble | "MIGRATING" | undefined> => {
      const isReady = await database.isReady().catch(() => undefined);
      if (!isReady) return isReady === undefined ? "BUSY" : "MIGRATING";
      return (await database.isFull()) ? "STORAGE_FULL" : log.logTrouble();
    },
    /** Removes expired codes, sessions, proofs and counted requests; any copy may do it at any time. */
    removeExpired: () => removeExpired(sql, now()),
    loadDemo: (rows: CatalogueRows, records: readonly RawRecord[], onProgress: (done: number) => void) =>
      loadDemo(
        {
          ...{ submit: collected.submitUncharged, onProgress },
          findSubmission: (clientId, where) =>
            read({ mode: "COLLECT" }, ({ collecting }) => collecting.findSubmission(clientId, where)),
          register: (clients, grants) => database.transaction((db) => accessStore(db).register(clients, grants)),
        },
        rows,
        records,
      ),
  };
}
