import { type Action, type Caller, type KnownCaller, may, purposeFault, scopeOf } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { type ErrorCode, type ErrorDetails, HubError } from "../../errors.ts";
import type { AccessStore, Admission, AdmissionRequest, RefusableRequest } from "../../store/access/access-store.ts";

/** What admitting needs. */
export type Tools = Readonly<{ now: () => Date; access: AccessStore }>;

const actions: Readonly<Record<RefusableRequest["action"], Action>> = {
  READ: "READ_LICENSES",
  CONFIRM: "CONFIRM_LICENSE",
  CHECK: "CHECK_MATERIALS",
  FETCH: "FETCH_MATERIALS",
};

/**
 * Whether a caller may ask such a thing at all: the first line of every use case that discloses.
 * *Throws* UNAUTHENTICATED; FORBIDDEN and SCOPE_MISSING, which are on record before they are thrown.
 */
export async function permitCaller(tools: Tools, caller: Caller, request: RefusableRequest): Promise<KnownCaller> {
  if (caller.kind === "STRANGER") throw new HubError("UNAUTHENTICATED");
  const action = actions[request.action];
  const permission = may(caller, action);
  if (permission === "ALLOWED") return caller;
  return refuseCaller(
    tools,
    caller,
    request,
    permission,
    permission === "SCOPE_MISSING" ? { scope: scopeOf(action) } : {},
  );
}

/**
 * Lets a permitted caller in for a purpose: the client stands, the procedure exists and is its own department's. A
 * holder needs no grant for itself and is refused everybody else. A refusal is on record before it is thrown.
 * *Throws* INPUT_INVALID, FORBIDDEN, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED.
 */
export async function admitCaller(tools: Tools, caller: KnownCaller, request: AdmissionRequest): Promise<Admission> {
  const { action, purpose, holders } = request;
  const fault = purposeFault(purpose);
  if (fault) throw new HubError("INPUT_INVALID", { argument: `purpose.${fault}` });
  const at = tools.now();
  const today = dateOf(at);
  const record = {
    at,
    callerKind: caller.kind,
    clientId: caller.clientId,
    department: null,
    action,
    purpose,
    refusal: null,
  };
  if (caller.kind === "HOLDER") {
    const isSelf = holders.every((holder) => holder === caller.holder.id);
    return isSelf ? { today, grantedTypes: null, record } : refuseCaller(tools, caller, request, "FORBIDDEN");
  }
  const client = await tools.access.findClientAccess(caller.clientId, purpose.procedure, today);
  if (!client?.active) return refuseCaller(tools, caller, request, "FORBIDDEN", {}, client?.department);
  const { department, procedureDepartment, grantedTypes } = client;
  if (procedureDepartment === department) return { today, grantedTypes, record: { ...record, department } };
  const code = procedureDepartment === null ? "PROCEDURE_NOT_FOUND" : "PURPOSE_NOT_ALLOWED";
  return refuseCaller(tools, caller, request, code, { procedure: purpose.procedure }, department);
}

/** Records a refusal, then throws it. */
export async function refuseCaller(
  tools: Tools,
  caller: KnownCaller,
  request: RefusableRequest,
  refusal: ErrorCode,
  details: ErrorDetails = {},
  department: string | null = null,
): Promise<never> {
  const { action, purpose, holders } = request;
  const isClean = purpose !== null && purposeFault(purpose) === undefined;
  const shared = {
    at: tools.now(),
    callerKind: caller.kind,
    clientId: caller.clientId,
    department,
    action,
    refusal,
  } as const;
  const refused = {
    ...shared,
    purpose: isClean ? purpose : null,
    outcome: "REFUSED",
    identifiers: [],
    withheld: 0,
  } as const;
  const known = holders.filter((holder) => /^[0-9A-Z]{18}$/.test(holder));
  await tools.access.record((known.length > 0 ? known : [""]).map((holder) => ({ ...refused, holder })));
  throw new HubError(refusal, details);
}
