import { type CalendarDate, dateOf, parseDate, parseInstant } from "../calendar.ts";
import {
  type CancelOutcome,
  type EventOperation,
  type IssuingOperation,
  isCancelOutcome,
  isIssuing,
  type LicenseOperation,
  needsPredecessor,
} from "./license.ts";
import type { HolderIdType } from "./license-type.ts";
import type { Problem, ProblemCode } from "./problem.ts";

/**
 * One record as a department sends it: a line of the NDJSON format, field for field.
 * *Trust*: nothing but the kinds of the fields has been looked at; every text is attacker-chosen.
 */
export type RawRecord = Readonly<{
  sourceRecordId: string;
  operation: LicenseOperation;
  sourceUpdatedAt: string;
  identifier?: string | null;
  licenseType: string;
  number?: string | null;
  holder?: Readonly<{ idType: HolderIdType; id: string; name: string }> | null;
  issuer: string;
  region?: string | null;
  issuedOn?: string | null;
  validFrom?: string | null;
  validUntil?: string | null;
  attributes?: unknown;
  predecessor?: string | null;
  effectiveOn?: string | null;
  outcome?: string | null;
  reason?: string | null;
  /** Its source's signature over all the rest: a compact JWS with detached payload. */
  signature?: string | null;
}>;

type Source = Readonly<{ sourceRecordId: string; sourceUpdatedAt: Date; licenseType: string; issuer: string }>;

/** A well-formed record that brings a new license version. */
export type IssuingRecord = Source &
  Readonly<{
    kind: "ISSUING";
    operation: IssuingOperation;
    identifier: string | undefined;
    number: string;
    holder: Readonly<{ idType: HolderIdType; id: string; name: string }>;
    region: string | null;
    issuedOn: CalendarDate;
    validFrom: CalendarDate;
    validUntil: CalendarDate | null;
    attributes: Readonly<Record<string, unknown>>;
    predecessor: string | undefined;
  }>;

/** A well-formed record of something that happened to a license. */
export type EventRecord = Source &
  Readonly<{
    kind: "EVENT";
    operation: EventOperation;
    identifier: string;
    effectiveOn: CalendarDate;
    outcome: CancelOutcome | undefined;
    reason: string | null;
  }>;

export type FormedRecord = IssuingRecord | EventRecord;

/** Limits on one record. `maxClockSkewMs`: how far ahead of ours a source's clock may run. */
export const recordLimits = {
  maxBytes: 64 * 1024,
  maxDepth: 8,
  /** Members of all lists and objects: each is looked at several times. */
  maxMembers: 1_000,
  /** Of an attribute's name. */
  maxKeyCharacters: 200,
  maxProblems: 20,
  maxClockSkewMs: 5 * 60_000,
  maxCharacters: {
    sourceRecordId: 200,
    identifier: 200,
    predecessor: 200,
    number: 200,
    "holder.id": 40,
    "holder.name": 400,
    reason: 2000,
    signature: 1000,
  },
} as const;

/**
 * First stage: form. All problems of the stage are reported together, at most 20.
 * @param now for "not in the future"; days are those of Asia/Shanghai.
 */
export function checkForm(raw: RawRecord, now: Date): { problems: readonly Problem[]; record?: FormedRecord } {
  const size = sizeProblems(raw);
  if (size.length > 0) return { problems: size };
  const content = contentProblems(raw);
  const { problems, record } = isIssuing(raw.operation)
    ? formIssuing(raw, raw.operation, now)
    : formEvent(raw, raw.operation, now);
  const all = [...content, ...problems].slice(0, recordLimits.maxProblems);
  return record && all.length === 0 ? { problems: [], record } : { problems: all };
}

function formIssuing(
  raw: RawRecord,
  operation: IssuingOperation,
  now: Date,
): { problems: Problem[]; record?: FormedRecord } {
  const form = new Form(raw, now);
  const number = form.required("number", raw.number);
  const holderId = form.required("holder.id", raw.holder?.id);
  const holderName = form.required("holder.name", raw.holder?.name);
  const predecessor = needsPredecessor(operation) ? form.required("predecessor", raw.predecessor) : undefined;
  const issuedOn = form.day("issuedOn", raw.issuedOn);
  const validFrom = form.day("validFrom", raw.validFrom);
  const validUntil =
    raw.validUntil === null || raw.validUntil === undefined ? null : form.day("validUntil", raw.validUntil);
  if (raw.attributes === undefined || raw.attributes === null) form.report("FIELD_MISSING", "attributes");
  else if (!isPlainObject(raw.attributes)) form.report("ATTRIBUTE_INVALID", "attributes");
  form.notAfterToday("issuedOn", issuedOn);
  if (validFrom && validUntil && validUntil < validFrom) form.report("VALIDITY_ORDER", "validUntil");
  const source = form.source();
  if (
    form.problems.length > 0 ||
    !source ||
    !number ||
    !holderId ||
    !holderName ||
    !raw.holder ||
    !issuedOn ||
    !validFrom
  )
    return form;
  if (validUntil === undefined || !isPlainObject(raw.attributes)) return form;
  const holder = { idType: raw.holder.idType, id: holderId, name: holderName };
  const identifier = raw.identifier?.trim() ? raw.identifier : undefined;
  const region = raw.region || null;
  const rest = { number, holder, region, issuedOn, validFrom, validUntil, attributes: raw.attributes, predecessor };
  return { problems: [], record: { kind: "ISSUING", ...source, operation, identifier, ...rest } };
}

