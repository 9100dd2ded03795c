/** One limit: its standard value, what it counts, between what an operator may set it, and why it is what it is. */
type LimitRow = Readonly<{ value: number; unit: string; least: number; most: number; reason: string }>;

/**
 * What outsiders may ask for at most: one row a limit, each with its reason. `LIMITS` overrides values, one process at
 * a time; a refusal names the limit it broke.
 */
export const limitRows = {
  maxTokens: {
    ...{ value: 2_000, unit: "tokens of a query", least: 500, most: 20_000 },
    reason: "GraphiQL's introspection query has about 300, the longest sample operation 250",
  },
  maxQueryCharacters: {
    ...{ value: 32_768, unit: "characters of a query", least: 4_096, most: 262_144 },
    reason: "2,000 tokens have room in it; what is longer is neither hashed nor parsed",
  },
  maxDepth: {
    ...{ value: 12, unit: "nested fields", least: 4, most: 50 },
    reason: "enterprises, edges, node, licenses, edges, node, predecessor, type, name are nine",
  },
  maxAliases: {
    ...{ value: 60, unit: "aliases, a fragment's at every spread", least: 1, most: 1_000 },
    reason: "a page that shows one field sixty times is a loop",
  },
  maxRootFields: {
    ...{ value: 60, unit: "fields at the top of an operation", least: 1, most: 1_000 },
    reason: "each is a use case with its own permission check and statements",
  },
  maxFieldsPerSet: {
    ...{ value: 200, unit: "fields side by side", least: 50, most: 1_000 },
    reason: "the widest type has about 30, and validation compares them in pairs",
  },
  maxCost: {
    ...{ value: 30_000, unit: "fields the answer could hold, by page sizes", least: 1_000, most: 1_000_000 },
    reason: "50 enterprises with 20 licenses of 15 fields are 16,000; 100 with 100 of 15 are 150,000",
  },
  maxIntrospectionCost: {
    ...{ value: 250_000, unit: "fields an introspection could answer", least: 1, most: 10_000_000 },
    reason: "one standard introspection query is about 140,000",
  },
  maxIntrospectionLists: {
    ...{ value: 2, unit: "lists of types inside each other", least: 2, most: 5 },
    reason: "types and their fields are two; each more multiplies the answer by the schema",
  },
  maxPageSize: {
    ...{ value: 100, unit: "items of a page", least: 20, most: 1_000 },
    reason: "a page is one statement and one answer; cursors lead on",
  },
  maxListArgument: {
    ...{ value: 100, unit: "items of a list argument", least: 10, most: 1_000 },
    reason: "one statement, one round trip",
  },
  maxRepresentations: {
    ...{ value: 100, unit: "entities a gateway asks for", least: 10, most: 1_000 },
    reason: "as many as one page holds",
  },
  maxArgumentDepth: {
    ...{ value: 20, unit: "levels inside an argument", least: 5, most: 100 },
    reason: "ours have five, and they are walked by recursion",
  },
  maxDirectives: {
    ...{ value: 20, unit: "directives of a query", least: 1, most: 200 },
    reason: "an ordinary query has none, or a few @include",
  },
  maxNameLength: {
    ...{ value: 128, unit: "characters of a name, number or enum value", least: 64, most: 1_024 },
    reason: "an error repeats names back to whoever sent them",
  },
  maxOperations: {
    ...{ value: 1, unit: "operations of a query", least: 1, most: 10 },
    reason: "only one runs, the others are only work",
  },
  maxBodyBytes: {
    ...{ value: 8_388_608, unit: "bytes of a body with a token", least: 65_536, most: 67_108_864 },
    reason: "1,000 records of a submission with room to spare",
  },
  maxAnonymousBodyBytes: {
    ...{ value: 196_608, unit: "bytes of a body without a token", least: 65_536, most: 8_388_608 },
    reason: "a query, its variables and a license to verify",
  },
  maxBodyDepth: {
    ...{ value: 64, unit: "levels of a JSON body", least: 16, most: 512 },
    reason: "a record's attributes lie six deep, and what reads JSON walks it by recursion",
  },
  maxBodyValues: {
    ...{
      value: 60_000,
      unit: "commas and brackets of a JSON body, outside of strings",
      least: 10_000,
      most: 5_000_000,
    },
    reason:
      "1,000 records have about 30,000; each is a thing to make, and a key nobody used before takes a microsecond",
  },
  maxHeaderMs: {
    ...{ value: 10_000, unit: "milliseconds for a request's head", least: 1_000, most: 60_000 },
    reason: "a head is one packet or two; whoever sends it byte by byte holds a connection for nothing",
  },
  maxBodyIdleMs: {
    ...{ value: 5_000, unit: "milliseconds between two pieces of a body", least: 500, most: 60_000 },
    reason: "the slowest line in use sends something every second",
  },
  maxBodyMs: {
    ...{ value: 30_000, unit: "milliseconds for a whole request to come in", least: 1_000, most: 600_000 },
    reason: "8 MiB at 2.5 Mbit/s",
  },
  maxStreams: {
    ...{ value: 4, unit: "streams of records a client may have open on one copy of the hub", least: 1, most: 100 },
    reason:
      "a department's records are decided one after another, so more of them only wait; each holds some megabytes",
  },
  maxStreamIdleMs: {
    ...{ value: 60_000, unit: "milliseconds a stream of records may stand still", least: 1_000, most: 600_000 },
    reason: "a source that reads its own database pauses now and then; what stands longer is dead",
  },
  maxRequestMs: {
    ...{ value: 10_000, unit: "milliseconds of work for a request", least: 100, most: 300_000 },
    reason: "the largest submission takes about one second; who waits longer has gone, and its statements go too",
  },
  maxPointsPerMinute: {
    ...{ value: 60_000, unit: "points a client may spend in a minute", least: 1, most: 100_000_000 },
    reason: "1,000 requests a second: more than all counters of a city, less than what one core answers",
  },
  maxStrangerPointsPerMinute: {
    ...{ value: 600, unit: "points an address may spend in a minute without a token", least: 1, most: 100_000_000 },
    reason: "a person with the catalogue open needs one a second, an office behind one address ten",
  },
  bytesPerPoint: {
    ...{ value: 16_384, unit: "bytes of a body that cost one point more", least: 1_024, most: 8_388_608 },
    reason: "reading 16 KiB of JSON made to be slow is about the work of a query",
  },
  recordsPerPoint: {
    ...{ value: 10, unit: "submitted records that cost one point more", least: 1, most: 1_000 },
    reason: "checking, signing and storing ten records is about the work of a query",
  },
  maxMissesPerHour: {
    ...{ value: 300, unit: "identifiers in an hour that do not exist or are not granted", least: 1, most: 1_000_000 },
    reason: "a mistyped number now and then is work, a list of them is enumeration",
  },
  maxOpenCorrections: {
    ...{ value: 200, unit: "corrections a reader may have waiting", least: 1, most: 100_000 },
    reason: "a clerk finds a few a day; hundreds are a quarrel of two systems, which reconciliation settles",
  },
  maxSourceCallMs: {
    ...{ value: 20_000, unit: "milliseconds a source may take for a page", least: 100, most: 30_000 },
    reason: "three tries fit into the time for which a copy of the hub holds a source",
  },
  maxSourceBytes: {
    ...{ value: 33_554_432, unit: "bytes a source may send for a page", least: 65_536, most: 268_435_456 },
    reason: "200 records of 64 KiB, and what stands around them",
  },
  maxSourceSilenceMs: {
    ...{
      value: 120_000,
      unit: "milliseconds a copy of the hub may be silent before another takes its source over",
      least: 1_000,
      most: 600_000,
    },
    reason: "never less than three tries of a page and two seconds; longer, and a source waits for a copy that died",
  },
  maxWebhookMs: {
    ...{ value: 8_000, unit: "milliseconds a webhook may take for a notice", least: 100, most: 30_000 },
    reason: "it has to put a notice into a queue of its own; what it does with it comes later",
  },
  maxErrors: {
    ...{ value: 5, unit: "errors told of one query", least: 1, most: 100 },
    reason: "whoever mends five mistakes asks again",
  },
  maxMessageLength: {
    ...{ value: 500, unit: "characters of an error message", least: 200, most: 10_000 },
    reason: "an error about a query quotes what it was sent",
  },
} as const satisfies Record<string, LimitRow>;

