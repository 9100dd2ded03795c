import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Encoding, encodings, findEncoding } from "../../domain/files/encoding.ts";
import { checkFileMapping, type Mapping, mappingLimits } from "../../domain/mapping/mapping.ts";
import { parseStrictJson } from "../../proof/strict-json.ts";
import { lineOf, type Output, textOf, UsageError, type Values } from "../hub/command.ts";
import { type BatchResult, batchResults } from "./batch-results.ts";
import { type Credentials, hubAddress, openCredentials } from "./credentials.ts";
import { Interrupted, streamToHub } from "./hub-line.ts";
import { openProgress } from "./progress.ts";
import { beginResults, type ResultsFile, type RowOutcome } from "./results-file.ts";
import { openSigner, type Signer } from "./signer.ts";
import { openSource, type SourceFile } from "./source-file.ts";

/** What came of a file, row by row. */
type Counts = Record<RowOutcome, number>;

/** A file, how it is sent and where the results go. */
type Job = Readonly<{
  source: SourceFile;
  results: ResultsFile;
  facts: Facts;
  open: () => AsyncIterable<unknown>;
  attempts: number;
}>;

/** What the first look at all rows has found. */
type Facts = Readonly<{ rows: number; records: number; batchId: string }>;

/**
 * Hands a file in: looks at all of it before anything is sent, then sends and writes the results at the same pace.
 * *Throws* UsageError before anything is sent; Error when the hub refuses or stays away, with what is decided by then
 * in the results.
 */
export async function submitFile(path: string, values: Values): Promise<Output> {
  const hub = hubAddress(textOf(values, "hub") ?? "http://127.0.0.1:4000");
  const [tokenFile, client, keyFile] = [textOf(values, "token-file"), textOf(values, "client"), textOf(values, "key")];
  const credentials = await openCredentials(hub, { client, keyFile, tokenFile });
  const mappingFile = textOf(values, "mapping");
  const mapping = mappingFile === undefined ? undefined : await readMappingFile(mappingFile);
  const attempts = attemptsOf(values);
  const signFile = textOf(values, "sign");
  const signer = signFile === undefined ? undefined : await openSigner(signFile);
  const resultsPath = textOf(values, "results") ?? `${path}.results.csv`;
  await checkNotInput(resultsPath, [path, mappingFile, keyFile, tokenFile, signFile]);
  const source = await openSource(path, {
    mapping,
    encoding: encodingOf(values),
    sheet: textOf(values, "sheet"),
    headingRow: headingRowOf(values),
  });
  try {
    const facts = await lookThrough(source, batchIdOf(values), signer);
    const isDry = values["dry-run"] === true;
    const handIn = async (batchId: string) => {
      const results = await beginResults(resultsPath, source.headings, source.mode, isDry);
      const open = () => sendRecords(hub, credentials, recordLines(source, signer), batchId, isDry);
      return { batchId, ...(await decide({ source, results, facts, open, attempts })) };
    };
    const first = await handIn(facts.batchId);
    // Handed in before to its end: the hub has repeated what it said then. Why it refused may have been mended since.
    const isOld = batchIdOf(values) === undefined && first.replayed === facts.records && first.counts.REJECTED > 0;
    const last = isOld ? await handIn(`${facts.batchId}-${Date.now().toString(36)}`) : first;
    const { counts, failure, batchId } = last;
    if (failure !== undefined) {
      const done = answered(counts);
      if (done === 0) throw failure;
      const again = failure instanceof Interrupted ? ": call again, and the hub goes on where it stopped" : "";
      throw new Error(`${lineOf(failure)}; ${done} of ${facts.records} records are answered in ${resultsPath}${again}`);
    }
    return tell(source, { ...facts, batchId }, last, resultsPath, { isDry, isOld });
  } finally {
    await source.close();
  }
}

/** Everything wrong with the file as such is found here; what is wrong with a row costs that row only. */
async function lookThrough(source: SourceFile, told: string | undefined, signer: Signer | undefined): Promise<Facts> {
  const digest = createHash("sha256").update(signer?.kid ?? "");
  let [rows, records] = [0, 0];
  for await (const { mapped } of source.rows()) {
    rows += 1;
    if (!("line" in mapped)) continue;
    records += 1;
    digest.update(`${mapped.line}\n`);
  }
  if (rows === 0) throw new UsageError("the file has no rows");
  // The same records, signed alike, are the same batch, whatever file they come in.
  return { rows, records, batchId: told ?? `file-${digest.digest("hex").slice(0, 40)}` };
}

