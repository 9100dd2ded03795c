import { claimStatuses, conflictDecisions, conflictStatuses } from "../../../domain/conflicts/conflict.ts";
import { described, register } from "../enums.ts";

export const ConflictStatusEnum = register(
  "ConflictStatus",
  "Where a conflict about an identifier stands.",
  described(conflictStatuses, {
    OPEN: "待裁定: a claim waits for a clerk's decision.",
    DECIDED: "已裁定: no claim waits any more, and a clerk decided about one.",
    WITHDRAWN: "已撤回: the claims went away before anybody decided.",
  }),
);

export const ClaimStatusEnum = register(
  "ClaimStatus",
  "What became of a claim.",
  described(claimStatuses, {
    OPEN: "待裁定: it waits.",
    REFUSED: "不予采纳: a clerk refused it.",
    GIVEN: "已归集: a clerk had it stored, under an identifier the hub made.",
    WITHDRAWN: "已更正: its department corrected the record.",
    DISMISSED: "已关闭: its department said that the record is none.",
  }),
);

export const DecisionKindEnum = register(
  "ConflictDecisionKind",
  "What a clerk may decide about a claim.",
  described(conflictDecisions, {
    KEEP_STANDING: "维持现有证照: the claim is refused for good.",
    BOTH_RIGHT:
      "双方均有效: the claim is a license of its own whose source gave a spent identifier; it is stored under one the hub makes.",
    CLAIM_RIGHT: "主张成立: as BOTH_RIGHT, and the license that stands is revoked (撤销).",
  }),
);
