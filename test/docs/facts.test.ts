import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Config, readConfig, readGatewayConfig } from "../../src/config.ts";
import { loginProblems } from "../../src/connectors/login/openid-login.ts";
import { scopes } from "../../src/domain/access/caller.ts";
import { maxBatchIdCharacters } from "../../src/domain/licenses/batch.ts";
import {
  eventOperations,
  issuingOperations,
  needsPredecessor,
  type StoredState,
  stateAfterEvent,
  stateAfterSuccession,
  storedStates,
} from "../../src/domain/licenses/license.ts";
import { recordLimits } from "../../src/domain/licenses/license-record.ts";
import { problemTable } from "../../src/domain/licenses/problem.ts";
import { materialReasons } from "../../src/domain/materials/material-reason.ts";
import { deliveryOutcomes, retryDelays } from "../../src/domain/notices/delivery.ts";
import { webhookFaults } from "../../src/domain/notices/webhook.ts";
import { runEnds } from "../../src/domain/sources/source-run.ts";
import { errorTable } from "../../src/errors.ts";
import { limitRows } from "../../src/limits.ts";
import { maxTtlSeconds } from "../../src/proof/access/access-token.ts";
import { auditCodes } from "../../src/proof/audit/audit-codes.ts";
import { tableCodes } from "../../src/proof/audit/table-codes.ts";
import { entryKinds } from "../../src/proof/log/log-entry.ts";
import { verificationCodes, verificationSteps } from "../../src/proof/verification.ts";
import { maxClaims } from "../../src/use-cases/licenses/confirm-license.ts";
import { submissionLimits } from "../../src/use-cases/licenses/submit-licenses.ts";
import { logTroubles } from "../../src/use-cases/log/publish-checkpoint.ts";
import { maxPersons } from "../../src/use-cases/materials/check-materials.ts";
import { checkLifetimeMs } from "../../src/use-cases/materials/fetch-materials.ts";
import { inlineCode, pages, readPage, readSnippets, readTable, root } from "./documents.ts";

const texts = pages.map((page) => [page, readPage(page)] as const);
const connecting = readPage("docs/connecting-a-department.md");
const verifying = readPage("docs/verifying.md");
const operating = readPage("docs/operating.md");
const others = [
  ...["docs/security.md", "docs/pulling.md", "docs/problem-records.md", "docs/corrections.md"],
  ...["docs/identifier-conflicts.md", "docs/status-lists.md", "docs/notices.md", "docs/public-log.md", "docs/keys.md"],
].map(readPage);
const forCallers = [connecting, operating, ...others].join("\n");

