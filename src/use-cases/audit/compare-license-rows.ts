import { isIssuing } from "../../domain/licenses/license.ts";
import { checkStatusOf } from "../../domain/licenses/license-identifier.ts";
import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { canonicalJson } from "../../proof/canonical-json.ts";
import { maxTokenLength, parseCompactJws } from "../../proof/compact-jws.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { type LicenseClaims, openLicense } from "../../proof/license-jws.ts";
import { isJsonObject, parseStrictJson } from "../../proof/strict-json.ts";
import type { AuditedLicense, AuditStore, EventOfLicense } from "../../store/audit/audit-store.ts";
import { toInstant, toIso } from "../../store/database.ts";

/** What comparing needs. `keyring`: the hub's keys; undefined: signatures are not looked at. */
export type Tools = Readonly<{
  store: AuditStore;
  keyring: Keyring | undefined;
  report: (finding: TableFinding) => void;
}>;

/**
 * Compares every license's row with what its signed text says, and its state with what its events lead to. One pass.
 * For whoever owns the database.
 * @returns how many rows were compared
 */
export async function compareLicenseRows({ store, keyring, report }: Tools): Promise<number> {
  let rows = 0;
  for await (const license of store.licenses()) {
    rows += 1;
    const where = { table: "license", key: license.identifier };
    const signed = readSigned(license.jws);
    const events = license.events ?? [];
    if (!signed) report({ code: "ROW_DAMAGED", ...where, columns: ["jws"] });
    const expected = { ...(signed && columnsOfClaims(license, signed)), ...columnsOfEvents(license, events) };
    const columns = Object.entries(expected).flatMap(([column, isRight]) => (isRight ? [] : [column]));
    if (columns.length > 0) report({ code: "ROW_CHANGED", ...where, columns });
    if (events.length === 0) report({ code: "ROW_MISSING", table: "license_event", key: `of ${license.identifier}` });
    if (keyring && !(await isSigned(license.jws, keyring)))
      report({ code: "SIGNATURE_WRONG", ...where, columns: ["jws"] });
  }
  return rows;
}

type Signed = Readonly<{ kid: string; claims: LicenseClaims }>;

/** What a license's text says, its signature apart. */
function readSigned(token: string): Signed | undefined {
  const jws = parseCompactJws(token, { types: ["license+jwt"], maxLength: maxTokenLength });
  if ("code" in jws) return undefined;
  const parsed = parseStrictJson(jws.payload, { maxBytes: maxTokenLength, maxDepth: 32 });
  if (!("value" in parsed) || !isJsonObject(parsed.value) || !isJsonObject(parsed.value["license"])) return undefined;
  return { kid: jws.kid, claims: parsed.value as LicenseClaims }; // compared member by member below, and signed
}

async function isSigned(token: string, keyring: Keyring): Promise<boolean> {
  const { findings, claims } = await openLicense(token, keyring);
  return claims !== undefined && findings.every(({ outcome }) => outcome !== "FAIL");
}

/** Column by column, whether the row repeats what was signed. */
function columnsOfClaims(row: AuditedLicense, { kid, claims }: Signed): Readonly<Record<string, boolean>> {
  const { license, source } = claims;
  const { uri, idx } = claims.status.status_list;
  return {
    holder_code: row.holder_code === claims.sub && row.holder_code === license.holder.id,
    identifier: row.identifier === claims.jti,
    type_code: row.type_code === license.type,
    number: row.number === license.number,
    holder_id_type: row.holder_id_type === license.holder.idType,
    holder_name: row.holder_name === license.holder.name,
    issuer_code: row.issuer_code === license.issuer.code,
    region: row.region === license.region,
    issued_on: row.issued_on === license.issuedOn,
    valid_from: row.valid_from === license.validFrom,
    valid_until: row.valid_until === license.validUntil,
    version: row.version === license.version,
    predecessor: row.predecessor === license.predecessor,
    attributes: canonicalJson(row.attributes) === canonicalJson(license.attributes),
    kid: row.kid === kid,
    status_list: String(row.status_list) === /\/(\d+)$/.exec(uri)?.[1],
    status_index: row.status_index === idx,
    client_id: row.client_id === source.client,
    source_record_id: row.source_record_id === source.recordId,
    [row.signed_at === null ? "received_at" : "signed_at"]:
      Math.floor(toInstant(row.signed_at ?? row.received_at).getTime() / 1000) === claims.iat,
    check_status: row.check_status === checkStatusOf(row.identifier),
  };
}

/** Column by column, whether the row is what the license's events lead to. Without events nothing can be said. */
function columnsOfEvents(row: AuditedLicense, events: readonly EventOfLicense[]): Readonly<Record<string, boolean>> {
  const [first, ...later] = events;
  const last = events.at(-1);
  const again = later.findLast(({ operation }) => operation === "SIGN_AGAIN");
  if (!first || !last) return {};
  const signed = again ?? first;
  const [signedAt, againAt] = [row.signed_at, again?.received_at].map((text) => (text ? toIso(text) : undefined));
  const newest = events
    .map((event) => toIso(event.source_updated_at))
    .toSorted()
    .at(-1);
  const isSucceeded = later.some(({ operation }) => isIssuing(operation));
  const isSuccessor = isSucceeded ? (row.successors ?? []).includes(row.successor ?? "") : row.successor === null;
  const isOrdered = events.every(({ index }, at) => at === 0 || (index ?? 0) >= (events[at - 1]?.index ?? 0));
  return {
    state: row.state === last.state,
    state_since: row.state_since === last.effective_on,
    successor: isSuccessor,
    source_updated_at: toIso(row.source_updated_at) === newest,
    content_digest: row.content_digest === first.content_digest,
    submission_id: row.submission_id === first.submission_id,
    ...(toIso(row.received_at) !== toIso(first.received_at) && { received_at: false }),
    ...(signedAt !== againAt && { signed_at: false }),
    log_batch: Number(row.log_batch) === Number(signed.log_batch),
    log_place: row.log_place === signed.log_place,
    ...(!isOrdered && { "the order of its events": false }),
  };
}
