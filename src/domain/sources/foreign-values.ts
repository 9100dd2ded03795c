import { parseDate, parseInstant } from "../calendar.ts";

const separated = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?.{0,9})?$/;
const packed = /^(\d{4})(\d\d)(\d\d)$/;
const written =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ](\d{1,2}):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?$/;

/**
 * A date as databases and forms write it (`2026/8/1`, `20260801`, `2026-08-01 00:00:00`) as ours; anything else as it is.
 * A time of day is left out.
 */
export function foreignDate(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, year = "", month = "", day = ""] = separated.exec(value.trim()) ?? packed.exec(value.trim()) ?? [];
  return parseDate(`${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`) ?? value;
}

/** An instant without an offset is Asia/Shanghai's; it comes back as RFC 3339, anything else as it is. */
export function foreignInstant(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, year = "", month = "", day = "", hour = "", minute, second = "00", fraction = "", zone = "+08:00"] =
    written.exec(value.trim()) ?? [];
  const two = (part: string) => part.padStart(2, "0");
  const offset = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
  const text = `${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}${fraction}${offset}`;
  return parseInstant(text) ? text : value;
}
