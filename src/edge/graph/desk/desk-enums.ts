import { keptOutcomes, problemStatuses } from "../../../domain/licenses/problem-desk.ts";
import { described, register } from "../enums.ts";

export const ProblemStatusEnum = register(
  "ProblemStatus",
  "Where a kept problem stands.",
  described(problemStatuses, {
    OPEN: "待处理: nobody has mended it.",
    CORRECTED: "已更正: the record was taken without a word. Final.",
    DISMISSED:
      "已关闭: the department says that it is none; `note` says why. It comes back when something else is wrong.",
  }),
);

export const KeptOutcomeEnum = register(
  "KeptOutcome",
  "What became of the record, the last time it came.",
  described(keptOutcomes, {
    REJECTED: "Refused: the hub does not hold it.",
    ACCEPTED: "Stored, with a doubt.",
    PENDING: "An event that has waited for its license for over 30 days.",
  }),
);
