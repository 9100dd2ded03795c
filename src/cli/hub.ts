import { parseArgs } from "node:util";
import { ConfigError } from "../config.ts";
import { HubError } from "../errors.ts";
import { clientCommands } from "./hub/client-commands.ts";
import { type Command, lineOf, UsageError } from "./hub/command.ts";
import { grantCommands } from "./hub/grant-commands.ts";
import { sourceCommands } from "./hub/source-commands.ts";
import { printable } from "./hub/table.ts";

/** Everything that can be typed: a noun, then what to do with it. A new noun is a file in hub/ and a line here. */
const nouns: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
  client: clientCommands,
  grant: grantCommands,
  source: sourceCommands,
};

const everywhere = [
  "--json           print JSON instead of a table",
  "--help           print this",
  "",
  "Works on the hub's database: the server in DATABASE_URL, beside running hubs, or the embedded one in DATA_DIR while no",
  "hub runs on it. Whatever is changed is recorded under your user name.",
  "",
  "Exit code: 0 done, 1 refused or failed, 2 wrong call.",
];

async function main(args: readonly string[]): Promise<number> {
  try {
    const [noun = "", verb = "", ...rest] = args;
    if (noun === "" || noun === "--help") return print(overview());
    const commands = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined;
    if (!commands) throw new UsageError(`hub has no ${noun}: it has ${Object.keys(nouns).join(", ")} (see hub --help)`);
    if (verb === "" || verb === "--help") return print(overview(noun));
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
  // Only now: help and wrong calls need none of what a database needs.
  const { withSession } = await import("./hub/session.ts");
  const { value, lines } = await withSession((session) => command.run(session, positionals, values));
  return print(values["json"] ? [JSON.stringify(value, null, 2)] : lines);
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

function overview(only?: string): readonly string[] {
  const shown = Object.entries(nouns).filter(([noun]) => only === undefined || noun === only);
  const rows = shown.flatMap(([noun, commands]) =>
    Object.entries(commands).map(
      ([verb, { words, about }]) => [`hub ${noun} ${verb} ${words}`.trimEnd(), about] as const,
    ),
  );
  const width = Math.max(...rows.map(([call]) => call.length));
  const lines = rows.map(([call, about]) => `  ${call.padEnd(width)}  ${about}`);
  return ["Administers a hub's clients, their grants, and the sources it pulls from.", "", ...lines, "", ...everywhere];
}

function helpOf(name: string, { words, about, help }: Command): readonly string[] {
  return [
    about,
    "",
    `Usage: ${`${name} ${words}`.trimEnd()} [options]`,
    "",
    ...[...help, "", ...everywhere].map(indent),
  ];
}

function indent(line: string): string {
  return line === "" ? "" : `  ${line}`;
}

function print(lines: readonly string[]): number {
  console.log(lines.join("\n"));
  return 0;
}

function explain(error: unknown): string {
  if (!(error instanceof HubError)) return lineOf(error);
  const details = Object.entries(error.details).map(([name, value]) => `${name}: ${String(value)}`);
  return `${error.code}: ${lineOf(error)}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
