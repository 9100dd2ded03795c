import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { parseDate, parseInstant, startOfDay } from "../domain/calendar.ts";
import { type CompiledAttributesSchema, compileAttributesSchema } from "../domain/licenses/license-type-schema.ts";
import { HubError, type LocalizedText } from "../errors.ts";
import { type Keyring, parseJwks } from "../proof/keyring.ts";
import { isJsonObject } from "../proof/strict-json.ts";
import { verificationCodes, verificationSteps } from "../proof/verification.ts";
import {
  type VerificationCheck,
  type VerificationReport,
  verifyLicense,
} from "../use-cases/licenses/verify-license.ts";

type Language = keyof LocalizedText;
type Order = Readonly<{ file: string; keys: string; at?: Date; json: boolean; language: Language }>;

const help = `Verifies an electronic license offline, from the hub's public keys alone.

Usage: node src/cli/verify.ts FILE --keys JWKS [--at WHEN] [--json] [--lang zh|en]

  FILE         the license, a compact JWS; - reads standard input. One newline at its end is ignored.
  --keys JWKS  file with the hub's key set, as served at /.well-known/jwks.json
  --at WHEN    ask about another time than now: a day (2026-11-22, meaning noon of that day in Asia/Shanghai)
               or an instant (2026-11-22T09:00:00+08:00)
  --json       print the whole report as JSON, the content of the license included
  --lang       language of the report: en (default) or zh
  --help       print this

Exit code: 0 valid, 1 invalid, 2 could not tell (unreadable file or key set, wrong usage, format not supported).`;

/** Longest file read; a longer one is cut off there, which no license survives. */
const maxFileBytes = 1024 * 1024;

/** A wrong call, or a file that cannot be used: one line for standard error. */
class UsageError extends Error {}

async function main(args: readonly string[]): Promise<number> {
  try {
    const order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    const keyring = await readKeyring(order.keys);
    const token = (await readBytes(order.file)).toString("utf8").replace(/\r?\n$/, "");
    const tools = { keyring, schemaOf: schemaReader(), now: () => new Date() };
    const report = await verifyLicense(tools, { token, at: order.at, language: order.language });
    console.log(order.json ? jsonOf(report) : linesOf(report, order.language).join("\n"));
    return { VALID: 0, INVALID: 1, UNDECIDED: 2 }[report.outcome];
  } catch (error) {
    // Whatever went wrong, it must not read as the verdict "invalid".
    const reason = error instanceof UsageError ? error.message : `could not finish: ${messageOf(error)}`;
    console.error(printable(`verify: ${reason}`));
    return 2;
  }
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("name exactly one FILE, or - (see --help).");
  if (values.keys === undefined) throw new UsageError("--keys JWKS is missing (see --help).");
  const language = values.lang;
  if (language !== "en" && language !== "zh") throw new UsageError("--lang is en or zh.");
  const at = values.at === undefined ? undefined : readInstant(values.at);
  return { file, keys: values.keys, at, json: values.json, language };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        keys: { type: "string" },
        at: { type: "string" },
        json: { type: "boolean", default: false },
        lang: { type: "string", default: "en" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} (see --help).`);
  }
}

function readInstant(text: string): Date {
  const date = parseDate(text);
  const instant = date === undefined ? parseInstant(text) : new Date(startOfDay(date).getTime() + noonMilliseconds);
  if (instant === undefined) {
    throw new UsageError("--at is a day like 2026-11-22 or an instant like 2026-11-22T09:00:00+08:00.");
  }
  return instant;
}

const noonMilliseconds = 12 * 60 * 60 * 1000;

async function readKeyring(path: string): Promise<Keyring> {
  const bytes = await readBytes(path);
  try {
    return parseJwks(bytes);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { reason, index } = error.details;
    const where = index === undefined ? "" : ` at keys[${index}]`;
    throw new UsageError(`the key set in ${path} is not acceptable: ${reason}${where}.`);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxFileBytes) break;
    }
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}.`);
  }
  return Buffer.concat(chunks);
}

/** Finds the schema of a type by its `$id` among the package's files; compiles only the one asked for. */
function schemaReader(): (typeCode: string) => CompiledAttributesSchema | undefined {
  return (typeCode) => {
    const folder = join(packageRoot(import.meta.dirname), "schema", "license-types");
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const schemas = files.map((name): unknown => JSON.parse(readFileSync(join(folder, name), "utf8")));
    const schema = schemas.filter(isJsonObject).find(({ $id }) => $id === `urn:zhengzhao:license-type:${typeCode}`);
    return schema && compileAttributesSchema(schema);
  };
}

function packageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) === folder) throw new UsageError("this file must lie inside its package, beside its schemas.");
  return packageRoot(dirname(folder));
}

function linesOf({ checks, outcome }: VerificationReport, language: Language): readonly string[] {
  return [...checks.map((check) => lineOf(check, language)), `${outcome}  ${outcomes[outcome][language]}`];
}

function lineOf({ name, outcome, code, detail }: VerificationCheck, language: Language): string {
  const facts = detail === undefined ? "" : language === "zh" ? `（${detail}）` : ` (${detail})`;
  const words = code === undefined ? passedWords(name, language) : verificationCodes[code].text[language];
  const todo = code === undefined || outcome !== "FAIL" ? "" : ` → ${verificationCodes[code].todo[language]}`;
  return `${marks[outcome]} ${name.padEnd(15)} ${(code ?? "PASS").padEnd(23)} ${words}${facts}${todo}`;
}

function passedWords(name: VerificationCheck["name"], language: Language): string {
  const step = verificationSteps.find((row) => row.name === name)?.text[language] ?? name;
  return language === "zh" ? `${step}：通过` : `${step}: in order.`;
}

const marks = { PASS: "✓", FAIL: "✗", SKIPPED: "–" } as const;

const outcomes = {
  VALID: { en: "Every check this file allows has passed.", zh: "有效：本文件可作的检查全部通过。" },
  INVALID: { en: "Do not rely on this license.", zh: "无效：请勿采信该证照。" },
  UNDECIDED: { en: "Could not tell.", zh: "无法判断。" },
} as const satisfies Record<VerificationReport["outcome"], LocalizedText>;

function jsonOf(report: VerificationReport): string {
  const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(report, null, 2).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escaped);
}

/** Text that cannot steer a terminal: control and direction characters become a question mark. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "?");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
