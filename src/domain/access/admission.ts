import type { ErrorCode, ErrorDetails } from "../../errors.ts";
import type { Extent, Extents } from "./disclosure.ts";

/**
 * What a procedure needs, by license type: false when that is not granted to the client, true when it is granted as it
 * was signed, otherwise the attributes granted, which are those its materials name (none: the license as such).
 */
export type Needs = Readonly<Record<string, boolean | readonly string[]>>;

/** What a client may do for a procedure, as the database says at this moment. */
export type ClientAccess = Readonly<{
  department: string;
  active: boolean;
  /** The department the named procedure belongs to; null when there is no such procedure. */
  procedureDepartment: string | null;
  needs: Needs;
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
  const excess = types?.filter((type) => !Object.hasOwn(needs, type)) ?? [];
  if (excess.length > 0) return { refusal: "PURPOSE_EXCEEDED", details: { procedure, types: excess }, department };
  const extents = new Map<string, Extent>();
  for (const [licenseType, need] of Object.entries(needs)) {
    if (need !== false) extents.set(licenseType, need === true ? "WHOLE" : need);
  }
  return { department, extents };
}
