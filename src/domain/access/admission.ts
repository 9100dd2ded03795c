import type { ErrorCode, ErrorDetails } from "../../errors.ts";
import type { Extent, Extents } from "./disclosure.ts";

/** What a procedure needs of a license type, and whether the client is granted it. */
export type Need = Readonly<{
  licenseType: string;
  /** Attributes its materials name; none: the license as such. */
  attributes: readonly string[];
  granted: boolean;
  /** Granted as it was signed. */
  whole: boolean;
}>;

/** What a client may do for a procedure, as the database says at this moment. */
export type ClientAccess = Readonly<{
  department: string;
  active: boolean;
  /** The department the named procedure belongs to; null when there is no such procedure. */
  procedureDepartment: string | null;
  needs: readonly Need[];
}>;

/** A client let in: in whose name, and how much of which license types it may have. */
export type LetIn = Readonly<{ department: string; extents: Extents }>;

/** A client not let in: why. */
export type TurnedAway = Readonly<{ refusal: ErrorCode; details: ErrorDetails; department: string | null }>;

/**
 * Whether a client is let in for a procedure: it stands, the procedure exists, is its own department's, and needs every
 * license type that is asked for by name. Without a grant of whole licenses only the attributes named go out.
 * @param access undefined: there is no such client
 */
export function judgeAdmission(
  access: ClientAccess | undefined,
  procedure: string,
  types: readonly string[] | undefined,
): LetIn | TurnedAway {
  if (!access?.active) return { refusal: "FORBIDDEN", details: {}, department: access?.department ?? null };
  const { department, procedureDepartment, needs } = access;
  if (procedureDepartment === null) return { refusal: "PROCEDURE_NOT_FOUND", details: { procedure }, department };
  if (procedureDepartment !== department) return { refusal: "PURPOSE_NOT_ALLOWED", details: { procedure }, department };
  const excess = types?.filter((type) => !needs.some((need) => need.licenseType === type)) ?? [];
  if (excess.length > 0) return { refusal: "PURPOSE_EXCEEDED", details: { procedure, types: excess }, department };
  const extents = new Map<string, Extent>();
  for (const { licenseType, granted, whole, attributes } of needs) {
    if (granted) extents.set(licenseType, whole ? "WHOLE" : attributes);
  }
  return { department, extents };
}
