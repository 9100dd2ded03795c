import { addDays, type CalendarDate, dateOf, parseDate, parseInstant } from "../calendar.ts";

/** The year a spreadsheet counts its days from: 1904 in files that began on an old Macintosh. */
export type SerialEpoch = 1900 | 1904;

/**
 * Reads a day in the forms Chinese offices write it in; undefined when it is none, or no day that exists.
 * *Shape*: 2021-07-01, 2021/7/1, 2021.7.1, 20210701, 2021年7月1日, 二〇二一年七月一日, the five digits of a spreadsheet's
 * day count; full-width characters too. A time after it is dropped; with an offset the day is the one in Asia/Shanghai.
 */
export function readDay(text: string, epoch: SerialEpoch = 1900): CalendarDate | undefined {
  const plain = plainOf(text);
  const instant = parseInstant(plain);
  if (instant) return dateOf(instant);
  const [day, time] = splitTime(plain);
  if (time === undefined) return undefined;
  return dayOfForms(day) ?? (serialShape.test(day) ? dayOfSerial(Number(day), epoch) : undefined);
}

/** Reads the last day of a validity. *Returns* null when it says that there is none: empty, 长期, 永久 and the like. */
export function readLastDay(text: string, epoch: SerialEpoch = 1900): CalendarDate | null | undefined {
  return endless.includes(plainOf(text)) ? null : readDay(text, epoch);
}

/**
 * Reads an instant as RFC 3339. What has no offset is a time in Asia/Shanghai, what has no time is the day's beginning.
 * *Shape*: the forms of `readDay`, then 9:30, 09:30:00 or 9时30分.
 */
export function readInstant(text: string, epoch: SerialEpoch = 1900): string | undefined {
  const plain = plainOf(text);
  if (parseInstant(plain)) return plain;
  const [day, time] = splitTime(plain);
  const date = time === undefined ? undefined : dayOfForms(day);
  if (date) return `${date}T${time}+08:00`;
  if (!serialShape.test(plain)) return undefined;
  const seconds = Math.round((Number(plain) % 1) * secondsOfDay);
  const serialDay = dayOfSerial(Number(plain) + (seconds === secondsOfDay ? 1 : 0), epoch);
  return serialDay && `${serialDay}T${clockOf(seconds % secondsOfDay)}+08:00`;
}

/**
 * The day a spreadsheet means by a number; undefined when it means none. Counting from 1900, number 60 is a 29 February
 * 1900 that never was, so everything before it lies one day later than the count from 30 December 1899.
 * *Source*: ECMA-376 part 1, 18.17.4.1.
 */
export function dayOfSerial(serial: number, epoch: SerialEpoch): CalendarDate | undefined {
  const days = Math.floor(serial);
  if (!(days >= (epoch === 1904 ? 0 : 1) && days <= lastSerial)) return undefined;
  if (epoch === 1904) return days <= lastSerial - 1462 ? addDays("1904-01-01", days) : undefined;
  if (days === 60) return undefined;
  return addDays(days < 60 ? "1899-12-31" : "1899-12-30", days);
}

/** 31 December 9999. */
const lastSerial = 2_958_465;
const secondsOfDay = 86_400;
const maxCharacters = 60;

const endless = [
  "",
  "长期",
  "永久",
  "长期有效",
  "永久有效",
  "无期限",
  "无固定期限",
  "不约定期限",
  "无",
  "-",
  "--",
  "—",
  "——",
];

/** Only these numbers are days: 1927 to 2173. Four digits are a year, eight a whole date. */
const serialShape = /^[1-9]\d{4}(?:\.\d{1,17})?$/;
const timeShape =
  /(?:[ T]|(?<=[日号]))(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.\d{1,9})?)?|[时点](?:(\d{1,2})分(?:(\d{1,2})秒)?)?)$/;
const numberForms = [
  /^(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})$/,
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)$/,
  /^(?<year>\d{4}) ?年 ?(?<month>\d{1,2}) ?月 ?(?<day>\d{1,2}) ?[日号]?$/,
];
const wordForm =
  /^([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十廿卅]{1,3})[日号]?$/;

function plainOf(text: string): string {
  if (text.length > maxCharacters) return "?";
  return text.normalize("NFKC").replace(/\s+/g, " ").trim();
}

/** The time as `HH:MM:SS`, midnight when there is none, undefined when it is no time of a day. */
function splitTime(text: string): readonly [day: string, time: string | undefined] {
  const found = timeShape.exec(text);
  if (!found) return [text, "00:00:00"];
  const [, hour = "0", minute = found[4] ?? "0", second = found[5] ?? "0"] = found;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  const time = [hour, minute, second].map((part) => part.padStart(2, "0")).join(":");
  return [text.slice(0, found.index), isTime ? time : undefined];
}

function clockOf(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

function dayOfForms(text: string): CalendarDate | undefined {
  for (const form of numberForms) {
    const { year, month = "", day = "" } = form.exec(text)?.groups ?? {};
    if (year !== undefined) return parseDate(`${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`);
  }
  const [, year, month = "", day = ""] = wordForm.exec(text) ?? [];
  if (year === undefined) return undefined;
  const digits = [...year].map((sign) => digitOf(sign)).join("");
  const [monthNumber, dayNumber] = [month, day].map((word) => String(numberOf(word)).padStart(2, "0"));
  return parseDate(`${digits}-${monthNumber}-${dayNumber}`);
}

function digitOf(sign: string): number {
  return Math.max(0, "〇一二三四五六七八九".indexOf(sign));
}

/** A number below 100 in words; NaN when the words make none. */
function numberOf(word: string): number {
  const found = /^(?:([二三四五六七八九])?(十)|([廿卅]))?([一二三四五六七八九])?$/.exec(word);
  if (!found) return Number.NaN;
  const [, tens, ten, short, ones] = found;
  const base = short ? (short === "廿" ? 20 : 30) : ten ? (tens ? digitOf(tens) : 1) * 10 : 0;
  return base + (ones ? digitOf(ones) : 0);
}