async function* sendRecords(
  hub: string,
  credentials: Credentials,
  records: AsyncIterable<string>,
  batchId: string,
  isDry: boolean,
): AsyncGenerator<unknown> {
  const headers = await credentials("POST", "/ingest");
  const query = new URLSearchParams({ batchId, ...(isDry && { dryRun: "true" }) });
  yield* streamToHub({ method: "POST", url: `${hub}/ingest?${query}`, headers }, records);
}

async function* recordLines(source: SourceFile, signer: Signer | undefined): AsyncGenerator<string> {
  for await (const { mapped } of source.rows()) {
    if ("line" in mapped) yield signer ? await signer.sign(mapped.line) : mapped.line;
  }
  await source.checkUnchanged();
}

/** What came of it. `doubtful`: of those accepted; `replayed`: answers the hub gave again, as they were. */
type Decided = Readonly<{ counts: Counts; doubtful: number; replayed: number; failure: unknown }>;

/** Walks the file a second time beside the sending, so that no row waits in memory for its result. */
async function decide(job: Job): Promise<Decided> {
  const { source, results, facts, open, attempts } = job;
  const counts: Counts = { ACCEPTED: 0, UNCHANGED: 0, REJECTED: 0, PENDING: 0, NOT_SENT: 0, NOT_DECIDED: 0 };
  const progress = openProgress(facts.rows);
  let [doubtful, replayed] = [0, 0];
  const answers = batchResults(open, {
    ...{ attempts, random: Math.random, wait: (ms) => wait(ms), onBreak: progress.note },
    onEnd: (count) => {
      replayed = count;
    },
  });
  let failure: unknown;
  const nextAnswer = async (): Promise<BatchResult | undefined> => {
    if (failure !== undefined) return undefined;
    try {
      const { done, value } = await answers.next();
      if (done) throw new Error("the hub has answered for fewer records than were sent");
      return value;
    } catch (error) {
      failure = error;
      return undefined;
    }
  };
  try {
    for await (const row of source.rows()) {
      const answer = "line" in row.mapped ? await nextAnswer() : undefined;
      const outcome = "line" in row.mapped ? (answer?.outcome ?? "NOT_DECIDED") : "NOT_SENT";
      counts[outcome] += 1;
      if (outcome === "ACCEPTED" && answer && answer.problems.length > 0) doubtful += 1;
      await results.add(row, outcome, answer);
      progress.advance();
    }
    await source.checkUnchanged();
    // The hub's own end of the batch: without it nobody knows that it has stored the last records.
    if (failure === undefined && facts.records > 0 && !(await answers.next()).done)
      throw new Error("the hub has answered for more records than were sent");
  } catch (error) {
    failure = error;
  } finally {
    progress.stop();
    await answers.return(undefined);
  }
  // Results of an earlier call are worth more than a file in which nothing is decided.
  if (failure !== undefined && answered(counts) === 0) await results.discard();
  else await results.finish();
  return { counts, doubtful, replayed, failure };
}

function answered({ ACCEPTED, UNCHANGED, REJECTED, PENDING }: Counts): number {
  return ACCEPTED + UNCHANGED + REJECTED + PENDING;
}

