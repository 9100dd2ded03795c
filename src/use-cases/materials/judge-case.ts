import { stateOn } from "../../domain/licenses/license.ts";
import { businessLicenseTypeCode } from "../../domain/licenses/license-type.ts";
import { type Candidate, decide, type Judgement, type MaterialCase } from "../../domain/materials/material.ts";
import { abolishedTypes, entryInForce } from "../../domain/materials/permit-item.ts";
import { licenseTypesOf } from "../../domain/materials/procedure.ts";
import type { CatalogueStore } from "../../store/catalogue/catalogue-store.ts";
import type { LicenseStore } from "../../store/licenses/license-store.ts";

/** Where a case is judged from. */
export type Tools = Readonly<{ catalogue: CatalogueStore; licenses: LicenseStore }>;

/** Loads everything a case rests on (all candidates of all its subjects in one query) and decides. */
export async function judgeCase(tools: Tools, input: MaterialCase): Promise<Judgement> {
  const { procedure, holder, persons, asOf } = input;
  const entries = procedure.permitItem === null ? [] : await tools.catalogue.entriesOfItem(procedure.permitItem);
  const reformMode = entryInForce(entries, "CITY", asOf)?.reformMode ?? null;
  const abolished = abolishedTypes(await tools.catalogue.entriesOfLicenses(), "CITY", asOf);
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
    ...{ procedure, reformMode, candidates, asOf, persons },
    ...{
      commitment: input.commitment,
      abolishedTypes: abolished,
      holderId: holder,
      grantedTypes: new Set(input.grantedTypes),
    },
  });
  return {
    reformMode,
    answers,
    holderOf: new Map(candidates.map((license) => [license.identifier, license.holderId])),
  };
}
