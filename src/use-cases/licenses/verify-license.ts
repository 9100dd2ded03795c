import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import type { CompiledAttributesSchema } from "../../domain/licenses/license-type-schema.ts";
import { HubError, type LocalizedText } from "../../errors.ts";
import { type Bundle, isBundle, parseBundle } from "../../proof/bundle/bundle.ts";
import { type BundleFindings, judgeBundle } from "../../proof/bundle/judge-bundle.ts";
import { judgeLogged } from "../../proof/key-validity.ts";
import type { Keyring } from "../../proof/keyring.ts";
import { type LicenseClaims, openLicense } from "../../proof/license-jws.ts";
import type { WitnessRule } from "../../proof/log/witness-rule.ts";
import { checkKeyBinding } from "../../proof/sd-jwt/key-binding.ts";
import { openLicenseSdJwt, type PresentedClaims, typeCodeOf } from "../../proof/sd-jwt/license-sd-jwt.ts";
import { isSdJwt, type SdJwtParts, splitSdJwt } from "../../proof/sd-jwt/sd-jwt.ts";
import { clockSkewSeconds, type StatusReference } from "../../proof/status/status-list.ts";
import {
  completeFindings,
  type Finding,
  found,
  outcomeOf,
  passed,
  type VerificationCode,
  type VerificationOutcome,
  type VerificationStep,
  verificationCodes,
} from "../../proof/verification.ts";

/** Tools a verification needs. `keyring` is the trust root; `schemaOf` answers undefined for an unknown type. */
export type VerifyLicenseTools = Readonly<{
  keyring: Keyring;
  schemaOf(typeCode: string): CompiledAttributesSchema | undefined;
  /** The step STATUS, from a list at hand; undefined: it holds no word about this license. */
  statusOf?(claims: StatusReference, at: Date): Promise<Finding | undefined>;
  now(): Date;
}>;

/**
 * What to verify, the instant asked about (now when absent), and the language of details (English when absent).
 * `holder`: what an SD-JWT's holder was asked to sign; with it, a license without that proof is invalid.
 * `witnesses`: who must have signed the checkpoint of its log proof; with it, a license without such a proof is invalid.
 */
export type VerifyLicenseInput = Readonly<{
  token: string;
  at?: Date;
  language?: keyof LocalizedText;
  holder?: Readonly<{ nonce: string; audience: string }>;
  witnesses?: WitnessRule;
}>;

/** One line of a report. `detail` never holds attacker-chosen text or a personal identifier. */
export type VerificationCheck = Readonly<{
  name: VerificationStep;
  outcome: Finding["outcome"];
  code?: VerificationCode;
  detail?: string;
}>;

/**
 * The report of a verification: all nine steps, in order.
 * `license` is a whole license, `presented` one that its holder shows in part, as an SD-JWT.
 * Trust: both are there only when the signature held and the issuer is trusted; read `outcome` before relying on them.
 */
export type VerificationReport = Readonly<{
  outcome: VerificationOutcome;
  checks: readonly VerificationCheck[];
  license?: LicenseClaims;
  presented?: PresentedClaims;
}>;

/**
 * Verifies a license without asking anybody. Open to everyone: it tells only what the token itself says.
 * Throws: INPUT_INVALID (argument `at`) for an instant outside the years 1000 to 9999.
 * Trust: the token is attacker-chosen, the tools are not.
 */
export async function verifyLicense(tools: VerifyLicenseTools, input: VerifyLicenseInput): Promise<VerificationReport> {
  const asked = askedInstant(input.at ?? tools.now());
  const { findings: judged, ...content } = await verifyText(tools, input, asked);
  const findings = completeFindings(judged);
  const checks = findings.map((finding) => toCheck(finding, input.language ?? "en"));
  return { outcome: outcomeOf(findings), checks, ...content };
}

type Verified = Readonly<{ findings: readonly Finding[] }> & Pick<VerificationReport, "license" | "presented">;

async function verifyText(
  tools: VerifyLicenseTools,
  input: VerifyLicenseInput,
  asked: AskedInstant,
): Promise<Verified> {
  const bundle = isBundle(input.token) ? parseBundle(input.token) : undefined;
  if (bundle && "code" in bundle) return { findings: [found("FORMAT", bundle.code)] };
  if (bundle) return verifyJws(tools, { ...input, token: bundle.license }, asked, bundle);
  return isSdJwt(input.token) ? verifySdJwt(tools, input, asked) : verifyJws(tools, input, asked);
}

async function verifyJws(
  tools: VerifyLicenseTools,
  input: VerifyLicenseInput,
  asked: AskedInstant,
  bundle?: Bundle,
): Promise<Verified> {
  const { findings, claims, payload } = await openLicense(input.token, tools.keyring);
  if (claims === undefined || payload === undefined) return { findings };
  const { type, attributes } = claims.license;
  const proofs: BundleFindings = bundle
    ? await judgeBundle(bundle, { claims, payload }, tools.keyring, asked.instant, input.witnesses)
    : {};
  return {
    findings: [
      ...judgeLogged(findings, proofs.log?.outcome === "PASS"),
      ...(proofs.keys ? [proofs.keys] : []),
      checkAttributes(type, attributes, tools),
      checkValidity(claims, asked),
      await checkStatus(tools, claims, asked, proofs.status),
      asWitnessed(proofs.log ?? noLogProof, input),
      found("HOLDER_BINDING", input.holder ? "SD_JWT_KEY_BINDING_MISSING" : "NOT_APPLICABLE"),
    ],
    license: claims,
  };
}

