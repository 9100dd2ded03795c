import { addDays, type CalendarDate } from "../calendar.ts";
import { addWorkingDays, subtractWorkingDays, type WorkingCalendar } from "../working-days.ts";
import type { WarningCode } from "./material-reason.ts";
import type { Deferral, RenewalWindow } from "./procedure.ts";

/** Last day on which a deferred material may follow; the day asked itself does not count. */
export function deferralDueOn(deferral: Deferral, asOf: CalendarDate, calendar: WorkingCalendar): CalendarDate {
  if (deferral.workingDays !== null) return addWorkingDays(asOf, deferral.workingDays, calendar);
  return addDays(asOf, deferral.calendarDays ?? 0);
}

/** What to say about renewing, on a day, a license that ends on another; nothing within the window. */
export function renewalWarnings(
  window: RenewalWindow,
  validUntil: CalendarDate,
  asOf: CalendarDate,
  calendar: WorkingCalendar,
): readonly WarningCode[] {
  if (asOf > validUntil) return ["RENEWAL_AFTER_END"];
  if (asOf > subtractWorkingDays(validUntil, window.closesWorkingDays, calendar)) return ["RENEWAL_LATE"];
  if (asOf < subtractWorkingDays(validUntil, window.opensWorkingDays, calendar)) return ["RENEWAL_EARLY"];
  return [];
}
