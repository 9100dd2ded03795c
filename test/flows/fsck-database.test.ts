import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { auditTables } from "../../src/cli/audit/database-door.ts";
import { parseJwks } from "../../src/proof/keyring.ts";
import { logKeysOf } from "../../src/proof/log/judge-inclusion.ts";
import type { TableFinding } from "../../src/proof/log/table-codes.ts";
import { auditDatabase } from "../../src/store/audit/audit-database.ts";
import { openTestHub, type TestHub, testNow } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const read = (number: number) => `{ enterprise(uscc: "${holder}") { licenses(purpose: {
  procedure: "food-operation-new", caseNumber: "C-${number}", reason: "for the ledger" }) { nodes { number } } } }`;

let house: TestHub;
let owner: Client;
let jwks: unknown;
beforeAll(async () => {
  house = await openTestHub();
  await house.hub.tendLog();
  for (const day of ["2026-11-22", "2026-11-23", "2026-11-24"]) {
    house.clock.now = new Date(`${day}T12:00:00+08:00`);
    for (let number = 1; number <= 8; number += 1) await house.graphql(read(number), { as: "approval-bureau" });
    for (let round = 0; round < 1_000 && (await unsealed()) > 0; round += 1) await house.hub.sealAccessRecords();
    await house.hub.tendLog();
  }
  house.clock.now = testNow;
  jwks = (await house.server.inject("/.well-known/jwks.json")).json();
  owner = new Client({ connectionString: house.config.databaseUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await house.close();
});

async function unsealed(): Promise<number> {
  const [row] = await house.sql(
    "select count(*)::int as n from access_record r where not exists (select from access_seal s where s.record_id = r.id)",
  );
  return Number(row?.["n"]);
}

/** What is found after statements that nobody keeps. As the owner, whom neither triggers nor roles stop. */
async function foundAfter(change: () => Promise<void>): Promise<readonly TableFinding[]> {
  const keyring = parseJwks(jwks);
  const findings: TableFinding[] = [];
  await owner.query("begin");
  try {
    await owner.query("set local session_replication_role = replica");
    await change();
    await auditTables(auditDatabase(owner), {
      keyring,
      keys: logKeysOf(keyring, "http://127.0.0.1:4000"),
      newestLater: async () => 0,
      report: (finding) => findings.push(finding),
    });
  } finally {
    await owner.query("rollback");
  }
  return findings;
}

describe("fsck at the database", () => {
  test("finds nothing where nobody has touched anything", async () => {
    expect(await foundAfter(async () => undefined)).toEqual([]);
  });
});
