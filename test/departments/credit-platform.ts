import { fileURLToPath } from "node:url";
import { runDepartment } from "./department-process.ts";
import { type Asked, type Department, startDepartment } from "./department-server.ts";
import { draw, drawDay, readSampleEnterprises } from "./sample-enterprises.ts";

/** 公共信用信息平台's subgraph: it adds a credit summary to every enterprise. */
export const creditPlatformSdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

"A calendar date in Asia/Shanghai: \`2026-11-22\`."
scalar Date

type Enterprise @key(fields: "uscc") {
  "统一社会信用代码, GB 32100-2015."
  uscc: ID!
  "信用信息: what the public credit platform says of it; null: it has no record there."
  credit: Credit
}

"信用信息: an enterprise's public credit record in short."
type Credit {
  "公共信用综合评价: the grade of the last assessment."
  grade: CreditGrade!
  "The record in one sentence, in Chinese."
  summary: String!
  "失信记录: breaches of the last five years, newest first; ten at most."
  breaches: [Breach!]!
  "Whether a breach stands unrepaired: while it does, the commitment procedure (告知承诺) is not open to the enterprise."
  standingBreach: Boolean!
  "Day of the last assessment."
  updatedOn: Date!
}

"公共信用综合评价等级: grade of a credit assessment."
enum CreditGrade {
  "优: excellent."
  A
  "良: good."
  B
  "中: fair."
  C
  "差: poor."
  D
}

"失信记录: a breach somebody decided on."
type Breach {
  "What was breached, in Chinese."
  matter: String!
  "Who decided so."
  decidedBy: String!
  "Day of the decision."
  decidedOn: Date!
  "信用修复: day on which it was repaired; null: it stands."
  repairedOn: Date
}
`;

/** A breach somebody decided on. */
export type Breach = Readonly<{ matter: string; decidedBy: string; decidedOn: string; repairedOn: string | null }>;

/** What the credit platform says of an enterprise. */
export type Credit = Readonly<{
  grade: "A" | "B" | "C" | "D";
  summary: string;
  breaches: readonly Breach[];
  standingBreach: boolean;
  updatedOn: string;
}>;

const matters = [
  { matter: "未按规定公示年度报告", decidedBy: "市市场监管局" },
  { matter: "告知承诺内容与实际不符", decidedBy: "市行政审批服务局" },
  { matter: "逾期未履行行政处罚决定", decidedBy: "市综合执法局" },
  { matter: "拖欠劳动者工资", decidedBy: "市人力资源社会保障局" },
] as const;

const summaries = {
  A: "信用优秀，近五年无失信记录。",
  B: "信用良好，失信记录均已修复。",
  C: "信用一般，有失信记录。",
  D: "信用较差，存在未修复的失信记录。",
} as const;

/** The credit record of a sample enterprise: invented, and the same in every run. */
export function creditOf(uscc: string): Credit {
  const lot = draw(uscc, "grade", 100);
  const grade = lot < 60 ? "A" : lot < 85 ? "B" : lot < 95 ? "C" : "D";
  const count = grade === "A" ? 0 : grade === "D" ? 2 : 1;
  const breaches = Array.from({ length: count }, (_, index) => breachOf(uscc, index, grade === "D" && index === 0));
  return {
    ...{ grade, summary: summaries[grade], breaches },
    standingBreach: breaches.some(({ repairedOn }) => repairedOn === null),
    updatedOn: `2026-10-${10 + draw(uscc, "assessment", 20)}`,
  };
}

/** One breach a year, going back from 2025; each was repaired in the year after, or still stands. */
function breachOf(uscc: string, index: number, stands: boolean): Breach {
  const { matter, decidedBy } = matters[draw(uscc, `matter ${index}`, matters.length)] ?? matters[0];
  const year = 2025 - index;
  return {
    ...{ matter, decidedBy, decidedOn: drawDay(uscc, `breach ${index}`, year, 365) },
    repairedOn: stands ? null : drawDay(uscc, `repair ${index}`, year + 1, 180),
  };
}

/** Starts the department's system. `port` 0: any free one. */
export function start(port: number, onRequest?: (asked: Asked) => void): Promise<Department> {
  const enterprises = readSampleEnterprises();
  const findEnterprise = (uscc: string) => (enterprises.has(uscc) ? { credit: creditOf(uscc) } : undefined);
  return startDepartment({ sdl: creditPlatformSdl, findEnterprise, port, onRequest });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runDepartment("credit-platform", start, 4102);
