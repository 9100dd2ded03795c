import { clientKinds, operatorActions, unsignedPolicies } from "../../../domain/access/client.ts";
import { memberRoles } from "../../../domain/access/member.ts";
import { described, register } from "../enums.ts";

export const ClientKindEnum = register(
  "ClientKind",
  "What kind of system a client is.",
  described(clientKinds, {
    DEPARTMENT: "业务系统: a department's.",
    AUDITOR: "An auditor's.",
    OPERATOR: "The hub's own operators'.",
    GATEWAY: "The federated gateway.",
    WALLET: "A holder signs in with it.",
  }),
);

export const OperatorActionEnum = register(
  "OperatorAction",
  "What an operator decided.",
  described(operatorActions, {
    REGISTER_CLIENT: "A client was registered.",
    SUSPEND_CLIENT: "A client was suspended.",
    RESUME_CLIENT: "A suspended client was let in again.",
    ADD_KEY: "A client got a key.",
    RETIRE_KEY: "A key of a client was retired.",
    GRANT_ACCESS: "授权: a client was granted a license type for a procedure.",
    REVOKE_GRANT: "A grant was revoked.",
    ADD_RECORD_KEY: "Keys were registered that a client's records are signed with.",
    RETIRE_RECORD_KEY: "A key that a client's records were signed with was retired.",
    SET_UNSIGNED_RECORDS: "It was decided what becomes of a client's unsigned records.",
    ADD_SOURCE: "A source that the hub pulls a client's records from was added.",
    SUSPEND_SOURCE: "A source was suspended.",
    RESUME_SOURCE: "A suspended source is pulled again.",
    PULL_SOURCE: "A pull was asked for at once.",
    RECONCILE_SOURCE: "A comparison with a source was asked for at once.",
    REMOVE_SOURCE: "A source was removed.",
    SET_WEBHOOK: "Where it is told of changes was set.",
    ROTATE_WEBHOOK_SECRET: "A new secret of its webhook was made.",
    REMOVE_WEBHOOK: "Its webhook was removed.",
    REPLAY_NOTICES: "Notices were sent again.",
    ROTATE_KEY: "A key of the hub was changed.",
    DECLARE_KEY_COMPROMISED: "A key of the hub was declared compromised.",
  }),
);

export const UnsignedRecordsEnum = register(
  "UnsignedRecords",
  "What becomes of records a client sends without its signature.",
  described(unsignedPolicies, {
    ACCEPTED: "They are taken like signed ones; a signature that is there must hold all the same.",
    REFUSED: "They are refused with SIGNATURE_MISSING.",
  }),
);

export const MemberRoleEnum = register(
  "MemberRole",
  "As what a person acts for an enterprise.",
  described(memberRoles, {
    LEGAL_REPRESENTATIVE: "法定代表人: as the business register says; nobody appoints or ends it here.",
    ADMINISTRATOR: "管理员: appointed by the enterprise or its legal representative; appoints clerks.",
    CLERK: "经办人: for a time, and perhaps for some license types only.",
  }),
);
