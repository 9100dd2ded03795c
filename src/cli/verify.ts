import { parseArgs } from "node:util";
import { parseDate, parseInstant, startOfDay } from "../domain/calendar.ts";
import { HubError } from "../errors.ts";
import { type Keyring, parseJwks } from "../proof/keyring.ts";
import { verifyLicense } from "../use-cases/licenses/verify-license.ts";
import { chooseFiles, messageOf, readBytes, schemaReader, UsageError } from "./verify/license-files.ts";
import { verifyMany } from "./verify/many-files.ts";
import { jsonOf, type Language, linesOf, printable } from "./verify/report-text.ts";

type Order = Readonly<{ names: readonly string[]; keys: string; at?: Date; json: boolean; language: Language }>;

const help = `Verifies electronic licenses offline, from the hub's public keys alone.

Usage: node src/cli/verify.ts FILE… --keys JWKS [--at WHEN] [--json] [--lang zh|en]

  FILE         a license, as a compact JWS or an SD-JWT; - reads standard input. One newline at its end is ignored.
               Of one file the whole report is printed. Of several, or of a folder (every file below it, those whose
               names begin with a dot left out): a line for each that is not valid, and a summary.
  --keys JWKS  file with the hub's key set, as served at /.well-known/jwks.json
  --at WHEN    ask about another time than now: a day (2026-11-22, meaning noon of that day in Asia/Shanghai)
               or an instant (2026-11-22T09:00:00+08:00)
  --json       print the whole report as JSON, the content of the license included; of many files, a line for each
  --lang       language of the report: en (default) or zh
  --help       print this

Exit code: 0 valid, 1 invalid, 2 could not tell (unreadable file or key set, wrong usage, format not supported).
Of many: 0 when all are valid, 1 when any is invalid, 2 when none is but some could not be told.`;

async function main(args: readonly string[]): Promise<number> {
  try {
    const order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    const keyring = await readKeyring(order.keys);
    const tools = { keyring, schemaOf: schemaReader(), now: () => new Date() };
    const verify = (bytes: Buffer) =>
      verifyLicense(tools, { token: textOf(bytes), at: order.at, language: order.language });
    const { files, areMany } = chooseFiles(order.names);
    if (areMany) return await verifyMany(files, { json: order.json, language: order.language, verify });
    const report = await verify(await readBytes(files[0] ?? "-"));
    console.log(order.json ? jsonOf(report, 2) : linesOf(report, order.language).join("\n"));
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
  if (positionals.length === 0) throw new UsageError("name a FILE, several, a folder, or - (see --help).");
  if (values.keys === undefined) throw new UsageError("--keys JWKS is missing (see --help).");
  const language = values.lang;
  if (language !== "en" && language !== "zh") throw new UsageError("--lang is en or zh.");
  const at = values.at === undefined ? undefined : readInstant(values.at);
  return { names: positionals, keys: values.keys, at, json: values.json, language };
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

/** What editors and shells leave behind the last line is not part of the license. */
function textOf(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\r?\n$/, "");
}

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
