import { openSource } from "../connectors/sources/open-source.ts";
import type { Caller } from "../domain/access/caller.ts";
import { leaseMs } from "../domain/sources/source-run.ts";
import type { Limits } from "../limits.ts";
import { clientStore } from "../store/access/client-store.ts";
import type { Database } from "../store/database.ts";
import { sourceStore } from "../store/sources/source-store.ts";
import { permitOperator } from "../use-cases/access/clients/permit-operator.ts";
import type { SubmissionInput, SubmissionOutcome } from "../use-cases/licenses/submit-licenses.ts";
import { addSource } from "../use-cases/sources/add-source.ts";
import { askPull } from "../use-cases/sources/ask-pull.ts";
import { pullSource } from "../use-cases/sources/pull-source.ts";
import { type RunQuery, readSourceRuns } from "../use-cases/sources/read-source-runs.ts";
import { readSources, type SourceQuery } from "../use-cases/sources/read-sources.ts";
import { removeSource } from "../use-cases/sources/remove-source.ts";
import { resumeSource } from "../use-cases/sources/resume-source.ts";
import { suspendSource } from "../use-cases/sources/suspend-source.ts";
import type { PermitOperator } from "./access-verbs.ts";
import type { AlsoInTransaction } from "./collecting-verbs.ts";

/** What the verbs about sources are made of. */
export type SourceParts = Readonly<{
  database: Database;
  now: () => Date;
  newId: () => string;
  chance: () => number;
  limits: Limits;
  sourceSecrets: string | undefined;
  submit: (caller: Caller, input: SubmissionInput, also: AlsoInTransaction) => Promise<SubmissionOutcome>;
}>;

/** Who administers sources. The command line brings its own `permit`, as with clients. */
export type SourceOperatorVerbs = ReturnType<typeof sourceOperatorVerbs>;

/** The verbs operators have for sources, wired to their tools. */
export function sourceOperatorVerbs({ database, now }: Pick<SourceParts, "database" | "now">, permit: PermitOperator) {
  const sql = database.sql();
  const decide = {
    ...{ now, permit },
    transaction: <T>(
      run: (inside: { sources: ReturnType<typeof sourceStore>; clients: ReturnType<typeof clientStore> }) => Promise<T>,
    ) => database.transaction((db) => run({ sources: sourceStore(db), clients: clientStore(db) })),
  };
  const look = { permit, sources: sourceStore(sql) };
  return {
    addSource: (caller: Caller, input: unknown) => addSource(decide, caller, input),
    suspendSource: (caller: Caller, id: string) => suspendSource(decide, caller, id),
    resumeSource: (caller: Caller, id: string) => resumeSource(decide, caller, id),
    removeSource: (caller: Caller, id: string) => removeSource(decide, caller, id),
    /** Makes a source due: a running copy of the hub pulls it within seconds. */
    askPull: (caller: Caller, id: string) => askPull(decide, caller, id),
    readSources: (caller: Caller, query: SourceQuery) => readSources(look, caller, query),
    readSourceRuns: (caller: Caller, query: RunQuery) => readSourceRuns(look, caller, query),
  };
}

/** Every verb about sources, wired to its tools. */
export function sourceVerbs({ database, now, newId, chance, limits, sourceSecrets, submit }: SourceParts) {
  const { find: findClient } = clientStore(database.sql());
  const callLimits = { maxMs: limits.maxSourceCallMs, maxBytes: limits.maxSourceBytes };
  const call = { secrets: sourceSecrets, limits: callLimits, now, newId };
  return {
    ...sourceOperatorVerbs({ database, now }, (caller) => permitOperator({ findClient }, caller)),
    /** A round: pulls the source that is due, if one is, and answers whether it did. Any copy may do it at any time. */
    pullDueSource: (signal: AbortSignal) =>
      pullSource(
        {
          ...{ now, newId, chance, leaseMs: leaseMs(limits) },
          transaction: (run) => database.transaction((db) => run(sourceStore(db))),
          open: (source, stop) => openSource(call, source, stop),
          submit: (caller, batch, also) => submit(caller, batch, (db, outcome) => also(sourceStore(db), outcome)),
        },
        signal,
      ),
  };
}
