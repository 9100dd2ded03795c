import { stateOn } from "../../domain/licenses/license.ts";
import { businessLicenseTypeCode } from "../../domain/licenses/license-type.ts";
import { type Candidate, decide, type Judgement, type MaterialCase } from "../../domain/materials/material.ts";
import { abolishedTypes, entryInForce, type ReformScope } from "../../domain/materials/permit-item.ts";
import { licenseTypesOf } from "../../domain/materials/procedure.ts";
import type { WorkingCalendar } from "../../domain/working-days.ts";
import type { CatalogueStore } from "../../store/catalogue/catalogue-store.ts";
import type { LicenseStore } from "../../store/licenses/license-store.ts";

/** Where a case is judged from. */
export type Tools = Readonly<{ catalogue: CatalogueStore; licenses: LicenseStore; calendar: WorkingCalendar }>;

/** Where the hub's enterprises are: the city's entries of the reform list, over the province's and the nation's. */
const hubScope: ReformScope = "CITY";

/** Loads everything a case rests on (all candidates of all its subjects in one query) and decides. */
export async function judgeCase(tools: Tools, input: MaterialCase): Promise<Judgement> {
  const { procedure, holder, persons, asOf } = input;
  const entries = procedure.permitItem === null ? [] : await tools.catalogue.entriesOfItem(procedure.permitItem);
  const reformMode = entryInForce(entries, hubScope, asOf)?.reformMode ?? null;
  const abolished = abolishedTypes(await tools.catalogue.entriesOfLicenses(), hubScope, asOf);
  const types = [...new Set([...licenseTypesOf(procedure), businessLicenseTypeCode])];
  const subjects = [...new Set([holder, ...persons.map((person) => person.residentId)])];
  const candidates = (await tools.licenses.findCandidates(subjects, types)).flatMap(
    ({ license, changes }): Candidate[] => {
      const state = stateOn(changes, license.validUntil, asOf);
      if (!state) return [];
      const { identifier, issuedOn, validFrom, validUntil, attributes } = license;
      const ids = {
        identifier,
        licenseType: license.typeCode,
        holderId: license.holder.id,
        holderName: license.holder.name,
      };
      return [{ ...ids, state, issuedOn, validFrom, validUntil, attributes }];
    },
  );
  const answers = decide({
    procedure,
    reformMode,
    abolishedTypes: abolished,
    commitment: input.commitment,
    holderId: holder,
    persons,
    candidates,
    grantedTypes: new Set(input.grantedTypes),
    asOf,
    calendar: tools.calendar,
  });
  return {
    reformMode,
    answers,
    holderOf: new Map(candidates.map((license) => [license.identifier, license.holderId])),
  };
}
