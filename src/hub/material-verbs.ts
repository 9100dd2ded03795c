import type { Caller } from "../domain/access/caller.ts";
import type { WorkingCalendar } from "../domain/working-days.ts";
import { type ReceiptInput, signReceipt } from "../proof/receipt-jws.ts";
import {
  type Tools as CheckTools,
  checkMaterials,
  type MaterialQuestion,
} from "../use-cases/materials/check-materials.ts";
import { type Tools as FetchTools, fetchMaterials } from "../use-cases/materials/fetch-materials.ts";
import { judgeCase } from "../use-cases/materials/judge-case.ts";
import type { HubKeys } from "./keys/open-keys.ts";

/** What the verbs about materials are made of. */
export type MaterialParts = Omit<FetchTools, "judge" | "signReceipt"> &
  Pick<CheckTools, "read"> &
  Readonly<{ calendar: WorkingCalendar; keys: HubKeys }>;

/** The once-only verbs, wired to their tools. */
export function materialVerbs({ calendar, keys, ...parts }: MaterialParts) {
  const judge: CheckTools["judge"] = (stores, input) => judgeCase({ ...stores, calendar }, input);
  const receipt = (input: ReceiptInput) => signReceipt(input, keys.signer("receipt", input.issuedAt));
  return {
    checkMaterials: (caller: Caller, question: MaterialQuestion) =>
      checkMaterials({ ...parts, judge }, caller, question),
    fetchMaterials: (caller: Caller, input: Parameters<typeof fetchMaterials>[2]) =>
      fetchMaterials({ ...parts, judge, signReceipt: receipt }, caller, input),
  };
}
