import { open, rename, rm } from "node:fs/promises";
import { byteOrderMark, csvRow } from "../../domain/files/table-text.ts";
import { tellRowProblem } from "../../domain/mapping/row-problem.ts";
import { lineOf, UsageError } from "../hub/command.ts";
import type { BatchResult } from "./batch-results.ts";
import type { SourceRow } from "./source-file.ts";

/** What became of a row: the hub's word, or that it has none. */
export type RowOutcome = BatchResult["outcome"] | "NOT_SENT" | "NOT_DECIDED";

/** How each outcome reads in the file. */
const outcomeNames: Readonly<Record<RowOutcome, string>> = {
  ACCEPTED: "已接收 ACCEPTED",
  UNCHANGED: "无变化 UNCHANGED",
  REJECTED: "未接收 REJECTED",
  PENDING: "待处理 PENDING",
  NOT_SENT: "未报送 NOT_SENT",
  NOT_DECIDED: "未处理 NOT_DECIDED",
};

/** A file that gets a row for each row of the source. It stands under its name only when it is whole. */
export type ResultsFile = Readonly<{
  add: (source: SourceRow, outcome: RowOutcome, result?: BatchResult) => Promise<void>;
  finish: () => Promise<void>;
  discard: () => Promise<void>;
}>;

const pieceCharacters = 64 * 1024;

/** Begins a results file, to be opened in a spreadsheet. `mode`: its permissions. *Throws* UsageError. */
export async function beginResults(
  path: string,
  headings: readonly string[],
  mode: number,
  isDry: boolean,
): Promise<ResultsFile> {
  const part = `${path}.${process.pid}.part`;
  const file = await open(part, "w", mode).catch((error: unknown) => {
    throw new UsageError(`the results can not be written: ${lineOf(error)}`);
  });
  const ours = [
    isDry ? "试运行结果 Outcome of a dry run" : "结果 Outcome",
    "电子证照标识 Identifier",
    "问题",
    "Problems",
  ];
  let text = byteOrderMark + csvRow(["行号 Row", ...headings, ...ours]);
  const flush = async () => {
    await file.write(text);
    text = "";
  };
  return {
    add: async ({ row, cells, mapped }, outcome, result) => {
      const said = "problems" in mapped ? mapped.problems.map(tellRowProblem) : tellResult(result);
      const filled = headings.map((_, index) => cells[index] ?? "");
      const [zh, en] = [said.map((one) => one.zh).join(" "), said.map((one) => one.en).join(" ")];
      text += csvRow([String(row), ...filled, outcomeNames[outcome], result?.identifier ?? "", zh, en]);
      if (text.length > pieceCharacters) await flush();
    },
    finish: async () => {
      await flush();
      await file.close();
      await rename(part, path).catch((error: unknown) => {
        throw new Error(`the results lie in ${part}, for ${path} can not be written (is it open?): ${lineOf(error)}`);
      });
    },
    discard: async () => {
      await file.close();
      await rm(part, { force: true });
    },
  };
}

function tellResult(result: BatchResult | undefined): readonly Readonly<{ zh: string; en: string }>[] {
  return (result?.problems ?? []).map(({ code, path, message, messageZh }) => {
    const place = path === "" ? code : `${code} ${path}`;
    return { zh: `${messageZh}（${place}）`, en: `${message} (${place})` };
  });
}
