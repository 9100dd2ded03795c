import { issuingOperations } from "../licenses/license.ts";

/**
 * A record of its fields: `holder.id` becomes the `id` of its `holder`. One that brings a license has attributes, if only
 * none. @param read the paths that came from the row itself: the kind alone, a constant of all rows, makes no holder
 */
export function recordOf(values: ReadonlyMap<string, unknown>, read: ReadonlySet<string>): object {
  const { plain, holder, attributes } = partsOf(values);
  const hasHolder = [...read].some((path) => path.startsWith("holder.") && values.has(path));
  const isIssuing = issuingOperations.some((operation) => operation === values.get("operation"));
  const all = withAttributes(values.get("attributes"), attributes);
  return {
    ...Object.fromEntries(plain),
    ...(hasHolder && { holder: Object.fromEntries(holder) }),
    ...(all !== undefined ? { attributes: all } : isIssuing && { attributes: {} }),
  };
}

type Members = readonly (readonly [string, unknown])[];

function partsOf(values: ReadonlyMap<string, unknown>): Readonly<Record<"plain" | "holder" | "attributes", Members>> {
  const members = [...values];
  const under = (prefix: string): Members =>
    members
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, value]) => [path.slice(prefix.length), value] as const);
  return {
    plain: members.filter(([path]) => !path.includes(".") && path !== "attributes"),
    holder: under("holder."),
    attributes: under("attributes."),
  };
}

/** Single attributes go into the object of all; into what is no object they can not. */
function withAttributes(whole: unknown, single: Members): unknown {
  if (single.length === 0) return whole;
  const isObject = whole === undefined || (typeof whole === "object" && whole !== null && !Array.isArray(whole));
  return isObject ? { ...whole, ...Object.fromEntries(single) } : whole;
}
