import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import type { SubmissionOutcome } from "../../src/use-cases/licenses/submit-licenses.ts";
import { type Answer, department, openTestHub, type TestHub, type TestHubOptions } from "./hub.ts";

/** The license type that is objected to in tests: the business license, issued by approval-bureau, read by transport. */
export const typeCode = "11100000MB0143028R001";
/** Whose licenses they are. */
export const holder = "91371002XXXX0030XC";
/** Another holder. */
export const stranger = "93371003XXXX00262H";
/** For which transport may read them. */
export const purpose = { procedure: "road-freight-new", caseNumber: "C-1", reason: "核验经营范围" };

const shown = `id status license currentVersion licenseType field says shouldSay reason madeBy madeAt dueOn overdueLevel
  issuer { code } department { code } answer answeredBy answeredAt correctedBy ground closedAt
  history { role client step level version ground }`;

/** What an objection says besides its license. */
export type Words = Readonly<{ field?: string; shouldSay?: string | null; reason?: string; purpose?: object }>;

/** A hub with what tests of corrections do to it. */
export type CorrectingHouse = Awaited<ReturnType<typeof openCorrecting>>;

/** The code of an answer's error, or undefined. */
export const code = ({ errors }: Answer): string | undefined => errors[0]?.extensions.code;

/** Opens a hub on which corrections are made and answered. */
export async function openCorrecting(options: TestHubOptions = {}) {
  const house = await openTestHub(options);
  let batches = 0;
  const submit = (records: readonly RawRecord[], client = "approval-bureau"): Promise<SubmissionOutcome> => {
    batches += 1;
    return house.hub.submitLicenses(department(client), {
      batchId: `correcting-${options.database ? "b" : "a"}-${batches}`,
      records,
    });
  };
  const object = (license: string, words: Words = {}, as = "transport", token?: string) => {
    const { field = "attributes.businessScope", reason = "与现场核查不符", ...rest } = words;
    const input = { license, field, reason, purpose, ...rest };
    const query = `mutation ($input: ObjectToLicenseInput!) { objectToLicense(input: $input) { ${shown} } }`;
    return house.graphql(query, { ...(token === undefined ? { as } : { token }), variables: { input } });
  };
  const answer = (id: string, answer: "ACCEPTED" | "REFUSED", reason = "情况属实", as = "approval-bureau") =>
    house.graphql(
      `mutation ($id: ID!, $answer: CorrectionAnswer!, $reason: String!) {
        answerCorrection(id: $id, answer: $answer, reason: $reason) { ${shown} } }`,
      { as, variables: { id, answer, reason } },
    );
  const list = (args = "", as = "approval-bureau") =>
    house.graphql(`{ corrections${args && `(${args})`} { nodes { ${shown} } pageInfo { hasNextPage endCursor } } }`, {
      as,
    });
  /** One correction as its objector sees it now. */
  const look = async (id: string, as = "transport") =>
    (await list("side: MADE, first: 100", as)).data.corrections.nodes.find((one: { id: string }) => one.id === id);
  const steps = async (id: string) =>
    (await house.sql("select step from correction_event where correction_id = $1 order by id", [id])).map(
      (row) => row["step"],
    );
  return { ...house, house, submit, object, answer, list, look, steps, newLicense: () => newLicense(house, submit) };
}

let serial = 0;

/** A license of the holder that nobody has objected to: its record, and its identifier. */
async function newLicense(_house: TestHub, submit: (records: readonly RawRecord[]) => Promise<SubmissionOutcome>) {
  serial += 1;
  const record: RawRecord = {
    ...{ sourceRecordId: `correcting-${serial}`, operation: "ISSUE", sourceUpdatedAt: "2026-01-05T09:00:00+08:00" },
    ...{ licenseType: typeCode, number: holder, issuer: "11371000XXXX010118", region: "371002" },
    holder: { idType: "USCC", id: holder, name: "威海威高海产品股份有限公司" },
    ...{ issuedOn: "2026-01-05", validFrom: "2026-01-05", validUntil: null },
    attributes: {
      ...{ enterpriseType: "有限责任公司", legalRepresentative: "杨刚", registeredCapital: `${serial}万元人民币` },
      ...{ establishedOn: "2018-01-05", address: "山东省威海市环翠区新威路12号", businessScope: "海产品销售。" },
    },
  };
  const { results } = await submit([record]);
  const identifier = results[0]?.identifier;
  if (!identifier) throw new Error(JSON.stringify(results));
  return { record, identifier };
}

/** The record of a new version. */
export function changed(
  record: RawRecord,
  predecessor: string,
  attributes: Readonly<Record<string, unknown>>,
  more: Partial<RawRecord> = {},
): RawRecord {
  serial += 1;
  return {
    ...{ ...record, sourceRecordId: `${record.sourceRecordId}-${serial}`, operation: "CHANGE", predecessor },
    ...{ sourceUpdatedAt: "2026-11-20T09:00:00+08:00", issuedOn: "2026-11-20", validFrom: "2026-11-20" },
    attributes: { ...(record.attributes as object), ...attributes },
    ...more,
  };
}

/** The record of an event. */
export function event(record: RawRecord, identifier: string, more: Partial<RawRecord>): RawRecord {
  const { licenseType, issuer, sourceRecordId } = record;
  serial += 1;
  return {
    ...{ sourceRecordId: `${sourceRecordId}-${serial}`, licenseType, issuer, identifier, operation: "CANCEL" },
    ...{ sourceUpdatedAt: "2026-11-20T10:00:00+08:00", effectiveOn: "2026-11-20", reason: "申请注销" },
    ...more,
  };
}
