import "./needs-node.js"; // first of all
import { fetchStatusList } from "../connectors/status-lists.ts";
import { parseMoment } from "../domain/calendar.ts";
import { foreignKindOf, foreignKinds, foreignTodo } from "../proof/bundle/foreign-file.ts";
import type { Keyring } from "../proof/keyring.ts";
import type { WitnessRule } from "../proof/log/witness-rule.ts";
import { type StatusOf, statusByFetching, statusByLists } from "../proof/status/lists-at-hand.ts";
import { statusListReader } from "../proof/status/status-list.ts";
import { lacksStateOnly } from "../proof/verification.ts";
import { type VerificationReport, verifyLicense } from "../use-cases/licenses/verify-license.ts";
import { readKeyring } from "./key-set.ts";
import { chooseFiles, readBytes, textOf } from "./license-files.ts";
import {
  jsonOf,
  type Language,
  messageOf,
  parseWords,
  printable,
  readLanguage,
  readWitnesses,
  UsageError,
} from "./program.ts";
import { verifyMany } from "./verify/many-files.ts";
import { linesOf } from "./verify/report-text.ts";
import { schemaReader } from "./verify/schema-files.ts";
import { readStatusLists } from "./verify/status-files.ts";

type Order = Readonly<{
  names: readonly string[];
  keys: string;
  at: Date | undefined;
  /** The day asked about, when it was told without a time. */
  day: string | undefined;
  witnesses: WitnessRule | undefined;
  /** Files of status lists. */
  lists: readonly string[];
  /** Whether status lists may be fetched. */
  online: boolean;
  /** Whether a license whose state nobody told is good enough for the exit code. */
  acceptsUncheckedState: boolean;
  json: boolean;
  language: Language;
}>;

const help = `Verifies electronic licenses offline, from the hub's public keys alone.

Usage: npm run --silent verify -- FILE… --keys JWKS [options]
   or: node src/cli/verify.ts FILE… --keys JWKS [options]

  FILE         a license in any of its forms; - reads standard input. White space around it is ignored.
                 the license itself, a compact JWS: signature, issuer, key, content and validity are judged. Whether it
                   was suspended or revoked since it does not say: for that, name a status list
                 a bundle (JSON): its status list and its proof of the public log as well
                 an SD-JWT (with ~ in it): what its holder chose to show, and the holder's own signature
               Of one file the whole report is printed. Of several, or of a folder (every file below it, those whose
               names begin with a dot left out): a line for each that is not valid, and a summary.
  --keys JWKS  file with the hub's key set, as served at /.well-known/jwks.json
  --status LIST        file with a status list of the hub, as served at /status-lists/0 and so on; may be repeated
  --online             fetch the status list from the address the license names (HTTPS; nothing else is asked)
  --accept-unchecked-state
               exit code 0 also for a license whose signature holds and whose state was not checked
  --at WHEN    ask about another time than now: a day (2026-11-22, meaning noon of that day in Asia/Shanghai)
               or an instant (2026-11-22T09:00:00+08:00)
  --witness KEY        a witness of the log whom you trust, by its key NAME+ID+KEY; may be repeated. The checkpoint of the
                       log proof must be signed by one of them, or the license is not taken for valid
  --min-witnesses N    by so many of them: 1, unless told
  --json       print the whole report as JSON, the content of the license included; of many files, a line for each
  --lang       language of the report: en (default) or zh
  --help       print this

Exit code: 0 valid, 1 invalid, 2 could not tell (signature valid but state not checked, unreadable file or key set,
wrong usage, format not supported).
Of many: 0 when all are valid, 1 when any is invalid, 2 when none is but some could not be told.`;

