import { coversScope, type PermitItemEntry, reformModes, reformScopes } from "./permit-item.ts";
import {
  type Deferral,
  deferralPhases,
  excludedFields,
  isWaivable,
  type Material,
  type Procedure,
  type RenewalWindow,
} from "./procedure.ts";

/** What is wrong with the procedures of a catalogue, one line each; empty: it may be loaded. */
export function procedureFaults(procedures: readonly Procedure[]): readonly string[] {
  return procedures.flatMap((procedure) => [
    ...[...fieldFaults(procedure), ...sourceFaults(procedure)].map((fault) => `procedure ${procedure.code} ${fault}`),
    ...procedure.materials.flatMap((material) =>
      materialFaults(procedure, material).map(
        (fault) => `material ${material.code} of procedure ${procedure.code} ${fault}`,
      ),
    ),
  ]);
}

/** What is wrong with the entries of the reform list, one line each; empty: it may be loaded. */
export function permitItemFaults(entries: readonly PermitItemEntry[]): readonly string[] {
  return entries.flatMap((entry) => entryFaults(entry).map((fault) => `permit item ${entry.code} ${fault}`));
}

function sourceFaults({ verified, source }: Procedure): readonly string[] {
  return verified && source === null ? ["is verified, and names no source"] : [];
}

function materialFaults(procedure: Procedure, material: Material): readonly string[] {
  const faults = [...fieldFaults(material)];
  const isPaper = material.form || material.promise;
  if (material.commitmentWaivable && !isWaivable(procedure, material))
    faults.push(
      `is in ${material.excludedField ?? procedure.excludedField}, which a commitment does not reach (国办发〔2020〕42号); leave commitmentWaivable out`,
    );
  if (material.commitmentWaivable && isPaper) faults.push("is a form or a promise, and no other promise replaces it");
  if (material.deferral && isPaper) faults.push("is a form or a promise: what it promises may follow, not it itself");
  if (material.source && isPaper) faults.push("is a form or a promise, and no license can stand in for it");
  if (material.verified && material.legalBasis === null) faults.push("is verified, and names no legalBasis");
  return [
    ...faults,
    ...(material.deferral ? deferralFaults(material.deferral) : []),
    ...(material.renewalWindow ? windowFaults(material.renewalWindow) : []),
  ];
}

function fieldFaults({ excludedField }: Readonly<{ excludedField: unknown }>): readonly string[] {
  const isKnown = excludedField === null || excludedFields.some((field) => field === excludedField);
  return isKnown ? [] : [`has the excludedField ${String(excludedField)}; expected ${excludedFields.join(", ")}`];
}

function deferralFaults({ phase, workingDays, calendarDays, legalBasis, verified }: Deferral): readonly string[] {
  const faults: string[] = [];
  if (!deferralPhases.includes(phase))
    faults.push(`is deferred in ${phase}; expected one of ${deferralPhases.join(", ")}`);
  const days = workingDays ?? calendarDays;
  if ((workingDays === null) === (calendarDays === null) || !isTerm(days))
    faults.push("is deferred without a term; expected workingDays, or calendarDays, from 1 to 1000");
  if (calendarDays !== null && legalBasis === null)
    faults.push("is deferred by calendarDays; name the legalBasis that says so, or count workingDays");
  if (verified && legalBasis === null) faults.push("has a verified deferral without a legalBasis");
  return faults;
}

function windowFaults({ opensWorkingDays, closesWorkingDays, legalBasis, verified }: RenewalWindow): readonly string[] {
  const faults: string[] = [];
  if (!isTerm(opensWorkingDays) || !isTerm(closesWorkingDays) || closesWorkingDays > opensWorkingDays)
    faults.push("has a renewalWindow that does not open before it closes; expected whole numbers from 1 to 1000");
  if (verified && legalBasis === null) faults.push("has a verified renewalWindow without a legalBasis");
  return faults;
}

function isTerm(days: number | null): boolean {
  return days !== null && Number.isInteger(days) && days >= 1 && days <= 1000;
}

function entryFaults(entry: PermitItemEntry): readonly string[] {
  const { reformMode, scope, source, sourceScope, verified } = entry;
  const faults: string[] = [];
  if (!reformModes.includes(reformMode)) faults.push(`has the mode ${reformMode}; expected ${reformModes.join(", ")}`);
  if (!reformScopes.includes(scope)) return [...faults, `has the scope ${scope}; expected ${reformScopes.join(", ")}`];
  if ((source === null) !== (sourceScope === null)) faults.push("needs source and sourceScope, or neither");
  if (sourceScope !== null && !reformScopes.includes(sourceScope))
    faults.push(`has the sourceScope ${sourceScope}; expected ${reformScopes.join(", ")}`);
  if (verified && (sourceScope === null || !coversScope(sourceScope, scope)))
    faults.push(`is verified for ${scope} by a source for ${sourceScope ?? "nothing"}; a source must reach as far`);
  return faults;
}
