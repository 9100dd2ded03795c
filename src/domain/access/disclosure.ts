import { maskHolderId, maskResidentId } from "../resident-id.ts";

/**
 * How much of a license may go out: the license as it was signed, or only the attributes named.
 * Shape: names without repetition.
 */
export type Extent = "WHOLE" | readonly string[];

/** The extent by license type; a type that is not in it is not granted at all. */
export type Extents = ReadonlyMap<string, Extent>;

/** What disclosing looks at; whatever else a license has goes out as it is. */
type Disclosable = Readonly<{
  number: string;
  holder: Readonly<{ idType: string; id: string; name: string }>;
  attributes: Readonly<Record<string, unknown>>;
  jws: string;
}>;

/** A license as it goes out. `jws`: null when only a part of it does, for the signature covers the whole. */
export type Disclosed<License extends Disclosable> = Omit<License, "jws"> &
  Readonly<{ jws: string | null; extent: Extent }>;

/**
 * The part of a license that may go out. Of a part the attributes not named are left out, the signed form too, and a
 * person's identifier is masked, also where it serves as the license's number. An attribute that is named goes out as it is.
 */
export function disclosedPart<License extends Disclosable>(license: License, extent: Extent): Disclosed<License> {
  if (extent === "WHOLE") return { ...license, extent };
  const { holder, number, attributes } = license;
  const id = holder.idType === "RESIDENT_ID" ? maskResidentId(holder.id) : holder.id;
  return {
    ...license,
    extent,
    number: number === holder.id ? id : maskHolderId(number),
    holder: { ...holder, id },
    attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => extent.includes(name))),
    jws: null,
  };
}

/** What of two extents goes out when both are granted. */
export function widerExtent(one: Extent, other: Extent): Extent {
  if (one === "WHOLE" || other === "WHOLE") return "WHOLE";
  return [...new Set([...one, ...other])];
}

/** An extent as access records keep it: `*`, or the names between commas. */
export function extentText(extent: Extent): string {
  return extent === "WHOLE" ? "*" : extent.join(",");
}

/** The same, read back. */
export function extentOf(text: string): Extent {
  if (text === "*") return "WHOLE";
  return text === "" ? [] : text.split(",");
}
