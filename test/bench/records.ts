import { makeLicenseIdentifier } from "../../src/domain/licenses/license-identifier.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { organisationCheckCharacter, usccCheckCharacter } from "../../src/domain/uscc.ts";

/** Who hands the generated records in: 市行政审批服务局, the issuer of every type used here. */
export const issuer = {
  client: "approval-bureau",
  department: "11371000XXXX010118",
  name: "市行政审批服务局",
} as const;

/** A procedure of that department, for the purpose of reading. */
export const procedure = "food-operation-new";

/** Licenses each generated holder has: a business license and four permits. */
export const licensesPerHolder = 5;

type Kind = Readonly<{
  code: string;
  name: string;
  key: string;
  years: number | null;
  number: (serial: number) => string;
  attributes: (serial: number) => Readonly<Record<string, unknown>>;
}>;

const regions = ["371002", "371003", "371071"];
const digits = (value: number, length: number) => String(value % 10 ** length).padStart(length, "0");
const person = (serial: number) => `${"王李张刘陈杨赵黄"[serial % 8]}${"怡磊艳强敏静军洋"[(serial >> 3) % 8]}`;
const address = (serial: number) => `山东省威海市环翠区观海路${serial % 997}号${serial % 31}号楼`;

const permits: readonly Kind[] = [
  {
    ...{ code: "11100000MB0143028RX01", name: "食品经营许可证", key: "food-operation-license", years: 5 },
    number: (serial) => `JY13710${digits(serial, 8)}`,
    attributes: (serial) => ({
      ...{ premises: address(serial), principalBusiness: "食品销售经营者", legalRepresentative: person(serial) },
      operationItems: ["预包装食品（含冷藏冷冻食品）销售", "散装食品销售"],
    }),
  },
  {
    ...{ code: "11100000MB0143028RX02", name: "食品生产许可证", key: "food-production-license", years: 5 },
    number: (serial) => `SC${digits(serial, 14)}`,
    attributes: (serial) => ({
      ...{ productionSite: address(serial), foodCategories: ["糕点", "饮料"], legalRepresentative: person(serial) },
    }),
  },
  {
    ...{ code: "11100000MB0341032YX01", name: "药品经营许可证", key: "drug-operation-license", years: 5 },
    number: (serial) => `鲁DA${digits(serial, 7)}`,
    attributes: (serial) => ({
      ...{ operationMode: "零售", operationScope: "处方药、甲类非处方药、乙类非处方药；中药饮片" },
      ...{ qualityManager: person(serial), warehouse: null },
    }),
  },
  {
    ...{ code: "11100000MB0341032YX02", name: "医疗器械经营许可证", key: "medical-device-license", years: 5 },
    number: (serial) => `鲁威药监械经营许${digits(serial, 8)}号`,
    attributes: (serial) => ({
      ...{ operationMode: "批发", operationScope: "2017版分类目录：III类6815注射穿刺器械" },
      responsiblePerson: person(serial),
    }),
  },
  {
    ...{ code: "11100000XXXX00174FX01", name: "公共场所卫生许可证", key: "public-place-hygiene-license", years: 4 },
    number: (serial) => `鲁威卫公证字〔2024〕第${digits(serial, 6)}号`,
    attributes: (serial) => ({ permitItems: ["住宿场所"], premises: address(serial) }),
  },
  {
    ...{ code: "11100000XXXX000786X01", name: "人力资源服务许可证", key: "hr-service-license", years: null },
    number: (serial) => `3710${digits(serial, 8)}`,
    attributes: () => ({ services: ["职业中介活动", "人力资源培训"] }),
  },
  {
    ...{ code: "11100000XXXX00166LX01", name: "旅行社业务经营许可证", key: "travel-agency-license", years: null },
    number: (serial) => `L-SD-WH${digits(serial, 5)}`,
    attributes: () => ({ businessScope: "国内旅游业务、入境旅游业务", qualityDeposit: "20万元" }),
  },
];

const businessLicense: Kind = {
  ...{ code: "11100000MB0143028R001", name: "营业执照", key: "business-license", years: null, number: () => "" },
  attributes: (serial) => ({
    ...{ enterpriseType: "有限责任公司(自然人投资或控股)", legalRepresentative: person(serial) },
    ...{ registeredCapital: `${1 + (serial % 900)}万元人民币`, establishedOn: dayOf(serial), address: address(serial) },
    businessScope: "一般项目：便利店相关服务；日用百货销售。（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）",
  }),
};

/** Codes of the license types that generated records use. */
export const usedTypes: readonly string[] = [businessLicense, ...permits].map((kind) => kind.code);

/** Name of a used license type, as the claims carry it. */
export const typeNames: ReadonlyMap<string, string> = new Map(
  [businessLicense, ...permits].map((kind) => [kind.code, kind.name]),
);

/** *Shape*: a USCC with both check characters right; a different one for each index below 10,000,000. */
export function holderCode(index: number): string {
  const organisation = digits(20_000_000 + index, 8);
  const first17 = `91${regionOf(index)}${organisation}${organisationCheckCharacter(organisation)}`;
  return first17 + (usccCheckCharacter(first17) ?? "");
}

/** Valid records of some holders, `licensesPerHolder` each, the same at every run. *Order*: by holder. */
export function makeRecords(firstHolder: number, holders: number): readonly RawRecord[] {
  return Array.from({ length: holders }, (_, offset) => recordsOf(firstHolder + offset)).flat();
}

function recordsOf(index: number): readonly RawRecord[] {
  const own = Array.from({ length: licensesPerHolder - 1 }, (_, place) => permits[(index + place) % permits.length]);
  return [businessLicense, ...own.filter((kind) => kind !== undefined)].map((kind, place) =>
    recordOf(index, kind, index * licensesPerHolder + place),
  );
}

function recordOf(index: number, kind: Kind, serial: number): RawRecord {
  const id = holderCode(index);
  const issuedOn = dayOf(serial);
  const identifierParts = { type: kind.code, issuer: issuer.department, serial: `B${digits(serial, 14)}`, version: 1 };
  return {
    sourceRecordId: `${kind.key}-${serial}`,
    operation: "ISSUE",
    sourceUpdatedAt: `${issuedOn}T09:00:00+08:00`,
    identifier: makeLicenseIdentifier(identifierParts),
    licenseType: kind.code,
    number: kind === businessLicense ? id : kind.number(serial),
    holder: { idType: "USCC", id, name: `威海测试第${index}号商贸有限责任公司` },
    issuer: issuer.department,
    region: regionOf(index),
    issuedOn,
    validFrom: issuedOn,
    validUntil: kind.years === null ? null : `${Number(issuedOn.slice(0, 4)) + kind.years}${issuedOn.slice(4)}`,
    attributes: kind.attributes(serial),
  };
}

function regionOf(index: number): string {
  return regions[index % regions.length] ?? "371002";
}

/** A day of 2022 to 2025. */
function dayOf(serial: number): string {
  return `${2022 + (serial % 4)}-${digits(1 + (serial % 12), 2)}-${digits(1 + (serial % 28), 2)}`;
}
