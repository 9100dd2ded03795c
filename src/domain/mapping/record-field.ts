import { cancelOutcomes, licenseOperations } from "../licenses/license.ts";
import { holderIdTypes } from "../licenses/license-type.ts";

/**
 * How a cell's text becomes a field's value. CODE: half-width, upper case, without spaces. LAST_DAY: a day, or none.
 * CHOICE: one word of a list. ATTRIBUTE: what is no text stays what it is. OBJECT: all attributes, as JSON or its text.
 */
export type FieldKind =
  | "TEXT"
  | "CODE"
  | "DAY"
  | "LAST_DAY"
  | "INSTANT"
  | "CHOICE"
  | "NUMBER"
  | "BOOLEAN"
  | "LIST"
  | "ATTRIBUTE"
  | "OBJECT";

/** A field of a record as a mapping names it: `number`, `holder.id`, `attributes.species`. `title`: what a clerk calls it. */
export type Field = Readonly<{ path: string; title: string; kind: FieldKind; choices?: readonly string[] }>;

const text = (path: string, title: string): Field => ({ path, title, kind: "TEXT" });
const code = (path: string, title: string): Field => ({ path, title, kind: "CODE" });
const day = (path: string, title: string): Field => ({ path, title, kind: "DAY" });
const choice = (path: string, title: string, choices: readonly string[]): Field => ({
  path,
  title,
  kind: "CHOICE",
  choices,
});

/** Every field but the single attributes. */
export const recordFields: readonly Field[] = [
  text("sourceRecordId", "来源记录号"),
  choice("operation", "业务操作", licenseOperations),
  { path: "sourceUpdatedAt", title: "来源更新时间", kind: "INSTANT" },
  code("identifier", "电子证照标识"),
  code("licenseType", "证照类型"),
  text("number", "证照编号"),
  choice("holder.idType", "持证主体代码类型", holderIdTypes),
  code("holder.id", "持证主体代码"),
  text("holder.name", "持证主体名称"),
  code("issuer", "签发部门"),
  code("region", "行政区划"),
  day("issuedOn", "签发日期"),
  day("validFrom", "有效期起"),
  { path: "validUntil", title: "有效期止", kind: "LAST_DAY" },
  { path: "attributes", title: "照面信息", kind: "OBJECT" },
  code("predecessor", "前一版本"),
  day("effectiveOn", "生效日期"),
  choice("outcome", "注销结果", cancelOutcomes),
  text("reason", "原因"),
  text("signature", "来源签名"),
];

/** Without these no line is a record. */
export const requiredFields = ["sourceRecordId", "operation", "sourceUpdatedAt", "licenseType", "issuer"] as const;

/** Longest name of an attribute. *Units*: characters. */
const maxNameCharacters = 200;

/** The field of that name; undefined when there is none. An attribute may have any name: the hub knows its types. */
export function findField(path: string): Field | undefined {
  const known = recordFields.find((field) => field.path === path);
  if (known) return known;
  const [, name] = /^attributes\.(.+)$/su.exec(path) ?? [];
  if (name === undefined || name.length > maxNameCharacters || name === "__proto__") return undefined;
  return { path, title: name, kind: "ATTRIBUTE" };
}

/** What a code is when typing and spreadsheets have left their traces on it. */
export function plainCode(cell: string): string {
  return cell.normalize("NFKC").replace(/\s/g, "").toUpperCase();
}
