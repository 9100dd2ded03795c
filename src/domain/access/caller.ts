import { HubError } from "../../errors.ts";
import type { HolderIdType } from "../licenses/license-type.ts";
import { isPlainText } from "../plain-text.ts";

/** What a token may be good for. */
export const scopes = [
  ...(["license:submit", "license:read", "material:check", "material:fetch", "audit:read"] as const),
  ...(["holder:manage", "hub:operate", "hub:federate"] as const),
] as const;
export type Scope = (typeof scopes)[number];

/** Kinds of callers whose token was verified. */
export const callerKinds = ["DEPARTMENT", "HOLDER", "AUDITOR", "OPERATOR", "GATEWAY"] as const;
export type CallerKind = (typeof callerKinds)[number];

/** The scopes each kind of caller may hold; no client gets one that is not here, whatever it asks for. */
export const scopesOfKind: Readonly<Record<CallerKind, readonly Scope[]>> = {
  DEPARTMENT: ["license:submit", "license:read", "material:check", "material:fetch", "audit:read"],
  HOLDER: ["license:read", "audit:read", "holder:manage"],
  AUDITOR: ["audit:read"],
  OPERATOR: ["hub:operate"],
  GATEWAY: ["hub:federate"],
};

type Bearer = Readonly<{ clientId: string; scopes: ReadonlySet<string> }>;

/**
 * Whoever asks, as far as the access token proves it. *Trust*: the token was verified; whether the client still
 * exists, and what it is granted, is asked of the store each time.
 */
export type Caller =
  | Readonly<{ kind: "STRANGER" }>
  | (Bearer & Readonly<{ kind: "DEPARTMENT" }>)
  | (Bearer &
      Readonly<{
        kind: "HOLDER";
        holder: Readonly<{ idType: HolderIdType; id: string }>;
        /** The membership the person acts under for the enterprise; absent: the holder itself. */
        member?: string;
      }>)
  | (Bearer & Readonly<{ kind: "AUDITOR" }>)
  /** `person`: who acts under the client, when the token names somebody. */
  | (Bearer & Readonly<{ kind: "OPERATOR"; person?: string }>)
  | (Bearer & Readonly<{ kind: "GATEWAY" }>);

/** A caller whose token was verified. */
export type KnownCaller = Exclude<Caller, { kind: "STRANGER" }>;

/** Everything that can be asked of the hub. */
export type Action =
  | "SUBMIT_LICENSES"
  | "READ_SUBMISSION"
  | "RECONCILE"
  | "AUDIT_RECONCILIATIONS"
  | "MEND_RECORDS"
  | "OVERSEE_QUALITY"
  | "DECIDE_CONFLICTS"
  | "AUDIT_CONFLICTS"
  | "READ_ENTERPRISE"
  | "READ_LICENSES"
  | "CONFIRM_LICENSE"
  | "CHECK_MATERIALS"
  | "FETCH_MATERIALS"
  | "READ_ACCESS_RECORDS"
  | "EXPORT_ACCESS_RECORDS"
  | "OBJECT_TO_ACCESS"
  | "ANSWER_OBJECTION"
  | "MANAGE_MEMBERS"
  | "MANAGE_CLIENTS"
  | "OBJECT_TO_LICENSE"
  | "ANSWER_CORRECTION"
  | "OVERSEE_CORRECTIONS"
  | "FOLLOW_CASES"
  | "READ_SCHEMA";

