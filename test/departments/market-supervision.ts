import { fileURLToPath } from "node:url";
import { runDepartment } from "./department-process.ts";
import { type Asked, type Department, startDepartment } from "./department-server.ts";
import { draw, drawDay, readSampleEnterprises, type SampleEnterprise } from "./sample-enterprises.ts";

/** 市场监督管理局's subgraph: it adds what its register says to every enterprise. */
export const marketSupervisionSdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

"A calendar date in Asia/Shanghai: \`2026-11-22\`."
scalar Date

type Enterprise @key(fields: "uscc") {
  "统一社会信用代码, GB 32100-2015."
  uscc: ID!
  "登记信息: what the market supervision administration's register says; null: it is not registered in this city."
  registration: Registration
}

"登记信息: an enterprise in the register."
type Registration {
  "成立日期: day of registration."
  registeredOn: Date!
  "登记状态: how it stands in the register."
  status: RegistrationStatus!
  "登记机关: the office that keeps its file."
  registrationAuthority: String!
  "The newest annual report (年度报告) filed; null: none was due yet."
  lastAnnualReport: AnnualReport
}

"登记状态: how an enterprise stands in the register."
enum RegistrationStatus {
  "存续: it exists and may do business."
  IN_OPERATION
  "歇业: it rests; the registration stays."
  RESTING
  "吊销: its business license was taken away."
  REVOKED
  "注销: it was wound up."
  DEREGISTERED
}

"年度报告: an enterprise's own yearly report."
type AnnualReport {
  "The year reported."
  year: Int!
  "Day of filing; reports of a year are due by 30 June of the next."
  filedOn: Date!
}
`;

/** What the register says of an enterprise. */
export type Registration = Readonly<{
  registeredOn: string;
  status: "IN_OPERATION" | "RESTING" | "REVOKED" | "DEREGISTERED";
  registrationAuthority: string;
  lastAnnualReport: Readonly<{ year: number; filedOn: string }> | null;
}>;

const offices: Readonly<Record<string, string>> = {
  "371002": "威海市环翠区市场监督管理局",
  "371003": "威海市文登区市场监督管理局",
  "371082": "荣成市市场监督管理局",
  "371083": "乳山市市场监督管理局",
  "371071": "威海市市场监督管理局高区分局",
  "371072": "威海市市场监督管理局经区分局",
  "371073": "威海市市场监督管理局临港区分局",
};

/** Year of the newest annual reports in the sample. */
const newestReport = 2025;

/** The register's entry of a sample enterprise: invented, and the same in every run. */
export function registrationOf({ uscc, region, establishedOn }: SampleEnterprise): Registration {
  const firstReport = Number(establishedOn.slice(0, 4));
  const year = Math.max(firstReport, newestReport - (draw(uscc, "late report", 12) === 0 ? 1 : 0));
  return {
    registeredOn: establishedOn,
    status: draw(uscc, "resting", 40) === 0 ? "RESTING" : "IN_OPERATION",
    registrationAuthority: offices[region] ?? "威海市市场监督管理局",
    lastAnnualReport: year > newestReport ? null : { year, filedOn: drawDay(uscc, "report", year + 1, 181) },
  };
}

/** Starts the department's system. `port` 0: any free one. */
export function start(port: number, onRequest?: (asked: Asked) => void): Promise<Department> {
  const enterprises = readSampleEnterprises();
  const findEnterprise = (uscc: string) => {
    const enterprise = enterprises.get(uscc);
    return enterprise && { registration: registrationOf(enterprise) };
  };
  return startDepartment({ sdl: marketSupervisionSdl, findEnterprise, port, onRequest });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runDepartment("market-supervision", start, 4101);
