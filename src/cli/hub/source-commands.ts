import { readFile } from "node:fs/promises";
import { circuitOf, runEnds } from "../../domain/sources/source-run.ts";
import { HubError } from "../../errors.ts";
import type { StoredComparison, StoredRun, StoredSource } from "../../store/sources/source-store.ts";
import { allPages } from "./client-commands.ts";
import { type Command, lineOf, type Output, requiredText, UsageError } from "./command.ts";
import { factsOf, tableOf } from "./table.ts";

/** `hub source …` */
export const sourceCommands: Readonly<Record<string, Command>> = {
  add: {
    words: "ID",
    about: "Adds a source that the hub pulls a department's licenses from. It is pulled at once.",
    options: { from: { type: "string" } },
    help: [
      "ID               3 to 60 lower-case letters, digits and hyphens",
      "--from FILE      JSON: name, client, place, mapping, everySeconds, pageSize, reconcile (docs/pulling.md says of each what it is)",
      "                 A secret is named, never written: its value is in the file SOURCE_SECRETS of the hub.",
      "",
      "hub source add transport-view --from transport-view.json",
    ],
    run: async ({ sources, caller }, [id = ""], values) => {
      const described = await readDescription(requiredText(values, "from"));
      return one(await sources.addSource(caller, { ...described, id }));
    },
  },

  list: {
    words: "",
    about: "Lists sources by id: how far each has come, and since when it fails.",
    options: {},
    help: ["hub source list"],
    run: async ({ sources, caller }) => {
      const all = await allPages<StoredSource, string>(
        (after) => sources.readSources(caller, { first: 100, after }),
        ({ id }) => id,
      );
      const rows = all.map((source) => [
        ...[
          source.id,
          source.place.kind,
          stateOf(source),
          source.lastRun?.outcome ?? (source.lastRun ? "RUNNING" : "-"),
        ],
        ...[source.failingSince ?? "-", source.active ? source.dueAt.toISOString() : "-", source.name],
      ]);
      const headings = ["ID", "KIND", "STATE", "LAST PULL", "FAILING SINCE", "NEXT TRY", "NAME"];
      return { value: all.map(withCircuit), lines: tableOf(headings, rows) };
    },
  },

  show: {
    words: "ID",
    about: "Shows a source and its last pull.",
    options: {},
    help: ["hub source show transport-view"],
    run: async ({ sources, caller }, [id = ""]) => {
      const { rows } = await sources.readSources(caller, { id });
      if (!rows[0]) throw new HubError("SOURCE_NOT_FOUND");
      return one(rows[0]);
    },
  },

  runs: {
    words: "ID",
    about: "Lists the last 100 pulls of a source, newest first; of one that was removed, too.",
    options: {},
    help: ["hub source runs transport-view"],
    run: async ({ sources, caller }, [id = ""]) => {
      const { rows } = await sources.readSourceRuns(caller, { source: id, first: 100, after: undefined });
      const headings = ["BEGAN", "SECONDS", "END", "FETCHED", "ACCEPTED", "UNCHANGED", "REJECTED", "PENDING", "DETAIL"];
      const lines = rows.map((run) => [
        ...[run.started_at, secondsOf(run), run.outcome ?? "RUNNING", String(run.fetched), String(run.accepted)],
        ...[String(run.unchanged), String(run.rejected), String(run.pending), run.detail ?? "-"],
      ]);
      return { value: rows, lines: tableOf(headings, lines) };
    },
  },

  pull: {
    words: "ID",
    about: "Pulls a source now: a running hub takes it up within seconds; without one, the next that starts.",
    options: {},
    help: ["hub source pull transport-view", "hub source runs transport-view"],
    run: async ({ sources, caller }, [id = ""]) => one(await sources.askPull(caller, id)),
  },

  suspend: {
    words: "ID",
    about: "Suspends a source. A pull under way stores nothing more; what is stored stays, and so does the cursor.",
    options: {},
    help: ["hub source suspend transport-view"],
    run: async ({ sources, caller }, [id = ""]) => one(await sources.suspendSource(caller, id)),
  },

  resume: {
    words: "ID",
    about: "Pulls a suspended source again, from where it was.",
    options: {},
    help: ["hub source resume transport-view"],
    run: async ({ sources, caller }, [id = ""]) => one(await sources.resumeSource(caller, id)),
  },

  remove: {
    words: "ID",
    about: "Removes a source and its cursor. Licenses and the list of its pulls stay.",
    options: {},
    help: ["hub source remove transport-view"],
    run: async ({ sources, caller }, [id = ""]) => {
      const removed = await sources.removeSource(caller, id);
      return { value: removed, lines: [`${id} is removed.`] };
    },
  },
};

/** *Throws* UsageError when the file can not be read or holds no object. */
async function readDescription(file: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new UsageError(`${file} can not be read as JSON: ${lineOf(error)}`);
  }
  throw new UsageError(`${file} holds no JSON object`);
}

function one(source: StoredSource): Output {
  const { id, name, client, place, everySeconds, pageSize, cursor, failures, failingSince, lastRun } = source;
  const { reconcile, lastComparison } = source;
  const facts = {
    ...{ id, name, client, kind: place.kind, state: stateOf(source) },
    place: Object.entries(place)
      .filter(([fact]) => fact !== "kind")
      .map(([fact, value]) => `${fact}=${String(value)}`)
      .join(" "),
    ...{ every: `${everySeconds} s`, page: `${pageSize} records`, cursor: cursor ?? "-" },
    ...{ "failures in a row": String(failures), "failing since": failingSince ?? "-" },
    "next try": source.active ? source.dueAt.toISOString() : "-",
    ...(lastRun && {
      "last pull": `${lastRun.started_at}, ${secondsOf(lastRun)} s: ${lastRun.fetched} fetched, ${lastRun.accepted} accepted, ${lastRun.unchanged} unchanged, ${lastRun.rejected} rejected, ${lastRun.pending} pending`,
      "its end": lastRun.outcome ? `${lastRun.outcome}: ${runEnds[lastRun.outcome].en}` : "under way",
      ...(lastRun.detail && { where: lastRun.detail }),
    }),
    compared: reconcile
      ? `every ${reconcile.everySeconds} s, ${reconcile.days} days; next ${source.reconcileDueAt ?? "-"}`
      : "when somebody asks",
    ...(lastComparison && { "last comparison": `${lastComparison.beganAt}: ${comparisonOf(lastComparison)}` }),
  };
  return { value: withCircuit(source), lines: factsOf(facts) };
}

function comparisonOf({ outcome, detail, differing }: StoredComparison): string {
  if (outcome === "DONE") return `${differing ?? 0} records differ`;
  return outcome ? [outcome, detail].filter(Boolean).join(", ") : "under way";
}

function withCircuit(source: StoredSource): object {
  return { ...source, circuit: circuitOf(source.failures, source.dueAt, new Date()) };
}

function stateOf({ active, failures, dueAt }: StoredSource): string {
  if (!active) return "suspended";
  const circuit = circuitOf(failures, dueAt, new Date());
  return circuit === "CLOSED" ? "stands" : `circuit ${circuit.toLowerCase().replace("_", " ")}`;
}

function secondsOf({ started_at, ended_at }: StoredRun): string {
  if (ended_at === null) return "-";
  return ((Date.parse(ended_at) - Date.parse(started_at)) / 1_000).toFixed(1);
}