async function verifySdJwt(
  tools: VerifyLicenseTools,
  input: VerifyLicenseInput,
  asked: AskedInstant,
): Promise<Verified> {
  const parts: SdJwtParts | { code: VerificationCode } = splitSdJwt(input.token);
  if ("code" in parts) return { findings: [found("FORMAT", parts.code)] };
  const { findings, claims } = await openLicenseSdJwt(parts, tools.keyring);
  if (claims === undefined) return { findings };
  const { attributes } = claims.license;
  const schema =
    claims.isWhole && attributes !== undefined
      ? checkAttributes(typeCodeOf(claims), attributes, tools)
      : found("TYPE_SCHEMA", "SD_JWT_PARTLY_DISCLOSED");
  const binding = await checkKeyBinding(parts, claims.cnf, { ...input.holder, at: asked.instant });
  const status = await checkStatus(tools, claims, asked, undefined);
  return {
    findings: [...findings, schema, checkValidity(claims, asked), status, asWitnessed(noLogProof, input), binding],
    presented: claims,
  };
}

/**
 * A list that comes along must be in order, however old it is; the newest list at hand knows more.
 * @param carried what the list in a bundle says
 */
async function checkStatus(
  tools: VerifyLicenseTools,
  claims: StatusReference & Pick<Period, "iat">,
  { instant, second }: AskedInstant,
  carried: Finding | undefined,
): Promise<Finding> {
  const isBad = carried?.outcome === "FAIL" && carried.code !== "STATUS_LIST_EXPIRED";
  if (isBad) return carried;
  // A place that nobody has yet reads like that of a license that stands: of before it was signed no list tells.
  const own = second + clockSkewSeconds < claims.iat ? undefined : await tools.statusOf?.(claims, instant);
  if (own && (own.outcome !== "SKIPPED" || !carried)) return own;
  return carried ?? noStatusList;
}

const noStatusList = found("STATUS", "NOT_CHECKED", {
  en: "this file carries no status list; the state may have changed since",
  zh: "此文件未附带状态列表，证照状态可能已变更",
});

const noLogProof = found("LOG_INCLUSION", "NOT_CHECKED", {
  en: "this file carries no log proof",
  zh: "此文件未附带日志证明",
});

/** Whoever asks for witnesses must not take a proof that nobody could judge, or none at all, for one that they saw. */
function asWitnessed(log: Finding, { witnesses }: VerifyLicenseInput): Finding {
  if (!witnesses || log.outcome !== "SKIPPED" || log.code === undefined) return log;
  return found("LOG_INCLUSION", "LOG_WITNESSES_LACKING", log.detail ?? verificationCodes[log.code].text);
}

function checkAttributes(typeCode: string, attributes: unknown, tools: VerifyLicenseTools): Finding {
  const schema = tools.schemaOf(typeCode);
  if (schema === undefined) return found("TYPE_SCHEMA", "TYPE_UNKNOWN");
  const faults = schema(attributes);
  if (faults.length === 0) return passed("TYPE_SCHEMA");
  // Kinds only: the path of an unknown attribute is text somebody chose.
  const kinds = [...new Set(faults.map((fault) => fault.kind))].toSorted().join(", ");
  return found("TYPE_SCHEMA", "ATTRIBUTES_INVALID", {
    en: `${faults.length} found: ${kinds}`,
    zh: `发现 ${faults.length} 处：${kinds}`,
  });
}

/** Both ends are inclusive to the second: the last day counts up to 23:59:59.999. */
function checkValidity({ nbf, exp, iat }: Period, { second, day }: AskedInstant): Finding {
  const detail =
    second < iat
      ? { en: `asked about ${day}, before the hub signed this version`, zh: `查询日期 ${day}，早于枢纽签署本版本之时` }
      : { en: `asked about ${day}`, zh: `查询日期 ${day}` };
  if (second < nbf) return found("VALIDITY_PERIOD", "NOT_YET_VALID", detail);
  if (exp !== undefined && second > exp) return found("VALIDITY_PERIOD", "EXPIRED", detail);
  return passed("VALIDITY_PERIOD", detail);
}

type Period = Pick<LicenseClaims, "iat" | "nbf" | "exp">;
type AskedInstant = Readonly<{ instant: Date; second: number; day: CalendarDate }>;

function askedInstant(at: Date): AskedInstant {
  try {
    return { instant: at, second: Math.floor(at.getTime() / 1000), day: dateOf(at) };
  } catch (cause) {
    throw new HubError("INPUT_INVALID", { argument: "at" }, { cause });
  }
}

function toCheck({ name, outcome, code, detail }: Finding, language: keyof LocalizedText): VerificationCheck {
  const check = code ? { name, outcome, code } : { name, outcome };
  return detail ? { ...check, detail: detail[language] } : check;
}
