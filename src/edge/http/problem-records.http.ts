import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { isProblemCode, problemTable } from "../../domain/licenses/problem.ts";
import { problemStatuses } from "../../domain/licenses/problem-desk.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { ProblemFilter, ProblemRecord } from "../../store/licenses/problem-desk-store.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { readUrlQuery } from "../guard/url-query.ts";
import { type Export, sendExport } from "./export.ts";

/**
 * `/problem-records.ndjson` and `/problem-records.csv`: a department's 问题数据, to be mended and sent again, streamed as fast
 * as it is read. Query: `status` (OPEN when left out), `code`, `licenseType`, `from`, `until` (instants). An export that
 * breaks off ends its connection, not its answer.
 */
export function problemRecordRoutes(hub: Hub, callerOf: ChargedCaller): FastifyPluginAsync {
  const respond = async (request: FastifyRequest, reply: FastifyReply, format: Export["format"]) => {
    const caller = await callerOf(request);
    const parts = await hub.exportProblems(caller, filterOf(request.query));
    const written = format === "CSV" ? tableOf(parts) : linesOf(parts);
    return sendExport(reply, { name: "problem-records", format, parts: written });
  };
  return async (app) => {
    app.get("/problem-records.ndjson", (request, reply) => respond(request, reply, "NDJSON"));
    app.get("/problem-records.csv", (request, reply) => respond(request, reply, "CSV"));
  };
}

type Parts = AsyncIterable<readonly ProblemRecord[]>;

async function* linesOf(parts: Parts): AsyncGenerator<string> {
  for await (const part of parts) {
    yield part
      .map(({ record, ...problem }) => {
        const problems = problem.problems.map((each) => ({ ...each, messageZh: messageOf(each.code) }));
        return `${JSON.stringify({ ...problem, problems, record: record === null ? null : JSON.parse(record) })}\n`;
      })
      .join("");
  }
}

async function* tableOf(parts: Parts): AsyncGenerator<string> {
  yield `${columns.map(([heading]) => cell(heading)).join(",")}\r\n`;
  for await (const part of parts) {
    yield part
      .map((problem) => {
        const record = problem.record === null ? {} : JSON.parse(problem.record);
        return `${columns.map(([, value]) => cell(textOf(value(problem, record)))).join(",")}\r\n`;
      })
      .join("");
  }
}

type RecordFields = Readonly<Record<string, unknown>>;
type Column = readonly [heading: string, value: (problem: ProblemRecord, record: RecordFields) => unknown];

const holderOf = ({ holder }: RecordFields): RecordFields =>
  typeof holder === "object" && holder !== null ? Object.fromEntries(Object.entries(holder)) : {};

const field = (heading: string, name: string): Column => [heading, (_, record) => record[name]];

/** First what is wrong, then the record, field by field under the names the API has for them. */
const columns: readonly Column[] = [
  ["问题编号", ({ id }) => id],
  ["状态", ({ status }) => statusZh[status]],
  ["归集结果", ({ outcome }) => outcomeZh[outcome]],
  ["问题代码", ({ problems }) => problems.map(({ code }) => code).join("；")],
  ["问题位置", ({ problems }) => problems.map(({ path }) => path).join("；")],
  ["问题说明", ({ problems }) => problems.map(({ code }) => messageOf(code)).join(" ")],
  ["首次报送时间（北京时间）", ({ firstReceivedAt }) => clockOf(firstReceivedAt)],
  ["最近报送时间（北京时间）", ({ receivedAt }) => clockOf(receivedAt)],
  ["报送次数", ({ attempts }) => attempts],
  ["业务系统", ({ clientId }) => clientId],
  ["归集批次", ({ submissionId }) => submissionId],
  ["关闭理由", ({ note }) => note],
  ["来源记录号 sourceRecordId", ({ sourceRecordId }) => sourceRecordId],
  field("业务操作 operation", "operation"),
  field("来源更新时间 sourceUpdatedAt", "sourceUpdatedAt"),
  field("电子证照标识 identifier", "identifier"),
  field("证照类型 licenseType", "licenseType"),
  field("证照编号 number", "number"),
  ["持证主体代码类型 holder.idType", (_, record) => holderOf(record)["idType"]],
  ["持证主体代码 holder.id", (_, record) => holderOf(record)["id"]],
  ["持证主体名称 holder.name", (_, record) => holderOf(record)["name"]],
  field("签发部门 issuer", "issuer"),
  field("行政区划 region", "region"),
  field("签发日期 issuedOn", "issuedOn"),
  field("有效期起 validFrom", "validFrom"),
  field("有效期止 validUntil", "validUntil"),
  field("照面信息 attributes", "attributes"),
  field("前一版本 predecessor", "predecessor"),
  field("生效日期 effectiveOn", "effectiveOn"),
  field("注销结果 outcome", "outcome"),
  field("原因 reason", "reason"),
  ["原始内容", ({ line }) => line],
];

/** An instant as a clerk's clock shows it, and a spreadsheet understands. */
function clockOf(instant: string): string {
  return new Date(Date.parse(instant) + 8 * 60 * 60_000).toISOString().slice(0, 19).replace("T", " ");
}

const statusZh = { OPEN: "待处理", CORRECTED: "已更正", DISMISSED: "已关闭" } as const;
const outcomeZh = { REJECTED: "未归集", ACCEPTED: "已归集，存疑", PENDING: "等待对应证照" } as const;

function messageOf(code: string): string {
  return isProblemCode(code) ? problemTable[code].message.zh : "";
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * A text as a cell: quoted, and neither a formula where a clerk opens the table nor a number that a spreadsheet rounds: a
 * resident ID of digits gets a tab before it, which is not seen. *Source*: RFC 4180 §2.
 */
function cell(text: string): string {
  const shown = text.replace(/\p{Cc}/gu, "\ufffd");
  const guard = /^[\s\ufffd]*[-=+@＝＋－＠]/.test(shown) ? "'" : /^(\d{12,}|\d+[Ee]\d+)$/.test(shown) ? "\t" : "";
  return `"${guard}${shown.replaceAll('"', '""')}"`;
}

function filterOf(query: unknown): ProblemFilter {
  const { text, instant } = readUrlQuery(query, ["status", "code", "licenseType", "from", "until"]);
  const status = problemStatuses.find((known) => known === (text("status") ?? "OPEN"));
  if (!status) throw new HubError("INPUT_INVALID", { argument: "status" });
  return {
    status,
    code: text("code"),
    licenseType: text("licenseType"),
    from: instant("from"),
    until: instant("until"),
  };
}
