import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { Entry } from "../../domain/licenses/batch.ts";
import { checkReferences, type SubmissionCatalogue } from "../../domain/licenses/collecting.ts";
import { checkForm } from "../../domain/licenses/license-record.ts";
import { isRefused, type Problem } from "../../domain/licenses/problem.ts";
import type { LineReading, ReadBatch } from "../../domain/licenses/record-line.ts";
import { HubError } from "../../errors.ts";
import { contentDigestOf } from "../../proof/record-digest.ts";

/** What reading records needs. */
export type Tools = Readonly<{
  now: () => Date;
  catalogue: () => Promise<SubmissionCatalogue>;
  findClient: (id: string) => Promise<{ department: string; active: boolean } | undefined>;
}>;

/**
 * The stages that need nothing of what is stored: form, then reference data. They can run while other records are saved.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readRecords(tools: Tools, caller: Caller, lines: readonly LineReading[]): Promise<ReadBatch> {
  checkMay(caller, "SUBMIT_LICENSES");
  const client = await tools.findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  const { department } = client;
  const references = { ...(await tools.catalogue()), department };
  const now = tools.now();
  const problems = new Map<number, readonly Problem[]>();
  const entries = lines.flatMap((line, index): readonly Entry[] => {
    if (!("raw" in line)) {
      problems.set(index, line.problems);
      return [];
    }
    const form = checkForm(line.raw, now);
    if (!form.record) {
      problems.set(index, form.problems);
      return [];
    }
    const found = checkReferences(form.record, references);
    problems.set(index, found);
    return isRefused(found) ? [] : [{ index, record: form.record, contentDigest: contentDigestOf(line.raw) }];
  });
  return { department, lines, entries, problems };
}
