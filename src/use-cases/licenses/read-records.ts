import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { Entry } from "../../domain/licenses/batch.ts";
import { checkReferences, type SubmissionCatalogue } from "../../domain/licenses/collecting.ts";
import { checkForm, type RawRecord } from "../../domain/licenses/license-record.ts";
import { isRefused, type Problem, type ProblemCode } from "../../domain/licenses/problem.ts";
import type { LineReading, ReadBatch } from "../../domain/licenses/record-line.ts";
import { HubError } from "../../errors.ts";
import { recordDigests } from "../../proof/records/record-digest.ts";
import { checkRecordSignature, type RecordSignature } from "../../proof/records/record-signature.ts";
import type { RecordSender } from "../../store/keys/record-key-store.ts";

/** What reading records needs. */
export type Tools = Readonly<{
  now: () => Date;
  catalogue: () => Promise<SubmissionCatalogue>;
  findSender: (id: string) => Promise<RecordSender | undefined>;
}>;

/**
 * The stages that need nothing of what is stored: form, then reference data and the source's signature. They can run
 * while other records are saved.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readRecords(tools: Tools, caller: Caller, lines: readonly LineReading[]): Promise<ReadBatch> {
  checkMay(caller, "SUBMIT_LICENSES");
  const sender = await tools.findSender(caller.clientId);
  if (!sender?.active) throw new HubError("FORBIDDEN");
  const references = { ...(await tools.catalogue()), department: sender.department };
  const now = tools.now();
  const problems = new Map<number, readonly Problem[]>();
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    if (!("raw" in line)) {
      problems.set(index, line.problems);
      continue;
    }
    const { raw } = line;
    const { record, problems: faults } = checkForm(raw, now);
    if (!record) {
      problems.set(index, faults);
      continue;
    }
    const signed = raw.signature || sender.unsignedRecords === "REFUSED" ? await readSignature(raw, sender) : undefined;
    const signature = typeof signed === "object" ? signed : undefined;
    const found = checkReferences(record, references);
    const all = typeof signed === "string" ? [...found, { code: signed, path: "signature" } as const] : found;
    problems.set(index, all);
    if (isRefused(all)) continue;
    const { received: receivedDigest, content: contentDigest } = recordDigests(raw);
    entries.push({ index, record, contentDigest, receivedDigest, ...(signature && { signature }) });
  }
  return { department: sender.department, lines, entries, problems };
}

/** The signature that held, or why the record is refused. */
async function readSignature(raw: RawRecord, { recordKeys }: RecordSender): Promise<RecordSignature | ProblemCode> {
  if (!raw.signature) return "SIGNATURE_MISSING";
  return checkRecordSignature(raw, raw.signature, recordKeys);
}
