import {
  correctionAnswers,
  correctionRoles,
  correctionStatuses,
  correctionSteps,
} from "../../../domain/corrections/correction.ts";
import { described, register } from "../enums.ts";

export const CorrectionStatusEnum = register(
  "CorrectionStatus",
  "Where a correction stands.",
  described(correctionStatuses, {
    OPEN: "待答复: the source has not answered.",
    ACCEPTED: "已采纳: the source will correct the license; the new version has not come.",
    REFUSED: "不采纳: the license is right, the source says. Final.",
    CORRECTED: "已更正: a new version says something else in this field. Final.",
    CLOSED: "已终止: the license ended first; `ground` says how. Final.",
  }),
);

export const CorrectionAnswerEnum = register(
  "CorrectionAnswer",
  "What a source answers.",
  described(correctionAnswers, {
    ACCEPTED: "采纳: a CHANGE of the license will come.",
    REFUSED: "不采纳: the license is right as it is.",
  }),
);

export const CorrectionRoleEnum = register(
  "CorrectionRole",
  "Who did something to a correction.",
  described(correctionRoles, {
    DEPARTMENT: "A department, through one of its clients.",
    HOLDER: "The holder of the license.",
    HUB: "The hub itself, by the calendar.",
  }),
);

export const CorrectionStepEnum = register(
  "CorrectionStepKind",
  "Something that happened to a correction.",
  described(correctionSteps, {
    OBJECTED: "提出: a reader objected.",
    ACCEPTED: "采纳: the source accepted.",
    REFUSED: "不采纳: the source refused.",
    UNCHANGED: "A new version came, and says the same in this field.",
    CORRECTED: "已更正: a new version came, and says something else in this field.",
    CLOSED: "已终止: the license ended.",
    ESCALATED: "督办: a term was over; `level` says which.",
  }),
);

/** On which side of a correction a department stands. */
export const CorrectionSideEnum = register("CorrectionSide", "Which side of a correction.", {
  TO_ANSWER: "About licenses the caller's department issued.",
  MADE: "Made by the caller: its department, or the holder.",
});
