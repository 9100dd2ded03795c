import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** Path below src/ → its text without comments. */
export type House = ReadonlyMap<string, string>;
type Import = Readonly<{ from: string; to: string; typeOnly: boolean }>;
/** Answers with one line per culprit: which file, what it does, why not. */
export type Rule = (house: House) => readonly string[];

const floors: readonly (readonly [RegExp, number, string])[] = [
  [/^(main|gateway|welcome|rounds)\.ts$|^cli\//, 6, "doors"],
  [/^edge\//, 5, "edge"],
  [/^(hub|open-hub)\.ts$|^hub\//, 4, "hub.ts"],
  [/^use-cases\//, 3, "use-cases"],
  [/^store\//, 2, "store"],
  [/^connectors\//, 2, "connectors"],
  [/^proof\//, 1, "proof"],
  [/^domain\//, 0, "domain"],
  [/^(((access|outage|request)-)?errors|config|limits)\.ts$|^config\//, -1, "ground"],
];

/** The first line that fits a package says which files may name it; a package that fits no line has no room yet. */
const packages: readonly (readonly [RegExp, RegExp])[] = [
  [/^(@mikro-orm\/.+|@electric-sql\/.+|kysely)$/, /^store\//],
  [/^pg$/, /^(store|connectors)\//],
  [/^(mysql2|cockatiel|pg-protocol(\/.+)?)$/, /^connectors\//],
  [/^csv-parse$/, /^(store|cli)\//],
  [/^(saxes|yauzl)$/, /^cli\/submit\/xlsx\//],
  [/^(jose|canonicalize|@sd-jwt\/.+|@noble\/.+|@peculiar\/x509)$/, /^proof\//],
  [/^(pkcs11js|standardwebhooks|openid-client)$/, /^connectors\//],
  [/^(qr|vite)(\/.+)?$|^virtual:/, /^edge\/web\//],
  [/^(type-graphql|graphql(-scalars)?|@graphql-tools\/.+|@apollo\/.+|@as-integrations\/.+|dataloader)$/, /^edge\//],
  [/^(fastify|@fastify\/.+|graphiql|react(-dom)?)$/, /^edge\//],
  // The certificates' package asks for it as well; nothing else in proof/ does.
  [/^reflect-metadata$/, /^edge\/|^proof\/signing\/certificate-chain\.ts$/],
  [/^oidc-provider$/, /^edge\/oauth\//],
  [/^(ajv(-formats)?|chinese-days)$/, /^domain\//],
  [/^@graphql-hive\/.+$/, /^gateway\.ts$/],
  [/^@theguild\/federation-composition$/, /^(edge|cli)\/|^gateway\.ts$/],
  [/^pino$/, /^(edge|cli)\/|^(main|gateway|rounds)\.ts$/],
  [/^cli-progress$/, /^cli\/|^(main|gateway)\.ts$/],
  [/^node:process$/, /^cli\/|^(config|main|gateway)\.ts$/],
  [/^node:(assert|buffer|crypto|string_decoder|url|util|zlib)$/, /^/],
  [/^node:/, /^(?!(domain|proof|use-cases)\/|errors\.ts$)/],
];
const unfitForAuditors =
  /^(@mikro-orm|@electric-sql|kysely$|pg$|mysql2$|cockatiel$|type-graphql|graphql|@graphql|@apollo|fastify|@fastify|reflect-)/;

/** All that the two programs about the log may reach, but for what fsck loads when it is told of a database. */
const fitForLogAuditors =
  /^(domain|proof)\/|^((access|outage|request)-)?errors\.ts$|^use-cases\/log\/(check|follow)-log\.ts$|^connectors\/(log-reader|bounded-body)\.ts$|^(config|limits)\.ts$|^config\/|^cli\/((fsck|monitor|program|key-set|license-files|usage-error|language)\.ts|needs-node\.js)$|^cli\/audit\/(?!database-door)/;
/** The one thing fsck loads later, when it is told of a database. */
const laterOfFsck = "cli/fsck.ts cli/audit/database-door.ts";

/** Words that only some rooms may say. */
const words: readonly (readonly [RegExp, RegExp, string])[] = [
  [/\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\[/, /^config\.ts$/, "the environment is read in config.ts only"],
  [
    /(?<![.\w])fetch\s*\(|\bglobalThis\.fetch\b/,
    /^connectors\/|^gateway\.ts$|^edge\/web\/verify\/(trusted-keys|status-lists|service-worker)\.ts$/,
    "other systems are called from connectors/ only",
  ],
  [
    /\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^\s)])|(?<![.\w])Date\(\)|\bMath\.random\b|\b(randomUUID|randomBytes|randomInt|getRandomValues)\b/,
    /^(main|gateway|hub)\.ts$|^(hub|cli)\/|^edge\/web\/verify\/main\.ts$/,
    "clock and randomness come in as parameters, from a door or the tools in hub.ts",
  ],
  [/\b(import|require)\s*\(\s*(?!["'\s])/, /^$/, "an import names its file, so that it can be checked"],
];
const unerasable =
  /^\s*@[A-Za-z]\w*|\benum\s+\w+\s*\{|\bconstructor\s*\((?:[^)]*,)?\s*(private|public|protected|readonly)\s/m;

/** Where the program of the verify page begins. */
const pageDoor = "edge/web/verify/main.ts";

const maxLines = 300;
const maxFiles = 12;
/** Files that may be longer for now. This list only shrinks: a file that has become short must leave it. */
const longFiles: readonly string[] = [];

/** What keeps the house of architecture.md standing, by name. */
export const rules: Readonly<Record<string, Rule>> = {
  "imports go down": (house) =>
    [...importsOf(house)].flatMap(({ from, to }) => {
      const reason = isRelative(to) ? whyNot(from, resolveIn(from, to), house) : undefined;
      return reason ? [`${from} imports ${to}: ${reason}`] : [];
    }),
  "every file stands on a floor": (house) =>
    [...house.keys()].filter((file) => !floorOf(file)).map((file) => `${file} stands on no floor`),
  "no cycles": (house) => {
    // Type-only imports are erased: they count for the direction above, not here.
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): readonly string[] => {
      if (path.includes(file)) return [`${[...path.slice(path.indexOf(file)), file].join(" → ")} is a cycle`];
      if (done.has(file)) return [];
      const found = valueImports(house, file).flatMap((next) => walk(next, [...path, file]));
      done.add(file);
      return found;
    };
    return [...house.keys()].flatMap((file) => walk(file, []));
  },
  "packages stay in their room": (house) =>
    [...importsOf(house)].flatMap(({ from, to }) => {
      if (isRelative(to)) return [];
      const room = packages.find(([name]) => name.test(to) || name.test(packageOf(to)))?.[1];
      if (room?.test(from)) return [];
      return [
        `${from} imports ${to}: ${room ? `its room is ${room.source}` : "it has no room in boundaries.test.ts yet"}`,
      ];
    }),
  "words stay in their room": (house) =>
    [...house].flatMap(([file, text]) =>
      words.flatMap(([word, room, reason]) => {
        const said = room.test(file) ? undefined : word.exec(text)?.[0];
        return said ? [`${file} says ${said}: ${reason}`] : [];
      }),
    ),
  "auditors need no server": (house) =>
    [...reach(house, "cli/verify.ts")].flatMap((file) =>
      importsIn(file, house.get(file) ?? "")
        .filter(({ to, typeOnly }) => !typeOnly && unfitForAuditors.test(to))
        .map(({ to }) => `${file} imports ${to}, and cli/verify.ts reaches it`),
    ),
  "who audits a log needs little": (house) =>
    [...reachOfLogAuditors(house)].flatMap((file) =>
      importsIn(file, house.get(file) ?? "").flatMap(({ to, typeOnly }) => {
        const target = isRelative(to) ? resolveIn(file, to) : to;
        if (typeOnly || (isRelative(to) ? fitForLogAuditors.test(target) : !unfitForAuditors.test(to))) return [];
        if (`${file} ${target}` === laterOfFsck && !isImportedAtStart(house.get(file) ?? "", to)) return [];
        return [
          `${file} imports ${target}: fsck and monitor need domain, proof, errors, their use case and the log's reader`,
        ];
      }),
    ),
  "what a page runs needs no Node": (house) =>
    [...reach(house, "use-cases/licenses/verify-license.ts"), ...reach(house, pageDoor)].flatMap((file) => {
      const modules = importsIn(file, house.get(file) ?? "").filter(
        ({ to, typeOnly }) => !typeOnly && /^node:/.test(to),
      );
      const said = [
        ...modules.map(({ to }) => to),
        ...(/(?<!\("node:buffer"\)\.)\bBuffer\b/.exec(house.get(file) ?? "") ?? []),
      ];
      return said.map((word) => `${file} needs ${word}, and a page that verifies reaches it`);
    }),
  "what auditors run is erasable": (house) =>
    [...house].flatMap(([file, text]) => {
      const isRun = [reach(house, "cli/verify.ts"), reachOfLogAuditors(house)].some((files) => files.has(file));
      const run = isRun || /^(domain|proof)\/|^errors\.ts$/.test(file);
      const said = run ? unerasable.exec(text)?.[0].trim() : undefined;
      return said
        ? [`${file} says ${said}: no decorators, enums or parameter properties where auditors run the source`]
        : [];
    }),
  "files are short": (house) =>
    [...house].flatMap(([file, text]) => {
      const lines = text.trimEnd().split("\n").length;
      if (longFiles.includes(file)) return lines > maxLines ? [] : [`${file} is short now: take it off the list`];
      return lines > maxLines && !/\.generated\.ts$/.test(file)
        ? [`${file} has ${lines} lines; at most ${maxLines}: split it by meaning`]
        : [];
    }),
  "names say what is inside": (house) =>
    [...house.keys()]
      .filter((file) => /(^|\/)(index|utils?|common|helpers?)(\.|\/|$)/.test(file))
      .map((file) => `${file}: no index barrels, utils, common or helpers`),
  "folders are small": (house) =>
    Object.entries(Object.groupBy(house.keys(), (file) => dirname(file)))
      .filter(([, files]) => (files?.length ?? 0) > maxFiles)
      .map(([folder, files]) => `${folder} holds ${files?.length} files; at most ${maxFiles}: split it by noun`),
};

function floorOf(file: string): (typeof floors)[number] | undefined {
  return floors.find(([files]) => files.test(file));
}

function whyNot(from: string, to: string, house: House): string | undefined {
  if (to.startsWith("../")) {
    const allowed = to.endsWith(".json") || (from.startsWith("store/") && to.startsWith("../migrations/"));
    return allowed ? undefined : "only store/ reaches out of src, to migrations/";
  }
  if (!house.has(to)) return "there is no such file";
  const [above, below] = [floorOf(from), floorOf(to)];
  if (!above || !below) return undefined; // "every file stands on a floor" says it
  const [, floor, room] = above;
  const [, floorBelow, roomBelow] = below;
  if (to === "config.ts" && floor >= 0 && floor <= 1) return "configuration comes in as a parameter";
  if (floorBelow > floor) return `${roomBelow} (floor ${floorBelow}) lies above ${room} (floor ${floor})`;
  if (floorBelow === floor && room !== roomBelow) return `${room} and ${roomBelow} stand side by side`;
  if (room === "use-cases" && roomBelow === room) return "use cases never import each other";
  return undefined;
}

function importsIn(from: string, text: string): readonly Import[] {
  const statements = /\b(?:import|export)\s+(type\s+(?!from\b))?(?:[^"';]*?[\s}*]from\s*)?(["'])(.+?)\2/g;
  const calls = /\b(?:import|require(?:\.resolve)?)\s*\(\s*(["'])(.+?)\1/g;
  return [
    ...[...text.matchAll(statements)].map(([, type, , to = ""]) => ({ from, to, typeOnly: type !== undefined })),
    ...[...text.matchAll(calls)].map(([, , to = ""]) => ({ from, to, typeOnly: false })),
  ];
}

function importsOf(house: House): readonly Import[] {
  return [...house].flatMap(([file, text]) => importsIn(file, text));
}

function valueImports(house: House, file: string): readonly string[] {
  const relative = importsIn(file, house.get(file) ?? "").filter(({ to, typeOnly }) => !typeOnly && isRelative(to));
  return relative.map(({ to }) => resolveIn(file, to)).filter((to) => house.has(to));
}

function reach(house: House, start: string, seen = new Set<string>()): ReadonlySet<string> {
  if (!house.has(start) || seen.has(start)) return seen;
  seen.add(start);
  for (const next of valueImports(house, start)) reach(house, next, seen);
  return seen;
}

/** What fsck and monitor run, as far as it is theirs to run. */
function reachOfLogAuditors(house: House): ReadonlySet<string> {
  const fit = new Map([...house].filter(([file]) => fitForLogAuditors.test(file)));
  return reach(fit, "cli/monitor.ts", new Set(reach(fit, "cli/fsck.ts")));
}

/** Whether an import is more than one that is made when the program comes to it. */
function isImportedAtStart(text: string, to: string): boolean {
  const later = /\bimport\s*\(\s*(["']).+?\1\s*\)/g;
  return importsIn("", text.replaceAll(later, "")).some((one) => one.to === to);
}

function isRelative(to: string): boolean {
  return to.startsWith(".");
}

function resolveIn(from: string, to: string): string {
  return posix.join(posix.dirname(from), to);
}

function packageOf(to: string): string {
  return to
    .split("/")
    .slice(0, to.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Reads the sources below a folder. */
export function readHouse(folder: string): House {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(ts|js|vue)$/.test(file),
  );
  const texts = files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(folder, file), "utf8")]);
  return houseOf(Object.fromEntries(texts));
}

/** Takes the comments out; strings stay, and so do line numbers. */
export function houseOf(files: Readonly<Record<string, string>>): House {
  const tokens = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  const strip = (text: string) =>
    text.replace(tokens, (all: string, literal?: string) => literal ?? all.replace(/[^\n]/g, ""));
  return new Map(Object.entries(files).map(([file, text]) => [file, strip(text)]));
}
