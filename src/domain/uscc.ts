/**
 * What a check of a unified social credit code found.
 * `FORMAT`: it does not have the shape of one; `CHECK`: the shape is right, the check character is not.
 * `organisationCodeValid` false is a warning: codes with a wrong inner check exist and stay valid.
 */
export type UsccVerdict =
  | Readonly<{ ok: true; organisationCodeValid: boolean }>
  | Readonly<{ ok: false; reason: "FORMAT" | "CHECK" }>;

/**
 * Checks a unified social credit code (USCC, 统一社会信用代码).
 * Shape: 18 characters of `0-9 A-Z` without I O S V Z: authority 1, kind 1, region 6 digits, organisation code 9,
 * check 1. Whether the region still exists is not asked: codes are for life.
 * Source: GB 32100-2015, composition of the code and its check character.
 */
export function checkUscc(text: string): UsccVerdict {
  if (text.length !== 18) return { ok: false, reason: "FORMAT" };
  const expected = usccCheckCharacter(text.slice(0, 17));
  const actual = text.charAt(17);
  if (expected === undefined || !alphabet.includes(actual)) return { ok: false, reason: "FORMAT" };
  if (actual !== expected) return { ok: false, reason: "CHECK" };
  return { ok: true, organisationCodeValid: isOrganisationCode(text.slice(8, 17)) };
}

/** Whether a text has the shape of a USCC, whatever its check character says. */
export function isUsccShaped(text: string): boolean {
  return text.length === 18 && first17Shape.test(text.slice(0, 17)) && alphabet.includes(text.charAt(17));
}

/**
 * The check character that completes a USCC; undefined when the 17 characters do not have the shape of its start.
 * Source: GB 32100-2015, check character: MOD 31 with weights 3^i mod 31.
 */
export function usccCheckCharacter(first17: string): string | undefined {
  if (!first17Shape.test(first17)) return undefined;
  let sum = 0;
  let weight = 1;
  for (const character of first17) {
    sum += alphabet.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return alphabet.charAt((31 - (sum % 31)) % 31);
}

/**
 * Whether a text is an organisation code (组织机构代码) with its right check character.
 * Shape: 8 of `0-9 A-Z` and a check `0-9 X`, with or without a hyphen before the check.
 * Source: GB 11714-1997.
 */
export function isOrganisationCode(text: string): boolean {
  if (!organisationShape.test(text)) return false;
  return text.at(-1) === organisationCheckCharacter(text.slice(0, 8));
}

/**
 * The check character that completes an organisation code: a digit or X.
 * Shape: 8 of `0-9 A-Z`. Throws: RangeError on anything else.
 * Source: GB 11714-1997, MOD 11 with weights 3 7 9 10 5 8 4 2.
 */
export function organisationCheckCharacter(first8: string): string {
  if (!/^[0-9A-Z]{8}$/.test(first8)) throw new RangeError("Expected 8 characters of 0-9 A-Z.");
  let sum = 0;
  for (const [index, weight] of organisationWeights.entries()) {
    sum += Number.parseInt(first8.charAt(index), 36) * weight;
  }
  // 11 - sum mod 11 is 1 to 11: 10 is written X, 11 is written 0.
  return "0123456789X0".charAt(11 - (sum % 11));
}

const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const first17Shape = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{9}$/;
const organisationShape = /^[0-9A-Z]{8}-?[0-9X]$/;
const organisationWeights = [3, 7, 9, 10, 5, 8, 4, 2];
