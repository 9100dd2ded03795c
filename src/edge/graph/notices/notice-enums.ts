import {
  type DeliveryFailure,
  type DeliveryOutcome,
  deliveryFailures,
  deliveryOutcomes,
  noticeStatuses,
} from "../../../domain/notices/delivery.ts";
import { described, register } from "../enums.ts";

export const NoticeStatusEnum = register(
  "NoticeStatus",
  "Where a notice stands.",
  described(noticeStatuses, {
    UNSENT: "No webhook was set when it came to be, or it was removed: it is here to be read.",
    WAITING: "To be sent, or sent again.",
    DELIVERED: "The webhook took it.",
    DEAD: "Given up after five days of tries.",
  }),
);

const failures = Object.fromEntries(
  Object.entries(deliveryFailures).map(([code, { en, zh }]) => [code, `${en} ${zh}`]),
) as Record<DeliveryFailure, string>; // one text a failure

export const DeliveryOutcomeEnum = register(
  "DeliveryOutcome",
  "How handing a notice over ended.",
  described(deliveryOutcomes as readonly [DeliveryOutcome, ...DeliveryOutcome[]], {
    DELIVERED: "It was answered with a status from 200 to 299.",
    ...failures,
  }),
);
