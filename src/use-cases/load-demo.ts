import type { Caller } from "../domain/access/caller.ts";
import { scopesOfKind } from "../domain/access/caller.ts";
import type { RawRecord } from "../domain/licenses/license-record.ts";
import { licenseTypesOf, type Procedure } from "../domain/materials/procedure.ts";
import type { AccessStore } from "../store/access/access-store.ts";
import type { CatalogueRows } from "../store/catalogue/catalogue-store.ts";
import type { StoredSubmission } from "../store/licenses/collecting-store.ts";

/** What loading the demo needs. `submit` is the same verb every department uses. */
export type Tools = Readonly<{
  register: AccessStore["register"];
  findSubmission: (clientId: string, where: { batchId: string; firstIndex: number }) => Promise<unknown>;
  submit: (caller: Caller, input: { batchId: string; records: readonly RawRecord[] }) => Promise<StoredSubmission>;
  onProgress: (done: number) => void;
}>;

/** What came of the sample data. */
export type DemoReport = Readonly<Pick<StoredSubmission, "accepted" | "unchanged" | "rejected" | "pending">>;

/** Records of one submission while loading. */
const batchSize = 250;

/**
 * Makes a client of every department, grants it for each of its own procedures exactly the license types those
 * materials name, and hands the sample records in as their issuers. Goes on where an earlier load was cut off: batches
 * keep their ids, so what is in is answered and not stored again.
 * @returns undefined when everything is loaded already
 */
export async function loadDemo(
  tools: Tools,
  catalogue: CatalogueRows,
  records: readonly RawRecord[],
): Promise<DemoReport | undefined> {
  const { departments, procedures } = catalogue;
  const keys = new Map(departments.map((department) => [department.code, department.key]));
  await tools.register(othersThanDepartments, []);
  const batches = batchesOf(records, keys);
  const last = batches.at(-1);
  if (last && (await tools.findSubmission(last.clientId, { batchId: last.batchId, firstIndex: 0 }))) return undefined;
  await tools.register(
    departments.map(({ key, code, name }) => ({
      ...{ id: key, kind: "DEPARTMENT", department: code, name: `${name}业务系统` },
      scopes: scopesOfKind.DEPARTMENT,
    })),
    procedures.flatMap((procedure) => grantsOf(procedure, keys.get(procedure.department))),
  );
  const total = { accepted: 0, unchanged: 0, rejected: 0, pending: 0 };
  let done = 0;
  for (const { clientId, ...batch } of batches) {
    const submission = await tools.submit(
      { kind: "DEPARTMENT", clientId, scopes: new Set(scopesOfKind.DEPARTMENT) },
      batch,
    );
    for (const outcome of ["accepted", "unchanged", "rejected", "pending"] as const)
      total[outcome] += submission[outcome];
    done += batch.records.length;
    tools.onProgress(done);
  }
  return total;
}

/** Those `npm run token` knows besides departments, and the wallet holders sign in with. */
const othersThanDepartments: Parameters<AccessStore["register"]>[0] = [
  { id: "auditor", kind: "AUDITOR", department: null, name: "审计系统", scopes: scopesOfKind.AUDITOR },
  { id: "operator", kind: "OPERATOR", department: null, name: "运维管理系统", scopes: scopesOfKind.OPERATOR },
  { id: "gateway", kind: "GATEWAY", department: null, name: "联邦网关", scopes: scopesOfKind.GATEWAY },
  {
    ...{ id: "wallet", kind: "WALLET", department: null, name: "电子证照卡包", scopes: scopesOfKind.HOLDER },
    redirectUris: ["http://127.0.0.1:4000/wallet/", "http://localhost:4000/wallet/"],
  },
];

type Batch = Readonly<{ clientId: string; batchId: string; records: readonly RawRecord[] }>;

function batchesOf(records: readonly RawRecord[], keys: ReadonlyMap<string, string>): readonly Batch[] {
  const batches: Batch[] = [];
  for (const [issuer, own] of Map.groupBy(records, (record) => record.issuer)) {
    const clientId = keys.get(issuer);
    if (clientId === undefined) continue;
    for (let start = 0; start < own.length; start += batchSize) {
      batches.push({ clientId, batchId: `demo-${clientId}-${start}`, records: own.slice(start, start + batchSize) });
    }
  }
  return batches;
}

function grantsOf(procedure: Procedure, clientId: string | undefined) {
  if (clientId === undefined) return [];
  const shared = {
    clientId,
    procedure: procedure.code,
    validFrom: "2021-11-03",
    legalBasis: "《威海市全面实施“证照分离”改革工作方案》三（二）",
    wholeLicense: true,
  };
  return licenseTypesOf(procedure).map((licenseType) => ({ ...shared, licenseType }));
}
