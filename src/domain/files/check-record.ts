import { licenseOperations, licenseStates } from "../licenses/license.ts";
import { holderIdTypes } from "../licenses/license-type.ts";
import { recordFields, requiredFields } from "../mapping/record-field.ts";
import type { RowProblem } from "../mapping/row-problem.ts";

/**
 * What keeps a line of NDJSON from being a record at all: fields nobody knows, texts that are none. Whether it is a good
 * record is for the hub to say. *Trust*: anything JSON can hold.
 */
export function checkRecord(record: Readonly<Record<string, unknown>>): readonly RowProblem[] {
  const { attributes: _, holder, ...fields } = record;
  const missing = requiredFields.filter((name) => !isFilled(fields[name]));
  const wrong = Object.entries(fields).filter(([name, value]) => !isKnown(name) || !isOf(name, value));
  const holderIsWrong = holder !== undefined && holder !== null && !isHolder(holder);
  return [
    ...missing.map((column): RowProblem => ({ code: "CELL_MISSING", column })),
    ...wrong
      .filter(([name]) => !missing.some((one) => one === name))
      .map(([column]): RowProblem => ({ code: "LINE_FIELD", column: "", detail: column })),
    ...(holderIsWrong ? [{ code: "LINE_FIELD", column: "", detail: "holder" } as const] : []),
  ];
}

const plainFields: ReadonlySet<string> = new Set(
  recordFields.map(({ path }) => path).filter((path) => !path.includes(".") && path !== "attributes"),
);

function isKnown(name: string): boolean {
  return plainFields.has(name);
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isOf(name: string, value: unknown): boolean {
  if (name === "operation") return licenseOperations.some((one) => one === value);
  if (value === null || value === undefined) return true;
  if (name === "outcome") return licenseStates.some((one) => one === value);
  return typeof value === "string";
}

function isHolder(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { idType, id, name, ...rest }: Readonly<Record<string, unknown>> = { ...value };
  const isWhole = typeof id === "string" && typeof name === "string" && Object.keys(rest).length === 0;
  return isWhole && holderIdTypes.some((one) => one === idType);
}