describe.each(texts)("%s", (page, text) => {
  test("links to what exists, headings too", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => {
      if (/^https:/.test(link)) return false;
      const [path = "", heading] = link.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (file.startsWith("..") || !existsSync(join(root, file))) return true;
      return heading !== undefined && !headingsOf(readPage(file)).includes(heading);
    });
    expect(broken).toEqual([]);
  });

  test("names npm commands that exist", () => {
    const code = [...inlineCode(text), ...readSnippets(page, text).map((snippet) => snippet.text)].join("\n");
    const commands = [...code.matchAll(/\bnpm (?:run (?:--silent )?)?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    const { scripts } = JSON.parse(readPage("package.json")) as { scripts: Record<string, string> };
    expect(commands.filter((name) => name !== "ci" && !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test("names files that exist", () => {
    const places = /^(src|test|schema|migrations|keys|docs)\/[\w./-]*$/;
    const floors = /\b(?:edge|use-cases|domain|proof|store|cli)\/[\w/-]+\.ts\b/g;
    const named = inlineCode(text).filter((code) => places.test(code));
    const drawn = [...text.matchAll(/^```mermaid\n[\s\S]*?^```/gm)].flatMap(([picture]) => picture.match(floors) ?? []);
    const files = [...named, ...drawn.map((file) => `src/${file}`)];
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test("names codes and fields that exist", () => {
    const named = inlineCode(text).filter((code) => /^[A-Z]+(_[A-Z0-9]+)+$/.test(code));
    expect(named.filter((code) => !knownWords.has(code))).toEqual([]);
  });

  test("names nothing of the machine it was written on", () => {
    expect(text).not.toMatch(/\.\.\/shared|\/work\/|\/tmp\/|\/home\/|\/root\/|registry\./);
  });
});

describe("README's table of variables", () => {
  const rows = readTable(readPage("README.md"), "## Variables").filter(([name]) => name?.startsWith("`"));
  const defaults = rows.map(([name = "", value = ""]) => [bare(name), bare(value)] as const);

  test("has every variable that is read, and no other", () => {
    expect(defaults.map(([name]) => name).sort()).toEqual([...readVariables()].sort());
  });

  test.each(defaults.filter(([, value]) => value !== ""))("says the default of %s", (name, value) => {
    const read = (env: Record<string, string>): Config & object => ({ ...readConfig(env), ...readGatewayConfig(env) });
    expect(read({ [name]: value })).toEqual(read({}));
  });
});

describe("docs/connecting-a-department.md", () => {
  test.each([
    ["problem of a record", problemTable],
    ["reason of a material decision", materialReasons],
    ["error of a call, with the pages for operators, on security, problem records and corrections", errorTable],
  ])("names every %s", (_, table) => {
    expect(Object.keys(table).filter((code) => !forCallers.includes(`\`${code}\``))).toEqual([]);
  });

  describe("its table of states", () => {
    const rows = readTable(connecting, "### What leads where").filter(([name]) => name?.startsWith("`"));
    const said = rows.map(
      ([name = "", from = "", to = ""]) => [bare(name), from.split(", "), to.split(";")[0]] as const,
    );

    test("has every operation but ISSUE, which starts from nothing", () => {
      const all = [...eventOperations, ...issuingOperations.filter(needsPredecessor)];
      expect(said.map(([name]) => name)).toEqual(all);
    });

    test.each(said)("says from where %s leads where", (name, from, to) => {
      const event = eventOperations.find((operation) => operation === name);
      const succession = issuingOperations.find((operation) => operation === name);
      const lead = (state: StoredState) => {
        if (event) return stateAfterEvent(state, event, "ANNULLED");
        return succession && succession !== "ISSUE" ? stateAfterSuccession(state, succession) : undefined;
      };
      const expected = to === "its `outcome`" ? "ANNULLED" : to;
      expect(storedStates.map(lead)).toEqual(
        storedStates.map((state) => (from.includes(state) ? expected : undefined)),
      );
    });
  });

  test.each([
    `1 to ${maxBatchIdCharacters} printable characters`,
    `1 to ${count(submissionLimits.maxRecords)} \`records\``,
    `over ${recordLimits.maxBytes / 1024} KiB as JSON, or attributes nested deeper than ${recordLimits.maxDepth} levels`,
    `together, ${recordLimits.maxProblems} at most`,
    `at most ${recordLimits.maxClockSkewMs / 60_000} minutes ahead`,
    `the record, at most ${recordLimits.maxCharacters.sourceRecordId} characters`,
    `(GB/T 36904), at most ${recordLimits.maxCharacters.identifier} characters`,
    `\`numberRule\`, at most ${recordLimits.maxCharacters.number} characters`,
    `as on the license, at most ${recordLimits.maxCharacters["holder.name"]} characters`,
    `in words, at most ${count(recordLimits.maxCharacters.reason)} characters`,
    `more than ${maxPersons} persons`,
    `within ${checkLifetimeMs / 60_000} minutes`,
    `1 to ${maxClaims} of them`,
    `at most ${maxTtlSeconds / 3600} hours apart`,
  ])("says: %s", (fact) => {
    expect(connecting.replaceAll("\n", " ")).toContain(fact);
  });

  test("names every scope, and no other", () => {
    const rows = readTable(connecting, "## The token").map(([name = ""]) => bare(name));
    expect(rows.filter((name) => name.includes(":"))).toEqual([...scopes]);
  });

  test("says every limit that can refuse a query, with its number and code", () => {
    const rows = readTable(connecting, "## Limits").filter(([name]) => Object.hasOwn(limitRows, bare(name ?? "")));
    const said = rows.map(([name = "", value, reason]) => [bare(name), value, reason]);
    const held = Object.entries(limitRows).map(([name, { value, unit, reason }]) => [name, `${value} ${unit}`, reason]);
    expect(said).toEqual(held);
    const codes = rows.map(([, , , code = ""]) => bare(code)).filter(Boolean);
    expect(codes.filter((code) => !Object.hasOwn(errorTable, code))).toEqual([]);
  });
});

describe("docs/verifying.md", () => {
  test("has every step, in order", () => {
    const rows = readTable(verifying, "## The nine steps").map(([name = ""]) => /^`(\w+)`/.exec(name)?.[1]);
    expect(rows.filter(Boolean)).toEqual(verificationSteps.map(({ name }) => name));
  });

  test("names every code of a verification", () => {
    expect(Object.keys(verificationCodes).filter((code) => !verifying.includes(`\`${code}\``))).toEqual([]);
  });
});

test("docs/pulling.md says of every end of a pull what it means, and of no other", () => {
  const ends = readTable(readPage("docs/pulling.md"), "## A pull").map(([name = ""]) => bare(name));
  expect(ends.filter(Boolean)).toEqual(Object.keys(runEnds));
});

test("docs/notices.md says of every end of a delivery what it means, and of no other; and how often it is tried", () => {
  const page = readPage("docs/notices.md");
  const ends = readTable(page, "## What becomes of a notice").map(([name = ""]) => bare(name));
  expect(ends.filter((name) => /^[A-Z]/.test(name))).toEqual(deliveryOutcomes);
  expect(retryDelays).toHaveLength(11);
  expect(page).toContain("after twelve tries in five\ndays");
});

describe("docs/operating.md", () => {
  const lines = readTable(operating, "## What a start says").map(([line = ""]) => bare(line));
  const sources = [
    "main.ts",
    "config.ts",
    "limits.ts",
    "edge/guard/trusted-documents.ts",
    "open-hub.ts",
    "connectors/sources/secrets.ts",
    "store/corrections/calendar-file.ts",
    "store/database.ts",
    "store/new-connection.ts",
    "store/keys/compromised-file.ts",
    "store/keys/folder-lock.ts",
    "store/keys/key-store.ts",
    "store/keys/sealing.ts",
  ];
  const said = sources.map((file) => readPage(`src/${file}`)).join("\n");

  test.each(lines.slice(2))("a start can say: %s", (line) => {
    const parts = line.split(/…|"\w+"/).map((part) => part.replaceAll(/^[\s:;"]+|[\s:;"]+$/g, ""));
    const wanted = parts.filter((part) => part.length > 3);
    expect(wanted.length).toBeGreaterThan(0);
    // The name of a variable is put in where the line is made.
    const isSaid = (part: string) => said.includes(part) || said.includes(part.replace(/^[A-Z_]+ /, ""));
    expect(wanted.filter((part) => !isSaid(part))).toEqual([]);
  });
});

/** Every word in capitals a page may name: codes, variables, and the values of the API's enums. */
const knownWords: ReadonlySet<string> = new Set([
  ...[...readPage("schema/errors.md").matchAll(/^## (\w+)$/gm)].map(([, code = ""]) => code),
  ...verificationSteps.map(({ name }) => name),
  ...entryKinds,
  ...logTroubles,
  ...Object.keys(webhookFaults),
  ...Object.keys(auditCodes),
  ...Object.keys(tableCodes),
  ...readVariables(),
  ...loginProblems,
  // Node's own.
  "NODE_EXTRA_CA_CERTS",
  "ERR_UNKNOWN_FILE_EXTENSION",
  ...(readPage("schema/hub.graphql").match(/^ {2}[A-Z][A-Z0-9_]+$/gm) ?? []).map((line) => line.trim()),
]);

/** What the configuration asks the environment for. */
function readVariables(): ReadonlySet<string> {
  const asked = new Set<string>();
  const env = new Proxy({}, { get: (_, name) => void asked.add(String(name)) });
  readConfig(env);
  readGatewayConfig(env);
  return asked;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function bare(cell: string): string {
  return /^`(.*)`/.exec(cell)?.[1] ?? "";
}

/** Headings as GitHub links to them. */
function headingsOf(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
