import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import type { CompiledAttributesSchema } from "../../domain/licenses/license-type-schema.ts";
import { HubError, type LocalizedText } from "../../errors.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { type LicenseClaims, openLicense } from "../../proof/license-jws.ts";
import {
  completeFindings,
  type Finding,
  found,
  outcomeOf,
  passed,
  type VerificationCode,
  type VerificationOutcome,
  type VerificationStep,
} from "../../proof/verification.ts";

/** Tools a verification needs. `keyring` is the trust root; `schemaOf` answers undefined for an unknown type. */
export type VerifyLicenseTools = Readonly<{
  keyring: Keyring;
  schemaOf(typeCode: string): CompiledAttributesSchema | undefined;
  /** The step STATUS, from a list at hand; undefined: it holds no word about this license. */
  statusOf?(claims: LicenseClaims, at: Date): Promise<Finding | undefined>;
  now(): Date;
}>;

/** What to verify, the instant asked about (now when absent), and the language of details (English when absent). */
export type VerifyLicenseInput = Readonly<{ token: string; at?: Date; language?: keyof LocalizedText }>;

/** One line of a report. `detail` never holds attacker-chosen text or a personal identifier. */
export type VerificationCheck = Readonly<{
  name: VerificationStep;
  outcome: Finding["outcome"];
  code?: VerificationCode;
  detail?: string;
}>;

/**
 * The report of a verification: all nine steps, in order.
 * Trust: `license` is there only when its signature held and its issuer is trusted; read `outcome` before relying on it.
 */
export type VerificationReport = Readonly<{
  outcome: VerificationOutcome;
  checks: readonly VerificationCheck[];
  license?: LicenseClaims;
}>;

/**
 * Verifies a license without asking anybody. Open to everyone: it tells only what the token itself says.
 * Throws: INPUT_INVALID (argument `at`) for an instant outside the years 1000 to 9999.
 * Trust: the token is attacker-chosen, the tools are not.
 */
export async function verifyLicense(tools: VerifyLicenseTools, input: VerifyLicenseInput): Promise<VerificationReport> {
  const at = input.at ?? tools.now();
  const asked = askedInstant(at);
  const { findings: opened, claims } = await openLicense(input.token, tools.keyring);
  const status = claims && (await tools.statusOf?.(claims, at));
  const judged = claims === undefined ? [] : judge(claims, tools, asked, status);
  const findings = completeFindings([...opened, ...judged]);
  const checks = findings.map((finding) => toCheck(finding, input.language ?? "en"));
  return { outcome: outcomeOf(findings), checks, ...(claims && { license: claims }) };
}

function judge(
  claims: LicenseClaims,
  tools: VerifyLicenseTools,
  asked: AskedInstant,
  status = noStatusList,
): readonly Finding[] {
  return [
    checkAttributes(claims, tools),
    checkValidity(claims, asked),
    status,
    found("LOG_INCLUSION", "NOT_CHECKED", { en: "this file carries no log proof", zh: "此文件未附带日志证明" }),
    found("HOLDER_BINDING", "NOT_APPLICABLE"),
  ];
}

const noStatusList = found("STATUS", "NOT_CHECKED", {
  en: "this file carries no status list; the state may have changed since",
  zh: "此文件未附带状态列表，证照状态可能已变更",
});

function checkAttributes({ license }: LicenseClaims, tools: VerifyLicenseTools): Finding {
  const schema = tools.schemaOf(license.type);
  if (schema === undefined) return found("TYPE_SCHEMA", "TYPE_UNKNOWN");
  const faults = schema(license.attributes);
  if (faults.length === 0) return passed("TYPE_SCHEMA");
  // Kinds only: the path of an unknown attribute is text somebody chose.
  const kinds = [...new Set(faults.map((fault) => fault.kind))].toSorted().join(", ");
  return found("TYPE_SCHEMA", "ATTRIBUTES_INVALID", {
    en: `${faults.length} found: ${kinds}`,
    zh: `发现 ${faults.length} 处：${kinds}`,
  });
}

/** Both ends are inclusive to the second: the last day counts up to 23:59:59.999. */
function checkValidity({ nbf, exp, iat }: LicenseClaims, { second, day }: AskedInstant): Finding {
  const detail =
    second < iat
      ? { en: `asked about ${day}, before the hub signed this version`, zh: `查询日期 ${day}，早于枢纽签署本版本之时` }
      : { en: `asked about ${day}`, zh: `查询日期 ${day}` };
  if (second < nbf) return found("VALIDITY_PERIOD", "NOT_YET_VALID", detail);
  if (exp !== undefined && second > exp) return found("VALIDITY_PERIOD", "EXPIRED", detail);
  return passed("VALIDITY_PERIOD", detail);
}

type AskedInstant = Readonly<{ second: number; day: CalendarDate }>;

function askedInstant(at: Date): AskedInstant {
  try {
    return { second: Math.floor(at.getTime() / 1000), day: dateOf(at) };
  } catch (cause) {
    throw new HubError("INPUT_INVALID", { argument: "at" }, { cause });
  }
}

function toCheck({ name, outcome, code, detail }: Finding, language: keyof LocalizedText): VerificationCheck {
  return { name, outcome, ...(code && { code }), ...(detail && { detail: detail[language] }) };
}
