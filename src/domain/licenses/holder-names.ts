import type { AcceptedIssue } from "./batch.ts";
import { businessLicenseTypeCode } from "./license-type.ts";

/** Codes of the enterprises that licenses were issued to, each once. */
export function enterprisesOf(issues: readonly AcceptedIssue[]): readonly string[] {
  const enterprises = issues.filter(({ record }) => record.holder.idType === "USCC");
  return [...new Set(enterprises.map(({ record }) => record.holder.id))];
}

/**
 * Records, by index, that call their enterprise otherwise than its business license does: one that is stored, or one of
 * the same batch.
 * @param stored names on business licenses, by enterprise
 */
export function differentNames(
  issues: readonly AcceptedIssue[],
  stored: Iterable<readonly [string, string]>,
): readonly number[] {
  const names = new Map(stored);
  const enterprises = issues.filter(({ record }) => record.holder.idType === "USCC");
  for (const { record } of enterprises) {
    if (record.licenseType === businessLicenseTypeCode) names.set(record.holder.id, record.holder.name);
  }
  return enterprises
    .filter(({ record: { holder } }) => (names.get(holder.id) ?? holder.name) !== holder.name)
    .map(({ index }) => index);
}