async function main(args: readonly string[]): Promise<number> {
  try {
    const order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    const { at, day, language, witnesses, json, acceptsUncheckedState } = order;
    const keyring = await readKeyring(order.keys);
    const now = () => new Date();
    const tools = { keyring, schemaOf: schemaReader(), now, statusOf: await readState(order, keyring, now) };
    const input = { language, ...(at && { at }), ...(witnesses && { witnesses }) };
    const verify = async (bytes: Uint8Array) => {
      refuseForeign(bytes, language);
      return verifyLicense(tools, { token: textOf(bytes), ...input });
    };
    const { files, areMany } = chooseFiles(order.names);
    if (areMany) return await verifyMany(files, { json, language, day, acceptsUncheckedState, verify });
    const bytes = await readBytes(files[0] ?? "-");
    const report = await verify(bytes);
    console.log(json ? jsonOf(report, 2) : linesOf(report, language, day).join("\n"));
    if (report.outcome === "INVALID" && isAnswer(textOf(bytes))) console.error(`verify: ${answerWords[language]}`);
    return exitCodeOf(report, acceptsUncheckedState);
  } catch (error) {
    // Whatever went wrong, it must not read as the verdict "invalid".
    const reason = error instanceof UsageError ? error.message : `could not finish: ${messageOf(error)}`;
    console.error(printable(`verify: ${reason}`));
    return 2;
  }
}

/** What tells the state of a license: lists in files, lists fetched, both, or nothing. */
async function readState({ lists, online }: Order, keyring: Keyring, now: () => Date): Promise<StatusOf> {
  const byFiles = statusByLists(await readStatusLists(lists, keyring));
  if (!online) return byFiles;
  const byFetching = statusByFetching(fetchStatusList, statusListReader(keyring), now);
  return async (claims, at) => (await byFiles(claims, at)) ?? byFetching(claims, at);
}

function exitCodeOf({ outcome, checks }: VerificationReport, acceptsUncheckedState: boolean): number {
  if (outcome === "UNDECIDED") return acceptsUncheckedState && lacksStateOnly(checks) ? 0 : 2;
  return outcome === "VALID" ? 0 : 1;
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parseWords(args, {
    keys: { type: "string" },
    at: { type: "string" },
    witness: { type: "string", multiple: true, default: [] },
    "min-witnesses": { type: "string" },
    status: { type: "string", multiple: true, default: [] },
    online: { type: "boolean", default: false },
    "accept-unchecked-state": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    lang: { type: "string", default: "en" },
    help: { type: "boolean", default: false },
  });
  if (values.help) return undefined;
  if (positionals.length === 0) throw new UsageError("name a FILE, several, a folder, or - (see --help).");
  if (values.keys === undefined)
    throw new UsageError(
      "--keys JWKS is missing: a file with the hub's /.well-known/jwks.json (see --help; with npm run, options come behind ` -- `).",
    );
  const at = values.at === undefined ? undefined : readMoment(values.at);
  const witnesses = readWitnesses(values.witness, values["min-witnesses"]);
  return {
    names: positionals,
    keys: values.keys,
    at,
    day: isDay(values.at) ? values.at : undefined,
    witnesses,
    lists: values.status,
    online: values.online,
    acceptsUncheckedState: values["accept-unchecked-state"],
    json: values.json,
    language: readLanguage(values.lang),
  };
}

function readMoment(text: string): Date {
  const moment = parseMoment(text);
  if (moment) return moment;
  throw new UsageError("--at is a day like 2026-11-22 or an instant like 2026-11-22T09:00:00+08:00.");
}

function isDay(at: string | undefined): boolean {
  return at !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(at);
}

/** A document that is no license is not an invalid one. *Throws* UsageError. */
function refuseForeign(bytes: Uint8Array, language: Language): void {
  const kind = foreignKindOf(bytes);
  if (kind === undefined) return;
  const what = foreignKinds[kind][language];
  throw new UsageError(
    language === "zh"
      ? `这不是电子证照文件，而是${what}。${foreignTodo.zh}`
      : `this is no electronic license file, but ${what}. ${foreignTodo.en}`,
  );
}

/** Whether a text is what GraphQL answers, with the license somewhere in it. */
function isAnswer(text: string): boolean {
  return /^\{\s*"data"\s*:/.test(text);
}

const answerWords = {
  en: "this is a whole answer of GraphQL: the bundle is the text in data.license.bundle; save that text alone.",
  zh: "这是 GraphQL 的完整应答：证据包是其中 data.license.bundle 的文本，请单独保存。",
} as const;

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