/** Name of a limit, as it stands in `LIMITS` and in the details of a refusal. */
export type LimitName = keyof typeof limitRows;

/** The limits in force in one process. */
export type Limits = Readonly<Record<LimitName, number>>;

/** Every limit at its standard value. */
export const standardLimits: Limits = applyLimits({});

/**
 * The standard limits with some of them set otherwise. *Trust*: an operator's JSON.
 * *Throws* an Error whose message says in a few words which limit is wrong and what is expected.
 */
export function applyLimits(overrides: Readonly<Record<string, unknown>>): Limits {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(limitRows, name));
  if (unknown !== undefined) throw new Error(`${JSON.stringify(unknown.slice(0, 40))} is no limit`);
  const pick = (name: LimitName): number => {
    const { value, least, most } = limitRows[name];
    const found = Object.hasOwn(overrides, name) ? overrides[name] : value;
    if (typeof found === "number" && Number.isInteger(found) && found >= least && found <= most) return found;
    const shown = JSON.stringify(found)?.slice(0, 40);
    throw new Error(`${name} is ${shown}; expected a whole number from ${least} to ${most}`);
  };
  const names = Object.keys(limitRows) as LimitName[]; // the keys of a constant are its names
  return Object.fromEntries(names.map((name) => [name, pick(name)])) as Limits; // one value a name
}
