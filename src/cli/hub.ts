import "./needs-node.js"; // first of all
import { parseArgs } from "node:util";
import { ConfigError } from "../config.ts";
import { HubError } from "../errors.ts";
import { clientCommands } from "./hub/client-commands.ts";
import { type Command, lineOf, type Output, UsageError, type Values } from "./hub/command.ts";
import { grantCommands } from "./hub/grant-commands.ts";
import { keyCommands } from "./hub/key-commands.ts";
import { noticeCommands } from "./hub/notices/notice-commands.ts";
import { webhookCommands } from "./hub/notices/webhook-commands.ts";
import { reconcileCommand } from "./hub/reconcile-command.ts";
import { recordKeyCommands } from "./hub/record-key-commands.ts";
import { sourceCommands } from "./hub/source-commands.ts";
import { submitCommand } from "./hub/submit-command.ts";
import { printable } from "./hub/table.ts";

/** What is typed as a noun, then what to do with it. A new noun is a file in hub/ and a line here. */
const nouns: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
  client: { ...clientCommands, ...recordKeyCommands, ...webhookCommands },
  grant: grantCommands,
  notices: noticeCommands,
  key: keyCommands,
  source: sourceCommands,
};

/** What is typed as one word. */
const verbs: Readonly<Record<string, Command>> = { reconcile: reconcileCommand, submit: submitCommand };

const always = ["--json           print JSON instead of a table", "--help           print this"];
const onDatabase = [
  "Works on the hub's database: the server in DATABASE_URL, beside running hubs, or the embedded one in DATA_DIR while no",
  "hub runs on it. Whatever is changed is recorded under your user name.",
];
const exitCodes = "Exit code: 0 done, 1 refused or failed, 2 wrong call.";

async function main(args: readonly string[]): Promise<number> {
  try {
    const [noun = "", verb = "", ...rest] = args;
    if (noun === "" || noun === "--help") return print(overview(Object.keys(nouns), Object.keys(verbs)));
    const single = Object.hasOwn(verbs, noun) ? verbs[noun] : undefined;
    if (single) return await run(`hub ${noun}`, single, args.slice(1));
    const commands = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined;
    if (!commands)
      throw new UsageError(
        `hub has no ${noun}: it has ${[...Object.keys(nouns), ...Object.keys(verbs)].join(", ")} (see hub --help)`,
      );
    if (verb === "" || verb === "--help") return print(overview([noun], []));
    const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
    const known = Object.keys(commands).join(", ");
    if (!command) throw new UsageError(`hub ${noun} has no ${verb}: it has ${known} (see hub ${noun} --help)`);
    return await run(`hub ${noun} ${verb}`, command, rest);
  } catch (error) {
    console.error(printable(`hub: ${explain(error)}`));
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

async function run(name: string, command: Command, args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(name, command, args);
  if (values["help"]) return print(helpOf(name, command));
  const wanted = command.words.split(" ").filter(Boolean);
  if (positionals.length !== wanted.length || positionals.includes("")) {
    throw new UsageError(`expected ${name} ${command.words || "without further words"} (see ${name} --help)`);
  }
  const { value, lines, exitCode = 0 } = await execute(command, positionals, values);
  return print(values["json"] ? [JSON.stringify(value, null, 2)] : lines.map(printable), exitCode);
}

async function execute(command: Command, words: readonly string[], values: Values): Promise<Output> {
  if ("runAnywhere" in command) return command.runAnywhere(words, values);
  // Only now: help and wrong calls need none of what a database needs.
  const { withSession } = await import("./hub/session.ts");
  return withSession((session) => command.run(session, words, values));
}

function parse(name: string, { options }: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, json: { type: "boolean" }, help: { type: "boolean" } },
    });
  } catch (error) {
    throw new UsageError(`${lineOf(error)} (see ${name} --help)`);
  }
}

function overview(shownNouns: readonly string[], shownVerbs: readonly string[]): readonly string[] {
  const ofNouns = Object.entries(nouns).flatMap(([noun, commands]) =>
    Object.entries(commands).map(([verb, command]) => [noun, `hub ${noun} ${verb}`, command] as const),
  );
  const ofVerbs = Object.entries(verbs).map(([verb, command]) => [verb, `hub ${verb}`, command] as const);
  const shown = [...ofNouns, ...ofVerbs].filter(([word]) => [...shownNouns, ...shownVerbs].includes(word));
  const rows = shown.map(([, call, { words, about }]) => [`${call} ${words}`.trimEnd(), about] as const);
  const width = Math.max(...rows.map(([call]) => call.length));
  const lines = rows.map(([call, about]) => `  ${call.padEnd(width)}  ${about}`);
  const what = shownVerbs.length > 0 ? ", and hands files in" : "";
  const where = shownVerbs.length > 0 ? ["All but hub submit:", ...onDatabase.map(indent)] : onDatabase;
  return [
    `Administers a hub's clients, their grants and webhooks, its own keys, and the sources it pulls from${what}.`,
    "",
    ...lines,
    "",
    ...always,
    "",
    ...where,
    "",
    exitCodes,
  ];
}

function helpOf(name: string, command: Command): readonly string[] {
  const { words, about, help } = command;
  const where = "run" in command ? ["", ...onDatabase] : [];
  return [
    about,
    "",
    `Usage: ${`${name} ${words}`.trimEnd()} [options]`,
    "",
    ...[...help, "", ...always, ...where, "", exitCodes].map(indent),
  ];
}

function indent(line: string): string {
  return line === "" ? "" : `  ${line}`;
}

function print(lines: readonly string[], exitCode = 0): number {
  console.log(lines.join("\n"));
  return exitCode;
}

function explain(error: unknown): string {
  if (!(error instanceof HubError)) return lineOf(error);
  const details = Object.entries(error.details).map(([name, value]) => `${name}: ${String(value)}`);
  return `${error.code}: ${lineOf(error)}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
