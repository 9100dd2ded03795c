import { judgeAdmission } from "../../domain/access/admission.ts";
import {
  type Action,
  type Caller,
  checkPurpose,
  type KnownCaller,
  may,
  purposeFault,
  scopeOf,
} from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { type ErrorCode, type ErrorDetails, HubError } from "../../errors.ts";
import type {
  AccessStore,
  Admission,
  AdmissionRequest,
  IsMember,
  RefusableRequest,
} from "../../store/access/access-store.ts";
import { readerOf } from "../../store/reader.ts";

/** What admitting needs. */
export type Tools = Readonly<{ now: () => Date; access: AccessStore; isMember: IsMember }>;

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
 * Lets a permitted caller in for a purpose: the client stands, the procedure exists and is its own department's. A holder needs no grant for itself and is refused everybody else; who
 * acts for it needs a standing membership. A refusal is on record before it is thrown.
 * *Throws* INPUT_INVALID, FORBIDDEN, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED, PURPOSE_EXCEEDED.
 */
export async function admitCaller(tools: Tools, caller: KnownCaller, request: AdmissionRequest): Promise<Admission> {
  const { action, purpose, holders, types } = request;
  checkPurpose(purpose);
  const at = tools.now();
  const today = dateOf(at);
  const reader = readerOf(caller, purpose.procedure, today);
  const record = {
    ...{ at, callerKind: caller.kind, clientId: caller.clientId, department: null, action, purpose, refusal: null },
  };
  if (caller.kind === "HOLDER") {
    const { holder, member } = caller;
    const isSelf = holders.every((code) => code === holder.id);
    const mayAct = isSelf && (member === undefined || (await tools.isMember(member, holder.id, today)));
    if (!mayAct) return refuseCaller(tools, caller, request, "FORBIDDEN");
    return { reader, extents: null, record: { ...record, member } };
  }
  const access = await tools.access.findClientAccess(caller.clientId, purpose.procedure, today);
  const judged = judgeAdmission(access, purpose.procedure, types);
  if ("refusal" in judged)
    return refuseCaller(tools, caller, request, judged.refusal, judged.details, judged.department);
  return { reader, extents: judged.extents, record: { ...record, department: judged.department } };
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
  const { action, purpose } = request;
  // Only a department's words reach a holder's records: anybody else could write there whatever it liked, to anybody.
  const holders = request.holders.filter((code) => mayAddress(caller, code));
  const isClean = purpose !== null && purposeFault(purpose) === undefined;
  const isHeard = caller.kind === "DEPARTMENT" || holders.length > 0;
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
    purpose: isClean && isHeard ? purpose : null,
    member: caller.kind === "HOLDER" ? caller.member : undefined,
    outcome: "REFUSED",
    identifiers: [],
    withheld: 0,
  } as const;
  const known = holders.filter((holder) => /^[0-9A-Z]{18}$/.test(holder));
  await tools.access.record((known.length > 0 ? known : [""]).map((holder) => ({ ...refused, holder })));
  throw new HubError(refusal, details);
}

function mayAddress(caller: KnownCaller, holder: string): boolean {
  return caller.kind === "DEPARTMENT" || (caller.kind === "HOLDER" && caller.holder.id === holder);
}
