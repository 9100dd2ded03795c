import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { isBatchId, maxBatchIdCharacters } from "../../domain/licenses/batch.ts";
import { maxLineCharacters } from "../../domain/licenses/problem-desk.ts";
import { type LineReading, type ReadBatch, readRecordLine } from "../../domain/licenses/record-line.ts";
import { legible } from "../../domain/plain-text.ts";
import { HubError } from "../../errors.ts";
import { sha256Base64url } from "../../proof/bytes/sha256.ts";
import { parseStrictJson } from "../../proof/strict-json.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";
import type { StoredResult } from "../../store/tables/license-tables.ts";

/** What collecting a stream needs. */
export type Tools = Readonly<{
  read: (caller: Caller, records: readonly LineReading[]) => Promise<ReadBatch>;
  submit: (
    caller: Caller,
    part: Readonly<{
      batchId: string;
      records: readonly LineReading[];
      read: ReadBatch;
      firstIndex: number;
      digest: string;
      isDryRun: boolean;
    }>,
  ) => Promise<StoredSubmission & { replayed: boolean }>;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  /** A part of the batch that was decided before. */
  findPart: (clientId: string, batchId: string, firstIndex: number) => Promise<StoredSubmission | undefined>;
  /** Takes the points so many records cost, and waits when there are none left. *Throws* BUSY. */
  charge: (caller: Caller, records: number) => Promise<void>;
}>;

/** A line as its bytes, without its end; a line that is too long is not kept. */
export type Line = Uint8Array | "TOO_LARGE";

/** Where lines come from. *Trust*: whatever the sender sends, as fast or slow as it likes. */
export type LineSource = Readonly<{
  /**
   * The next lines that are not blank: none at the end. `exactly`: waits until there are so many; otherwise it gives what
   * has come when nothing more comes for a moment. *Throws* REQUEST_TIMEOUT.
   */
  take: (most: number, exactly: boolean) => Promise<readonly Line[]>;
}>;

/** Which stream, and whether it counts. */
export type IngestInput = Readonly<{ batchId: string; isDryRun: boolean }>;

/** Some records' outcomes, in order, as they are stored; at the end what came of all of them. */
export type IngestPart = Readonly<{ results: readonly StoredResult[] } | { total: IngestTotal }>;

/** What came of a stream. `replayed`: how many of the records had their outcome from an earlier time. */
export type IngestTotal = Readonly<
  Record<"records" | "accepted" | "unchanged" | "rejected" | "pending" | "replayed", number>
>;

/** Records decided and stored in one transaction. */
export const linesPerPart = 500;

/** How much a line is parsed of at most: a record of 64 KiB, and what escaping adds to it. */
export const lineLimits = { maxBytes: 128 * 1024, maxDepth: 16 } as const;

/**
 * 归集, as a stream: part after part is decided and stored, and its outcomes are given when they are there for good. The
 * same stream under the same batch id is answered from what is stored, and goes on where that ends.
 * A client that has used up its minute is waited for, not refused.
 * *Throws* as `submitLicenses`; REQUEST_TIMEOUT; BATCH_CHANGED when other lines come under a batch id than came before.
 */
export async function* ingestLicenses(
  tools: Tools,
  caller: Caller,
  { batchId, isDryRun }: IngestInput,
  source: LineSource,
): AsyncGenerator<IngestPart> {
  checkMay(caller, "SUBMIT_LICENSES");
  if (!isBatchId(batchId)) throw new HubError("INPUT_INVALID", { argument: "batchId", limit: maxBatchIdCharacters });
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  const total = { records: 0, accepted: 0, unchanged: 0, rejected: 0, pending: 0, replayed: 0 };
  const add = (results: readonly StoredResult[], isReplayed: boolean): IngestPart => {
    total.records += results.length;
    if (isReplayed) total.replayed += results.length;
    for (const { outcome } of results) total[counterOf[outcome]] += 1;
    return { results };
  };
  const sender = new Sender(tools, caller, source);
  let mayBeStored = !isDryRun;
  for (;;) {
    const firstIndex = total.records;
    let stored = mayBeStored ? await tools.findPart(caller.clientId, batchId, firstIndex) : undefined;
    mayBeStored = stored !== undefined;
    if (!stored) {
      const part = await sender.nextPart();
      if (!part) break;
      const submitting = tools.submit(caller, { ...part, batchId, firstIndex, isDryRun });
      // While the database works, the next lines are read.
      sender.readAhead();
      const answer = await submitting;
      if (!answer.replayed) {
        yield add(answer.results, false);
        continue;
      }
      // Somebody sends the same stream at the same time, and was faster.
      await sender.putBack(part);
      stored = answer;
      mayBeStored = true;
    }
    const own = await sender.takeLines(stored.results.length);
    if (own.length === 0) break;
    // A stream that ends in the middle of a part can not be compared; it gets what it asks for.
    if (own.length === stored.results.length && digestOfLines(own) !== stored.digest)
      throw new HubError("BATCH_CHANGED", { firstIndex });
    yield add(stored.results.slice(0, own.length), true);
  }
  if (total.records === 0) throw new HubError("INPUT_INVALID", { argument: "records" });
  yield { total };
}

