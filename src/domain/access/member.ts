import { addDays, type CalendarDate } from "../calendar.ts";
import { isPlainText } from "../plain-text.ts";
import { checkResidentId } from "../resident-id.ts";

/** Who may act for an enterprise (法定代表人, 管理员, 经办人). */
export const memberRoles = ["LEGAL_REPRESENTATIVE", "ADMINISTRATOR", "CLERK"] as const;
export type MemberRole = (typeof memberRoles)[number];

/** Who acts for an enterprise in a call: itself, signed in as such, or one of its members. */
export type ActingRole = "ENTERPRISE" | MemberRole;

/** A holder that was let in: for whom it acts, and in which role. */
export type ActingHolder = Readonly<{
  holder: string;
  isEnterprise: boolean;
  acting: ActingRole;
  /** The membership it acts under, or `enterprise`: what stands beside its decisions. */
  by: string;
  today: CalendarDate;
}>;

/** 授权经办: a person who is to act for the enterprise. */
export type Appointment = Readonly<{
  /** Resident ID. */
  personCode: string;
  personName: string;
  role: MemberRole;
  /** What a clerk may show and read; null: every type. */
  licenseTypes: readonly string[] | null;
  /** The last day, inclusive; null: a clerk's 30 days, an administrator's until ended. */
  validUntil: CalendarDate | null;
}>;

/** An appointment that stands. */
export type StandingMember = Readonly<{
  personCode: string;
  role: MemberRole;
  licenseTypes: readonly string[] | null;
  validUntil: CalendarDate | null;
}>;

/** Limits of memberships. *Units*: calendar days count the first and the last. */
export const memberLimits = {
  personName: { least: 2, most: 50 },
  administrators: 5,
  clerkDays: { usual: 30, most: 366 },
  licenseTypes: { least: 1, most: 50 },
} as const;

/** Why nobody is appointed. `argument`: what is wrong with the request. */
export type MemberRefusal =
  | Readonly<{ code: "FORBIDDEN" | "MEMBER_LIMIT" | "MEMBER_EXISTS" }>
  | Readonly<{ code: "INPUT_INVALID"; argument: keyof Appointment }>;

/** Whether a text can be the id of a membership: a UUID in lower case. *Trust*: attacker-chosen. */
export function isMemberId(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text);
}

/** Whether one who acts may appoint and end members of a role. Nobody appoints or ends the legal representative. */
export function mayManage(acting: ActingRole, role: MemberRole): boolean {
  if (role === "ADMINISTRATOR") return acting === "ENTERPRISE" || acting === "LEGAL_REPRESENTATIVE";
  return role === "CLERK" && acting !== "CLERK";
}

/** Whether one who acts may see who the enterprise's members are, and object to accesses in its name. */
export function maySpeakFor(acting: ActingRole): boolean {
  return acting !== "CLERK";
}

/** The appointment with its last day: a clerk's is 30 days from today unless another was named. */
export function withTerm(appointment: Appointment, today: CalendarDate): Appointment {
  if (appointment.role !== "CLERK" || appointment.validUntil !== null) return appointment;
  return { ...appointment, validUntil: addDays(today, memberLimits.clerkDays.usual - 1) };
}

/**
 * Why an appointment (`withTerm`) is refused, or undefined. @param standing the enterprise's members whose term is not
 * over. Whether the license types exist is not asked here. *Trust*: attacker-chosen.
 */
export function memberRefusal(
  acting: ActingRole,
  appointment: Appointment,
  standing: readonly StandingMember[],
  today: CalendarDate,
): MemberRefusal | undefined {
  const { role, personCode } = appointment;
  if (!mayManage(acting, role)) return { code: "FORBIDDEN" };
  const argument = faultyArgument(appointment, today);
  if (argument) return { code: "INPUT_INVALID", argument };
  if (standing.some((member) => member.personCode === personCode)) return { code: "MEMBER_EXISTS" };
  const administrators = standing.filter((member) => member.role === "ADMINISTRATOR").length;
  return role === "ADMINISTRATOR" && administrators >= memberLimits.administrators
    ? { code: "MEMBER_LIMIT" }
    : undefined;
}

/** The standing membership that already is what is asked for, so that asking again changes nothing. */
export function sameMember<Member extends StandingMember>(
  standing: readonly Member[],
  asked: Appointment,
): Member | undefined {
  return standing.find(
    (member) =>
      member.personCode === asked.personCode &&
      member.role === asked.role &&
      member.validUntil === asked.validUntil &&
      JSON.stringify(member.licenseTypes) === JSON.stringify(asked.licenseTypes),
  );
}

function faultyArgument(appointment: Appointment, today: CalendarDate): keyof Appointment | undefined {
  const { personCode, personName, role, licenseTypes, validUntil } = appointment;
  if (!checkResidentId(personCode).ok) return "personCode";
  if (!isPlainText(personName, memberLimits.personName)) return "personName";
  if (licenseTypes !== null && (role !== "CLERK" || !areTypes(licenseTypes))) return "licenseTypes";
  if (validUntil !== null && validUntil < today) return "validUntil";
  const last = addDays(today, memberLimits.clerkDays.most - 1);
  return role === "CLERK" && (validUntil === null || validUntil > last) ? "validUntil" : undefined;
}

function areTypes(licenseTypes: readonly string[]): boolean {
  const { least, most } = memberLimits.licenseTypes;
  const { length } = licenseTypes;
  return length >= least && length <= most && new Set(licenseTypes).size === length;
}
