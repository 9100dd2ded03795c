import type { CalendarDate } from "../calendar.ts";
import { isPlainText } from "../plain-text.ts";
import type { ClientKind } from "./client.ts";

/** 授权 as it is asked for: one client, one license type, one procedure. Both dates are inclusive. */
export type GrantRequest = Readonly<{
  clientId: string;
  licenseType: string;
  procedure: string;
  validFrom: CalendarDate;
  /** null: until it is revoked. */
  validUntil: CalendarDate | null;
  /** The rule that lets this department see this for this. */
  legalBasis: string;
  /** True: the license as it was signed. False: only the attributes the procedure's materials name. */
  wholeLicense: boolean;
}>;

/** What the hub knows about what the request names. Undefined: there is no such client or procedure. */
export type GrantGround = Readonly<{
  client: Readonly<{ kind: ClientKind; department: string | null; active: boolean }> | undefined;
  /** `needs`: license types its materials name. */
  procedure: Readonly<{ department: string; needs: readonly string[] }> | undefined;
  today: CalendarDate;
}>;

/** Why a grant is not given. */
export type GrantRefusal =
  | Readonly<{ code: "CLIENT_NOT_FOUND" | "PROCEDURE_NOT_FOUND" | "GRANT_NOT_NEEDED" }>
  | Readonly<{ code: "GRANT_NOT_ALLOWED"; reason: "CLIENT_KIND" | "CLIENT_SUSPENDED" | "PROCEDURE_DEPARTMENT" }>
  | Readonly<{ code: "INPUT_INVALID"; argument: "legalBasis" | "validFrom" | "validUntil" }>;

/** Limits of a legal basis. *Units*: characters. */
export const legalBasisLimits = { least: 2, most: 300 } as const;

/**
 * Why a grant is refused, or undefined: it goes to a standing client of the department whose procedure needs the type,
 * on a stated legal basis, for days that are not over.
 */
export function grantRefusal(
  request: GrantRequest,
  { client, procedure, today }: GrantGround,
): GrantRefusal | undefined {
  const { validFrom, validUntil } = request;
  if (!isPlainText(request.legalBasis, legalBasisLimits)) return { code: "INPUT_INVALID", argument: "legalBasis" };
  if (validFrom < today) return { code: "INPUT_INVALID", argument: "validFrom" };
  if (validUntil !== null && validUntil < validFrom) return { code: "INPUT_INVALID", argument: "validUntil" };
  if (!client) return { code: "CLIENT_NOT_FOUND" };
  if (client.kind !== "DEPARTMENT") return { code: "GRANT_NOT_ALLOWED", reason: "CLIENT_KIND" };
  if (!client.active) return { code: "GRANT_NOT_ALLOWED", reason: "CLIENT_SUSPENDED" };
  if (!procedure) return { code: "PROCEDURE_NOT_FOUND" };
  if (procedure.department !== client.department) return { code: "GRANT_NOT_ALLOWED", reason: "PROCEDURE_DEPARTMENT" };
  return procedure.needs.includes(request.licenseType) ? undefined : { code: "GRANT_NOT_NEEDED" };
}

/** Whether a standing grant already says what is asked for, so that asking again changes nothing. */
export function isSameGrant(standing: GrantRequest, asked: GrantRequest): boolean {
  return (
    standing.validFrom === asked.validFrom &&
    standing.validUntil === asked.validUntil &&
    standing.legalBasis === asked.legalBasis &&
    standing.wholeLicense === asked.wholeLicense
  );
}