function tell(
  source: SourceFile,
  facts: Facts,
  { counts, doubtful, replayed }: Decided,
  results: string,
  { isDry, isOld }: Readonly<{ isDry: boolean; isOld: boolean }>,
): Output {
  const { ACCEPTED: accepted, UNCHANGED: unchanged, REJECTED: rejected, PENDING: pending, NOT_SENT: notSent } = counts;
  const { rows, batchId } = facts;
  const { kind, encoding, unused, notes } = source;
  const value = {
    batchId,
    dryRun: isDry,
    kind,
    encoding: encoding ?? null,
    unused,
    notes,
    results,
    rows,
    accepted,
    doubtful,
    unchanged,
    rejected,
    pending,
    notSent,
    replayed,
    decidedAnew: isOld,
  };
  const shown = unused.slice(0, 20).join(", ") + (unused.length > 20 ? ", …" : "");
  const lines = [
    ...(isDry ? ["试运行，未保存任何内容。 A dry run: nothing was stored."] : []),
    ...(isOld
      ? ["此文件此前已报送，现重新裁定。 This file was handed in before: it was decided anew."]
      : replayed > 0
        ? [`其中 ${replayed} 条为此前的结果。 ${replayed} of the answers are those given before.`]
        : []),
    `共 ${rows} 行：已接收 ${accepted}，无变化 ${unchanged}，待处理 ${pending}，未接收 ${rejected}，未报送 ${notSent}。`,
    `${rows} rows: ${accepted} accepted, ${unchanged} unchanged, ${pending} pending, ${rejected} refused, ${notSent} not sent.`,
    ...(doubtful > 0
      ? [`已接收的记录中 ${doubtful} 条存疑。 ${doubtful} of those accepted are doubtful: the results say why.`]
      : []),
    ...(unused.length > 0 ? [`未使用的列 Columns not used: ${shown}`] : []),
    ...notes.map(({ en, zh }) => `${zh}。 ${en.slice(0, 1).toUpperCase()}${en.slice(1)}.`),
    `结果 Results: ${results}`,
  ];
  return { lines, value, exitCode: rejected + notSent > 0 ? 1 : 0 };
}

async function readMappingFile(file: string): Promise<Mapping> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`the mapping file can not be read: ${lineOf(error)}`);
  });
  // Notepad marks what it saves.
  const bare = bytes.subarray(0, 3).equals(Buffer.from("\ufeff")) ? bytes.subarray(3) : bytes;
  const parsed = parseStrictJson(bare, { maxBytes: 1024 * 1024, maxDepth: 5 });
  if ("fault" in parsed)
    throw new UsageError(`the mapping file is no JSON that can be used: ${mappingFaults[parsed.fault]}`);
  const checked = checkFileMapping(parsed.value);
  if ("fault" in checked) throw new UsageError(`the mapping file: ${checked.fault.en}`);
  return checked.value;
}

const mappingFaults = {
  JSON_TOO_LARGE: "it is larger than 1 MiB",
  JSON_TOO_DEEP: "its brackets stand too deep in each other",
  JSON_DUPLICATE_KEY: "it names something twice; a column that fills several fields has them in a list",
  JSON_INVALID: "look for a comma or quote too many or too few, and save it as UTF-8",
} as const;

function encodingOf(values: Values): Encoding | undefined {
  const name = textOf(values, "encoding");
  const encoding = name === undefined ? undefined : findEncoding(name);
  if (name !== undefined && !encoding) throw new UsageError(`--encoding is one of ${encodings.join(", ")}`);
  return encoding;
}

function headingRowOf(values: Values): number | undefined {
  const text = textOf(values, "heading-row");
  if (text === undefined) return undefined;
  if (!/^\d{1,2}$/.test(text) || Number(text) < 1 || Number(text) > mappingLimits.maxHeaderRow)
    throw new UsageError(`--heading-row is a number from 1 to ${mappingLimits.maxHeaderRow}`);
  return Number(text);
}

function attemptsOf(values: Values): number {
  const text = textOf(values, "attempts") ?? "5";
  if (!/^[1-9]\d?$/.test(text)) throw new UsageError("--attempts is a number from 1 to 99");
  return Number(text);
}

function batchIdOf(values: Values): string | undefined {
  const id = textOf(values, "batch");
  if (id !== undefined && !/^[!-~]{1,128}$/.test(id))
    throw new UsageError("--batch is 1 to 128 letters, digits and signs");
  return id;
}

/** The results never take the place of what was read. */
async function checkNotInput(results: string, inputs: readonly (string | undefined)[]): Promise<void> {
  const real = (path: string) => realpath(path).catch(() => resolve(path));
  const target = await real(results);
  for (const input of inputs) {
    if (input !== undefined && (await real(input)) === target)
      throw new UsageError(`--results would overwrite ${input}`);
  }
}
