import { setTimeout } from "node:timers/promises";
import { logReader } from "../../connectors/log-reader.ts";
import type { AuditFinding } from "../../proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../../proof/audit/log-note.ts";
import { type TableFinding, tableCodes } from "../../proof/audit/table-codes.ts";
import { base64 } from "../../proof/bytes/base64.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { emptyRoot } from "../../proof/log/merkle.ts";
import type { NoteKey } from "../../proof/log/signed-note.ts";
import { parseTilePath } from "../../proof/log/tile.ts";
import { type AuditDatabase, auditing } from "../../store/audit/audit-database.ts";
import { type AuditStore, auditStore } from "../../store/audit/audit-store.ts";
import { tableFiles } from "../../store/audit/table-files.ts";
import { compareBatchRows } from "../../use-cases/audit/compare-batch-rows.ts";
import { compareKeyRows } from "../../use-cases/audit/compare-key-rows.ts";
import { compareLedgerRows } from "../../use-cases/audit/compare-ledger-rows.ts";
import { compareLicenseRows } from "../../use-cases/audit/compare-license-rows.ts";
import { compareLogRows } from "../../use-cases/audit/compare-log-rows.ts";
import { compareSigningKeyRows } from "../../use-cases/audit/compare-signing-key-rows.ts";
import { checkLog } from "../../use-cases/log/check-log.ts";
import { readKeyring } from "../key-set.ts";
import { jsonOf, type Language, messageOf, printable, UsageError } from "../program.ts";
import { logKeysIn, readVkey, withTodo } from "./auditing.ts";

/**
 * What tables are compared with. `newestLater`: of the newest checkpoint, looked up again a little later. `shown`: what the
 * published log has shown, looked up before: the tables must begin with it.
 */
export type TableOrder = Readonly<{
  keyring: Keyring | undefined;
  keys: readonly NoteKey[] | undefined;
  newestLater: () => Promise<number>;
  shown?: SignedCheckpoint | undefined;
  report: (finding: TableFinding) => void;
}>;

/** Compares the hub's tables with the log. @returns how many rows were compared, and how many findings there were */
export async function checkDatabase(
  url: string,
  order: Readonly<{ keys: string | undefined; vkey: string | undefined; json: boolean; language: Language }> &
    Pick<TableOrder, "shown">,
  print: (line: string) => void,
) {
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new UsageError("--database expects postgres://…; the embedded database of a demo can not be compared.");
  const keyring = order.keys === undefined ? undefined : await readKeyring(order.keys);
  const vkey = order.vkey === undefined ? undefined : readVkey(order.vkey);
  let findings = 0;
  const report = (finding: TableFinding) => {
    findings += 1;
    print(order.json ? jsonOf(finding) : lineOf(finding, order.language));
  };
  const newestLater = async () => {
    await setTimeout(2_000);
    return auditing(url, (later) => auditStore(later).newestSize());
  };
  try {
    const rows = await auditing(url, (database) =>
      auditTables(database, {
        keyring,
        keys: vkey ? [vkey] : keyring && logKeysIn(keyring),
        newestLater,
        shown: order.shown,
        report,
      }),
    );
    return { findings, isStopped: false, summary: { rows } };
  } catch (error) {
    // A wrong address, a user that may not see every row: nothing was found, and nothing can be said.
    if (error instanceof Error && "code" in error) throw new UsageError(`the database: ${messageOf(error)}`);
    throw error;
  }
}

/** Everything there is to compare, on one state of the database. @returns how many rows were compared */
export async function auditTables(database: AuditDatabase, order: TableOrder): Promise<number> {
  const { keyring, keys, report, newestLater, shown } = order;
  const store = auditStore(database);
  const log = logReader(tableFiles(store));
  const size = await sizeOf(store, report);
  const damaged = await checkTree(store, size, shown, report);
  if ((await store.newestSize()) < size && (await newestLater()) < size)
    report({ code: "ROW_MISSING", table: "log_checkpoint", key: String(size) });
  const batches = await compareBatchRows({ store, report }, size);
  const logged = await compareLogRows({ log, store, report }, { size, damaged, keys });
  const licenses = await compareLicenseRows({ store, keyring, report });
  const ledger = await compareLedgerRows({ store, report }, logged.days);
  const recordKeys = await compareKeyRows({ store, report }, logged.recordKeys);
  const hubKeys = await compareSigningKeyRows({ store, keyring, report }, logged.keys);
  return batches + logged.rows + licenses + ledger + recordKeys + hubKeys;
}

/** How large the log is: what most of head, tiles, bundles, batches and newest checkpoint say. */
async function sizeOf(store: AuditStore, report: TableOrder["report"]): Promise<number> {
  const row = await store.findHead();
  const said = [...(row ? [Number(row.size)] : []), ...(await store.sizes())];
  const votes = (size: number) => said.filter((other) => other === size).length;
  const size = said.toSorted((one, other) => votes(other) - votes(one))[0] ?? 0;
  if (!row && size > 0) report({ code: "ROW_MISSING", table: "log_head", key: "1" });
  if (row && Number(row.size) !== size) report({ code: "ROW_CHANGED", table: "log_head", key: "1", columns: ["size"] });
  return size;
}

/** Recomputes the tree, which must begin with what was shown. @returns the paths of what is damaged */
async function checkTree(
  store: AuditStore,
  size: number,
  shown: SignedCheckpoint | undefined,
  report: TableOrder["report"],
): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  const head = await store.findHead();
  const signed = await store.findRootAt(size);
  const root = base64.decode(signed ?? head?.root ?? "") ?? emptyRoot;
  const headRow = { table: "log_head", key: "1" };
  const detail = `the published log has ${shown?.size} entries`;
  const tell = ({ code, path }: AuditFinding) => {
    if (code === "ROLLED_BACK") report({ code: "ROW_MISSING", ...headRow, detail });
    if (code === "FORK") report({ code: "ROW_CHANGED", ...headRow, columns: ["root"], detail });
    const tile = path === undefined ? undefined : parseTilePath(path.replace(/^tile\//, ""));
    if (!tile || path === undefined) return; // the root: said below, and of the checkpoint
    damaged.add(path);
    const isEntries = tile.level === "entries";
    report({
      code: code.endsWith("MISSING") ? "ROW_MISSING" : "ROW_CHANGED",
      table: isEntries ? "log_entries" : "log_tile",
      key: isEntries ? String(tile.index) : `${tile.level}/${tile.index}`,
    });
  };
  const tools = { log: logReader(tableFiles(store)), report: tell, progress: () => undefined };
  const checked = await checkLog(
    { ...tools, remember: async () => undefined, isStopped: () => false },
    { checkpoint: { origin: "", size, root }, known: shown ? [shown] : [] },
  );
  if (head && Number(head.size) === size && base64.encode(checked.root) !== head.root)
    report({ code: "ROW_CHANGED", ...headRow, columns: ["root"] });
  for (const row of await store.findBeyond(size)) report({ code: "PLACE_WRONG", ...row });
  return damaged;
}

function lineOf({ code, table, key, columns, detail }: TableFinding, language: Language): string {
  const which = columns === undefined ? "" : ` ${columns.join(", ")}`;
  const where = detail === undefined ? "" : ` [${detail}]`;
  return printable(`✗ ${code.padEnd(15)} ${table} ${key}${which}${where}  ${withTodo(tableCodes[code], language)}`);
}