/** Which kinds of caller may ask for it at all, and the scope the token must carry. What is not here is refused. */
const rules: Readonly<Record<Action, { scope: Scope; kinds: readonly KnownCaller["kind"][] }>> = {
  SUBMIT_LICENSES: { scope: "license:submit", kinds: ["DEPARTMENT"] },
  READ_SUBMISSION: { scope: "license:submit", kinds: ["DEPARTMENT"] },
  RECONCILE: { scope: "license:submit", kinds: ["DEPARTMENT"] },
  AUDIT_RECONCILIATIONS: { scope: "audit:read", kinds: ["AUDITOR"] },
  MEND_RECORDS: { scope: "license:submit", kinds: ["DEPARTMENT"] },
  OVERSEE_QUALITY: { scope: "hub:operate", kinds: ["OPERATOR"] },
  DECIDE_CONFLICTS: { scope: "hub:operate", kinds: ["OPERATOR"] },
  AUDIT_CONFLICTS: { scope: "audit:read", kinds: ["AUDITOR"] },
  READ_ENTERPRISE: { scope: "license:read", kinds: ["DEPARTMENT", "HOLDER"] },
  READ_LICENSES: { scope: "license:read", kinds: ["DEPARTMENT", "HOLDER"] },
  CONFIRM_LICENSE: { scope: "license:read", kinds: ["DEPARTMENT", "HOLDER"] },
  CHECK_MATERIALS: { scope: "material:check", kinds: ["DEPARTMENT"] },
  FETCH_MATERIALS: { scope: "material:fetch", kinds: ["DEPARTMENT"] },
  READ_ACCESS_RECORDS: { scope: "audit:read", kinds: ["DEPARTMENT", "HOLDER", "AUDITOR"] },
  EXPORT_ACCESS_RECORDS: { scope: "audit:read", kinds: ["AUDITOR"] },
  OBJECT_TO_ACCESS: { scope: "holder:manage", kinds: ["HOLDER"] },
  ANSWER_OBJECTION: { scope: "audit:read", kinds: ["DEPARTMENT"] },
  MANAGE_MEMBERS: { scope: "holder:manage", kinds: ["HOLDER"] },
  MANAGE_CLIENTS: { scope: "hub:operate", kinds: ["OPERATOR"] },
  OBJECT_TO_LICENSE: { scope: "license:read", kinds: ["DEPARTMENT", "HOLDER"] },
  ANSWER_CORRECTION: { scope: "license:submit", kinds: ["DEPARTMENT"] },
  OVERSEE_CORRECTIONS: { scope: "hub:operate", kinds: ["OPERATOR"] },
  FOLLOW_CASES: { scope: "material:fetch", kinds: ["DEPARTMENT"] },
  READ_SCHEMA: { scope: "hub:federate", kinds: ["GATEWAY"] },
};

/** The answer to "may this caller ask this at all"; grants and purposes are decided after it. */
export type Permission = "ALLOWED" | "UNAUTHENTICATED" | "FORBIDDEN" | "SCOPE_MISSING";

/** Whether a caller may ask for an action at all. Deny unless a rule says otherwise. */
export function may(caller: Caller, action: Action): Permission {
  if (caller.kind === "STRANGER") return "UNAUTHENTICATED";
  const rule = rules[action];
  if (!rule.kinds.includes(caller.kind)) return "FORBIDDEN";
  return caller.scopes.has(rule.scope) ? "ALLOWED" : "SCOPE_MISSING";
}

/** The scope an action needs. */
export function scopeOf(action: Action): Scope {
  return rules[action].scope;
}

/** 申请事由: travels with every disclosing call. */
export type Purpose = Readonly<{ procedure: string; caseNumber: string; reason: string }>;

/** Limits of a purpose, in characters. */
export const purposeLimits = {
  reason: { least: 2, most: 200 },
  caseNumber: { least: 1, most: 100 },
  procedure: { least: 1, most: 100 },
} as const;

/** The first field of a purpose that is out of its limits, or undefined. *Trust*: attacker-chosen texts. */
export function purposeFault(purpose: Purpose): keyof typeof purposeLimits | undefined {
  for (const field of ["procedure", "caseNumber", "reason"] as const) {
    const text = purpose[field];
    if (!isPlainText(text, purposeLimits[field])) return field;
  }
  return undefined;
}

/** Lets a purpose pass that is within its limits. *Throws* INPUT_INVALID naming the field. */
export function checkPurpose(purpose: Purpose): void {
  const fault = purposeFault(purpose);
  if (fault) throw new HubError("INPUT_INVALID", { argument: `purpose.${fault}` });
}

/**
 * Lets the caller pass, or throws: the first line of every use case that is not open to everyone.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export function checkMay(caller: Caller, action: Action): asserts caller is KnownCaller {
  const permission = may(caller, action);
  if (permission === "ALLOWED") return;
  throw new HubError(permission, permission === "SCOPE_MISSING" ? { scope: scopeOf(action) } : {});
}