function formEvent(
  raw: RawRecord,
  operation: EventOperation,
  now: Date,
): { problems: Problem[]; record?: FormedRecord } {
  const form = new Form(raw, now);
  const identifier = form.required("identifier", raw.identifier);
  const effectiveOn = form.day("effectiveOn", raw.effectiveOn);
  form.notAfterToday("effectiveOn", effectiveOn);
  if (operation === "OTHER") form.required("reason", raw.reason);
  if (operation === "CANCEL" && form.required("outcome", raw.outcome) && !isCancelOutcome(raw.outcome)) {
    form.report("TRANSITION_NOT_ALLOWED", "outcome");
  }
  const source = form.source();
  if (form.problems.length > 0 || !source || !identifier || !effectiveOn) return form;
  const outcome = operation === "CANCEL" && isCancelOutcome(raw.outcome) ? raw.outcome : undefined;
  const record = {
    kind: "EVENT",
    ...source,
    operation,
    identifier,
    effectiveOn,
    outcome,
    reason: raw.reason || null,
  } as const;
  return { problems: [], record };
}

/** Collects the problems of one record while its fields are read. */
class Form {
  readonly problems: Problem[] = [];
  readonly #raw: RawRecord;
  readonly #now: Date;

  constructor(raw: RawRecord, now: Date) {
    this.#raw = raw;
    this.#now = now;
  }

  report(code: ProblemCode, path: string): void {
    this.problems.push({ code, path });
  }

  required(path: string, value: string | null | undefined): string | undefined {
    if (value?.trim()) return value;
    this.report("FIELD_MISSING", path);
    return undefined;
  }

  day(path: string, value: string | null | undefined): CalendarDate | undefined {
    const text = this.required(path, value);
    const date = text === undefined ? undefined : parseDate(text);
    if (text !== undefined && date === undefined) this.report("DATE_INVALID", path);
    return date;
  }

  notAfterToday(path: string, date: CalendarDate | undefined): void {
    if (date && date > dateOf(this.#now)) this.report("ISSUED_IN_FUTURE", path);
  }

  source(): Source | undefined {
    const sourceRecordId = this.required("sourceRecordId", this.#raw.sourceRecordId);
    const licenseType = this.required("licenseType", this.#raw.licenseType);
    const issuer = this.required("issuer", this.#raw.issuer);
    const text = this.required("sourceUpdatedAt", this.#raw.sourceUpdatedAt);
    const sourceUpdatedAt = text === undefined ? undefined : parseInstant(text);
    const latest = this.#now.getTime() + recordLimits.maxClockSkewMs;
    if (text !== undefined && (!sourceUpdatedAt || sourceUpdatedAt.getTime() > latest))
      this.report("DATE_INVALID", "sourceUpdatedAt");
    return sourceRecordId && licenseType && issuer && sourceUpdatedAt
      ? { sourceRecordId, sourceUpdatedAt, licenseType, issuer }
      : undefined;
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Depth first (so that serializing cannot overflow the stack), then lengths, then bytes. */
function sizeProblems(raw: RawRecord): Problem[] {
  if (isTooMuch(raw.attributes)) return [{ code: "RECORD_TOO_LARGE", path: "attributes" }];
  const fields: Readonly<Record<string, string | null | undefined>> = {
    ...{
      sourceRecordId: raw.sourceRecordId,
      identifier: raw.identifier,
      predecessor: raw.predecessor,
      number: raw.number,
    },
    ...{ "holder.id": raw.holder?.id, "holder.name": raw.holder?.name, reason: raw.reason },
    signature: raw.signature,
  };
  const long = Object.entries(recordLimits.maxCharacters).filter(([path, most]) => (fields[path]?.length ?? 0) > most);
  if (long.length > 0) return long.map(([path]) => ({ code: "RECORD_TOO_LARGE", path }));
  return Buffer.byteLength(JSON.stringify(raw)) > recordLimits.maxBytes ? [{ code: "RECORD_TOO_LARGE", path: "" }] : [];
}

/** Whether lists and objects stand too deep inside each other, the outermost counted, or hold too many members in all. */
function isTooMuch(value: unknown): boolean {
  let level = [value].filter(isNode);
  let members = 0;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > recordLimits.maxDepth) return true;
    const children = level.flatMap((node) => Object.values(node));
    members += children.length;
    if (members > recordLimits.maxMembers) return true;
    level = children.filter(isNode);
  }
  return false;
}

function isNode(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

// C0, DEL and C1 controls, direction overrides (they make a text read otherwise than it is stored), noncharacters.
const forbiddenText = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/;
const isForbidden = (text: string) => forbiddenText.test(text) || !text.isWellFormed();

/** What may stand nowhere in a record, whatever its type: it could not be shown, signed or compared. */
function contentProblems(raw: RawRecord): Problem[] {
  const problems: Problem[] = [];
  const stack: { path: string; value: unknown }[] = [{ path: "", value: raw }];
  while (stack.length > 0 && problems.length < recordLimits.maxProblems) {
    const { path, value } = stack.pop() ?? { path: "", value: null };
    if (typeof value === "string" && isForbidden(value)) problems.push({ code: "TEXT_CONTROL_CHARACTER", path });
    // `1e400` in JSON is read as Infinity, which no JSON can carry on.
    if (typeof value === "number" && !Number.isFinite(value)) problems.push({ code: "ATTRIBUTE_INVALID", path });
    if (!isNode(value)) continue;
    for (const [key, child] of Object.entries(value)) {
      // Such a key is reported at its parent: echoing it would spread it, or repeat a long one with every path below.
      if (isForbidden(key)) problems.push({ code: "TEXT_CONTROL_CHARACTER", path });
      else if (key.length > recordLimits.maxKeyCharacters) problems.push({ code: "RECORD_TOO_LARGE", path });
      else stack.push({ path: path ? `${path}.${key}` : key, value: child });
    }
  }
  return problems;
}
