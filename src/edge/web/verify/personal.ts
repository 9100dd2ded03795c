import { birthDateOf, maskResidentId } from "../../../domain/resident-id.ts";
import type { LicenseClaims } from "../../../proof/license-jws.ts";

/** Shows a text of a license with the personal identifiers in it masked. */
export type Mask = (text: string) => string;

/**
 * How the texts of one license are shown: its holder's number and its place in other texts are masked when the holder is
 * a person, and so is whatever else has the shape and birth date of a resident ID. Undefined: the license is unread.
 */
export function maskOf(claims: LicenseClaims | undefined): Mask {
  const own = claims ? ownIds(claims) : [];
  return (text) =>
    own
      .reduce((masked, id) => masked.replaceAll(id, maskOwn(id)), text)
      .replace(residentIds, (id) => (birthDateOf(id.toUpperCase()) === undefined ? id : maskResidentId(id)));
}

/** The claims as JSON to read, every text in them masked. */
export function claimsText(claims: LicenseClaims, mask: Mask): string {
  return JSON.stringify(claims, (_, value: unknown) => (typeof value === "string" ? mask(value) : value), 2);
}

function ownIds({ sub, license: { holder } }: LicenseClaims): readonly string[] {
  return holder.idType === "USCC" ? [] : [...new Set([holder.id, sub])].filter((id) => id.length >= 6);
}

const residentIds = /(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])/g;

/** Passports and the like: shorter than a resident ID, but as personal. */
function maskOwn(id: string): string {
  return id.length < 15 ? id.slice(0, 2) + "*".repeat(id.length - 4) + id.slice(-2) : maskResidentId(id);
}
