import type { Caller, Purpose } from "../../domain/access/caller.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import type { Judgement, MaterialAnswer, MaterialCase } from "../../domain/materials/material.ts";
import type { PersonRole, Procedure } from "../../domain/materials/procedure.ts";
import { checkResidentId } from "../../domain/resident-id.ts";
import { checkUscc } from "../../domain/uscc.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore, Admit, Permit } from "../../store/access/access-store.ts";
import type { CatalogueStore } from "../../store/catalogue/catalogue-store.ts";
import type { LicenseStore } from "../../store/licenses/license-store.ts";
import type { MaterialStore } from "../../store/materials/material-store.ts";
import { judgingReader, type Reader } from "../../store/reader.ts";

/** What checking materials needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  permit: Permit;
  admit: Admit;
  misses: Misses;
  judge: (stores: Pick<Stores, "catalogue" | "licenses">, input: MaterialCase) => Promise<Judgement>;
  read: <T>(reader: Reader, run: (stores: Stores) => Promise<T>) => Promise<T>;
}>;

type Stores = Readonly<{
  access: AccessStore;
  catalogue: CatalogueStore;
  licenses: LicenseStore;
  materials: MaterialStore;
}>;

/** A question about one case. *Trust*: attacker-chosen but for the kinds of the fields. */
export type MaterialQuestion = Readonly<{
  procedure: string;
  holder: string;
  persons: readonly Readonly<{ role: PersonRole; residentId: string }>[];
  commitment: boolean;
  purpose: Purpose;
  asOf: CalendarDate | undefined;
}>;

/** The answer; its id opens one fetch, for this caller, for ten minutes. */
export type MaterialCheck = Readonly<{
  id: string;
  procedure: Procedure;
  checkedAt: Date;
  answers: readonly MaterialAnswer[];
}>;

/** Most persons a case may name. */
export const maxPersons = 20;

/**
 * 免提交判定: which materials of a case can be fetched instead of submitted, each with reasons and ground. Names
 * licenses, discloses no content. The check and its access records are written together.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * PERMIT_ITEM_CANCELLED, RATE_LIMITED.
 */
export async function checkMaterials(tools: Tools, caller: Caller, question: MaterialQuestion): Promise<MaterialCheck> {
  const known = await tools.permit(caller, { action: "CHECK", purpose: question.purpose, holders: [question.holder] });
  const { holder, persons, commitment, purpose } = question;
  const checkedAt = tools.now();
  const today = dateOf(checkedAt);
  const asOf = question.asOf ?? today;
  checkQuestion(question, asOf, today);
  const subjects = [...new Set([holder, ...persons.map((person) => person.residentId)])];
  const { extents, reader, record } = await tools.admit(known, { action: "CHECK", purpose, holders: subjects });

  await tools.misses.check(known);
  let unknown = 0;
  const outcome = await tools.read(judgingReader(reader), async (stores) => {
    const procedure = await stores.catalogue.findProcedure(question.procedure);
    if (!procedure) throw new HubError("PROCEDURE_NOT_FOUND");
    const judgement = await tools.judge(stores, {
      procedure,
      holder,
      persons,
      commitment,
      grantedTypes: [...(extents?.keys() ?? [])],
      asOf,
    });
    if (judgement.reformMode === "CANCELLED") {
      const refused = {
        ...record,
        outcome: "REFUSED",
        refusal: "PERMIT_ITEM_CANCELLED",
        identifiers: [],
        withheld: 0,
      } as const;
      await stores.access.record(subjects.map((subject) => ({ ...refused, holder: subject })));
      return "PERMIT_ITEM_CANCELLED";
    }
    const { answers, holderOf } = judgement;
    const held = new Set(holderOf.values());
    unknown = subjects.filter((subject) => !held.has(subject)).length;
    const named = answers.flatMap((answer) => answer.sources.map((source) => source.identifier));
    const own = (subject: string) => [...new Set(named.filter((identifier) => holderOf.get(identifier) === subject))];
    const answered = { ...record, outcome: "ANSWERED", withheld: 0 } as const;
    await stores.access.record(
      subjects.map((subject) => ({ ...answered, holder: subject, identifiers: own(subject) })),
    );
    const id = tools.newId();
    const fetch = answers.flatMap(({ material, decision, sources }) =>
      decision === "FETCH"
        ? [{ material: material.code, identifiers: sources.map((source) => source.identifier) }]
        : [],
    );
    const { caseNumber, reason } = purpose;
    const stored = { id, clientId: known.clientId, procedure: procedure.code, holder, caseNumber, reason, checkedAt };
    await stores.materials.saveCheck({ ...stored, facts: { commitment, persons, asOf, fetch } });
    return { id, procedure, checkedAt, answers };
  });
  // Somebody of whom nothing is held is a miss: a check answers who has licenses, and may not be asked about everybody.
  await tools.misses.note(known, unknown);
  if (outcome === "PERMIT_ITEM_CANCELLED") throw new HubError(outcome, { procedure: question.procedure });
  return outcome;
}

function checkQuestion(question: MaterialQuestion, asOf: CalendarDate, today: CalendarDate): void {
  const isHolder = checkUscc(question.holder).ok || checkResidentId(question.holder).ok;
  if (!isHolder) throw new HubError("INPUT_INVALID", { argument: "holder" });
  const index = question.persons.findIndex((person) => !checkResidentId(person.residentId).ok);
  if (index >= 0) throw new HubError("INPUT_INVALID", { argument: `persons.${index}.residentId` });
  if (question.persons.length > maxPersons)
    throw new HubError("INPUT_INVALID", { argument: "persons", limit: maxPersons });
  if (asOf > today) throw new HubError("INPUT_INVALID", { argument: "asOf" });
  if (question.purpose.procedure !== question.procedure)
    throw new HubError("INPUT_INVALID", { argument: "purpose.procedure" });
}