/** Lines that were read, and what their records say so far. */
type Part = Readonly<{ lines: readonly Line[]; records: readonly LineReading[]; read: ReadBatch; digest: string }>;

/** The sender's lines, at most one part ahead of what is stored. */
class Sender {
  readonly #tools: Tools;
  readonly #caller: Caller;
  readonly #source: LineSource;
  #lines: readonly Line[] = [];
  #ahead: Promise<Part | undefined> | undefined;

  constructor(tools: Tools, caller: Caller, source: LineSource) {
    this.#tools = tools;
    this.#caller = caller;
    this.#source = source;
  }

  /** The next part, checked as far as that needs nothing stored; undefined at the end. */
  nextPart(): Promise<Part | undefined> {
    const part = this.#ahead ?? this.#readPart();
    this.#ahead = undefined;
    return part;
  }

  readAhead(): void {
    this.#ahead = this.#readPart();
    // Whoever takes it learns of its failure; until then it is nobody's.
    this.#ahead.catch(() => {});
  }

  /** Makes lines of a part, and of the one read ahead, lines again. */
  async putBack(part: Part): Promise<void> {
    const next = await this.#ahead;
    this.#ahead = undefined;
    this.#lines = [...part.lines, ...(next?.lines ?? []), ...this.#lines];
  }

  /** So many lines; fewer at the end. */
  async takeLines(count: number): Promise<readonly Line[]> {
    const missing = count - this.#lines.length;
    if (missing > 0) this.#lines = [...this.#lines, ...(await this.#source.take(missing, true))];
    return this.#cut(count);
  }

  async #readPart(): Promise<Part | undefined> {
    if (this.#lines.length === 0) this.#lines = await this.#source.take(linesPerPart, false);
    const lines = this.#cut(linesPerPart);
    if (lines.length === 0) return undefined;
    await this.#tools.charge(this.#caller, lines.length);
    const records = lines.map(readLine);
    return { lines, records, read: await this.#tools.read(this.#caller, records), digest: digestOfLines(lines) };
  }

  #cut(count: number): readonly Line[] {
    const cut = this.#lines.slice(0, count);
    this.#lines = this.#lines.slice(count);
    return cut;
  }
}

const counterOf = {
  ACCEPTED: "accepted",
  UNCHANGED: "unchanged",
  REJECTED: "rejected",
  PENDING: "pending",
} as const satisfies Record<StoredResult["outcome"], keyof IngestTotal>;

function readLine(line: Line): LineReading {
  if (line === "TOO_LARGE") return { problems: [{ code: "RECORD_TOO_LARGE", path: "" }], sourceRecordId: "" };
  const parsed = parseStrictJson(line, lineLimits);
  const reading = "value" in parsed ? readRecordLine(parsed.value) : undefined;
  if (reading && ("raw" in reading || reading.value)) return reading;
  const isTooLarge = "fault" in parsed && (parsed.fault === "JSON_TOO_DEEP" || parsed.fault === "JSON_TOO_LARGE");
  return {
    problems: [{ code: isTooLarge ? "RECORD_TOO_LARGE" : "RECORD_UNREADABLE", path: "" }],
    sourceRecordId: "",
    // A character takes four bytes at most.
    line: legible(Buffer.from(line.subarray(0, 4 * maxLineCharacters)).toString(), maxLineCharacters),
  };
}

/** Of the bytes as they came, each line ended. */
function digestOfLines(lines: readonly Line[]): string {
  const end = Buffer.from("\n");
  return sha256Base64url(Buffer.concat(lines.flatMap((line) => [line === "TOO_LARGE" ? Buffer.of(0) : line, end])));
}
