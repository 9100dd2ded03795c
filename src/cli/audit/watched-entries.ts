import { type LogEntry, parseEntry, tagOf } from "../../proof/log/log-entry.ts";
import { jsonOf, type Language, printable } from "../program.ts";

/** Whose entries somebody watches; `all`: those about keys and closed days too. A key's compromise concerns everybody. */
export type Watched = Readonly<{ issuers: readonly string[]; holders: readonly string[]; all: boolean }>;

/** Tells of entries that are watched, and counts. */
export function makeWatch({
  issuers,
  holders,
  all,
  json,
  language,
}: Watched & Readonly<{ json: boolean; language: Language }>) {
  const counts = { read: 0, printed: 0, unknown: 0 };
  const met = new Set<string>();
  const watchedIn = (entry: LogEntry): Readonly<Record<string, string>> | undefined => {
    if (entry.kind !== "LICENSE" && entry.kind !== "STATE") return all || isLeak(entry) ? {} : undefined;
    const issuer = issuers.find((code) => tagOf(entry.salt, "issuer", code) === entry.issuer);
    const holder = holders.find((code) => tagOf(entry.salt, "holder", code) === entry.holder);
    if (issuer === undefined && holder === undefined) return undefined;
    for (const code of [issuer, holder]) if (code !== undefined) met.add(code);
    return { ...(issuer !== undefined && { issuer }), ...(holder !== undefined && { holder }) };
  };
  return {
    /** How many entries were read, how many of them printed, and how many were of a kind unknown here. */
    counts: () => counts,
    /** Codes no entry was of: a mistyped one would be watched for ever without a word. */
    unmet: () => [...issuers, ...holders].filter((code) => !met.has(code)),
    /** What to print of an entry: nothing, or a line. */
    lines: (index: number, bytes: Uint8Array): readonly string[] => {
      const entry = parseEntry(bytes);
      counts.read += 1;
      if (!entry) {
        counts.unknown += 1;
        return [];
      }
      const whose = watchedIn(entry);
      if (!whose) return [];
      counts.printed += 1;
      if (json) return [jsonOf({ index, watched: whose, entry })];
      const named = Object.entries(whose).map(([role, code]) => `${role} ${code}`);
      return [printable(`${index}  ${entry.kind.padEnd(10)}  ${[...named, factsOf(entry, language)].join("  ")}`)];
    },
  };
}

function factsOf(entry: LogEntry, language: Language): string {
  const is = words[language];
  if (entry.kind === "LICENSE") return `${is.license} ${entry.digest}`;
  if (entry.kind === "STATE") return `${is.state} ${entry.event}`;
  if (entry.kind === "RECORD_KEY") return `${entry.event}  ${entry.client}  ${entry.kid}`;
  if (entry.kind === "ACCESS_DAY") return `${entry.day}  ${entry.count} ${is.records}  ${entry.root}`;
  const instants = (["from", "until", "compromised"] as const).flatMap((name) => {
    const seconds = entry[name];
    return seconds === undefined ? [] : `${is[name]} ${new Date(seconds * 1000).toISOString()}`;
  });
  return `${entry.event}  ${entry.purpose}  ${entry.kid}  ${instants.join("  ")}`;
}

/** After it the hub signs licenses again: whoever watches those must see why. */
function isLeak(entry: LogEntry): boolean {
  return entry.kind === "KEY" && entry.event === "COMPROMISED";
}

const words = {
  en: {
    license: "license with payload digest",
    state: "change of state, event",
    records: "access records",
    from: "in use from",
    until: "to",
    compromised: "compromised since",
  },
  zh: {
    license: "证照载荷摘要",
    state: "状态变更事件",
    records: "条留痕",
    from: "启用",
    until: "停用",
    compromised: "泄露",
  },
} as const;
