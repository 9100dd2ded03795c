import { Arg, Args, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { SourceKind } from "../../../domain/sources/source.ts";
import { type CircuitState, circuitOf, type RunEnd } from "../../../domain/sources/source-run.ts";
import type { StoredRun, StoredSource } from "../../../store/sources/source-store.ts";
import type { Context } from "../../context.ts";
import {
  type Connection,
  codeShape,
  connectionOf,
  decodeCursor,
  decodeNumber,
  PageArgs,
  pageSize,
  toConnection,
} from "../connection.ts";
import { DateTimeScalar, JsonScalar } from "../scalars.ts";
import { ReconcileSchedule, ReconcileScheduleInput, SourceComparison } from "./source-comparison.graph.ts";
import { CircuitStateEnum, RunEndEnum, SourceKindEnum } from "./source-enums.ts";

@ObjectType({ description: "One pull of a source." })
export class SourceRun {
  @Field(() => ID, { description: "Number of the pull." })
  id: string;

  @Field(() => DateTimeScalar, { description: "When it began." })
  startedAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it ended; null: it is under way." })
  endedAt: string | null;

  @Field(() => RunEndEnum, { nullable: true, description: "How it ended; null: it is under way." })
  outcome: RunEnd | null;

  @Field(() => String, { nullable: true, description: "Where it failed, in the hub's words, never the source's." })
  detail: string | null;

  @Field(() => Int, { description: "Pages stored, each a submission." })
  pages: number;

  @Field(() => Int, { description: "Records fetched and decided." })
  fetched: number;

  @Field(() => Int, { description: "Records accepted." })
  accepted: number;

  @Field(() => Int, { description: "Records the hub already held." })
  unchanged: number;

  @Field(() => Int, { description: "Records refused." })
  rejected: number;

  @Field(() => Int, { description: "Events waiting for their license." })
  pending: number;

  @Field(() => String, { nullable: true, description: "Where it began; null: at the beginning." })
  cursorFrom: string | null;

  @Field(() => String, { nullable: true, description: "How far it has come." })
  cursorTo: string | null;
}

const SourceRunConnection = connectionOf("SourceRun", SourceRun);

@ObjectType({ description: "数据源: where the hub fetches a department's licenses." })
export class Source {
  @Field(() => ID, { description: "Its id." })
  id: string;

  @Field(() => String, { description: "Its name." })
  name: string;

  @Field(() => ID, { description: "Id of the client in whose name the records come." })
  client: string;

  @Field(() => SourceKindEnum, { description: "How it is asked." })
  kind: SourceKind;

  @Field(() => JsonScalar, { description: "Where it is. It holds names of secrets, no secrets." })
  place: unknown;

  @Field(() => JsonScalar, {
    description: "Which of their columns is which of our fields: `columns` and `constants`, as in a mapping file.",
  })
  mapping: unknown;

  @Field(() => Int, { description: "Seconds from the end of a pull to the next." })
  everySeconds: number;

  @Field(() => Int, { description: "Records of a page." })
  pageSize: number;

  @Field(() => Boolean, { description: "False: suspended." })
  active: boolean;

  @Field(() => DateTimeScalar, { description: "When it was added." })
  addedAt: string;

  @Field(() => String, { nullable: true, description: "Everything up to here is stored; null: nothing yet." })
  cursor: string | null;

  @Field(() => DateTimeScalar, { description: "When it is to be pulled next." })
  dueAt: string;

  @Field(() => Int, { description: "Pulls that failed in a row." })
  failures: number;

  @Field(() => DateTimeScalar, { nullable: true, description: "Since when it fails; null: it does not." })
  failingSince: string | null;

  @Field(() => CircuitStateEnum, { description: "Whether it is called at all." })
  circuit: CircuitState;

  @Field(() => SourceRun, { nullable: true, description: "Its last pull; null: there was none." })
  lastRun: SourceRun | null;

  @Field(() => ReconcileSchedule, { nullable: true, description: "When it is compared; null: when somebody asks." })
  reconcile: ReconcileSchedule | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it is to be compared next." })
  reconcileDueAt: string | null;

  @Field(() => SourceComparison, { nullable: true, description: "Its last comparison; null: there was none." })
  lastComparison: SourceComparison | null;
}

const SourceConnection = connectionOf("Source", Source);

@InputType({ description: "A new source; docs/pulling.md says of each field what it may be." })
export class AddSourceInput {
  @Field(() => ID, { description: "3 to 60 lower-case letters, digits and single hyphens between them." })
  id: string;

  @Field(() => String, { description: "Its name: 2 to 100 characters." })
  name: string;

  @Field(() => ID, { description: "Id of the department's client in whose name the records come." })
  client: string;

  @Field(() => JsonScalar, { description: "Where it is, by kind. Name secrets, never write them." })
  place: unknown;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "Which of their columns is which of our fields: `columns` and `constants`, as in a mapping file; not for GRAPHQL.",
  })
  mapping?: unknown;

  @Field(() => Int, { nullable: true, description: "Seconds from the end of a pull to the next: 300 unless said." })
  everySeconds?: number | null;

  @Field(() => Int, { nullable: true, description: "Records of a page: 200 unless said." })
  pageSize?: number | null;

  @Field(() => ReconcileScheduleInput, {
    nullable: true,
    description: "When it is compared; absent: when somebody asks.",
  })
  reconcile?: ReconcileScheduleInput | null;
}

const idOfSource = { description: "Id of the source." };

@Resolver(() => Source)
export class SourceResolver {
  @Query(() => SourceConnection, { description: "Sources, by id. For operators: needs scope hub:operate." })
  async sources(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<Connection<Source>> {
    const page = await hub.readSources(caller, { first: pageSize(first), after: decodeCursor(after, codeShape) });
    const sources = page.rows.map((source) => toSource(source, hub.now()));
    return toConnection(sources, page.hasNextPage, ({ id }) => id, after);
  }

  @Query(() => Source, {
    nullable: true,
    description: "One source; null: there is none of this id. For operators: needs scope hub:operate.",
  })
  async source(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<Source | null> {
    const { rows } = await hub.readSources(caller, { id });
    return rows[0] ? toSource(rows[0], hub.now()) : null;
  }

  @Query(() => SourceRunConnection, {
    description: "Pulls of a source, of a removed one too, newest first. For operators: needs scope hub:operate.",
  })
  async sourceRuns(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("source", () => ID, idOfSource) source: string,
  ): Promise<Connection<SourceRun>> {
    const position = decodeNumber(after);
    const query = { source, first: pageSize(first), after: position };
    const page = await hub.readSourceRuns(caller, query);
    return toConnection(page.rows.map(toRun), page.hasNextPage, (run) => run.id, after);
  }

  @Mutation(() => Source, {
    description: "Adds a source; it is pulled at once. For operators: needs scope hub:operate.",
  })
  async addSource(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => AddSourceInput, { description: "The source." }) input: AddSourceInput,
  ): Promise<Source> {
    const { reconcile, ...facts } = input;
    const given = { ...said(facts), ...(reconcile && { reconcile: said(reconcile) }) };
    return toSource(await hub.addSource(caller, given), hub.now());
  }

  @Mutation(() => Source, {
    description: "Makes a source due: a running hub pulls it within seconds. For operators: needs scope hub:operate.",
  })
  async pullSource(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<Source> {
    return toSource(await hub.askPull(caller, id), hub.now());
  }

  @Mutation(() => Source, {
    description:
      "Makes a comparison of a source with what the hub holds due: a running hub begins within a minute. For operators: needs scope hub:operate.",
  })
  async reconcileSource(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<Source> {
    return toSource(await hub.askReconciliation(caller, id), hub.now());
  }

  @Mutation(() => Source, {
    description: "Suspends a source: a pull under way stores nothing more. For operators: needs scope hub:operate.",
  })
  async suspendSource(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<Source> {
    return toSource(await hub.suspendSource(caller, id), hub.now());
  }

  @Mutation(() => Source, {
    description: "Pulls a suspended source again, from where it was. For operators: needs scope hub:operate.",
  })
  async resumeSource(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<Source> {
    return toSource(await hub.resumeSource(caller, id), hub.now());
  }

  @Mutation(() => ID, {
    description:
      "Removes a source and its cursor; licenses stay. Its id comes back. For operators: needs scope hub:operate.",
  })
  async removeSource(@Ctx() { hub, caller }: Context, @Arg("id", () => ID, idOfSource) id: string): Promise<string> {
    return (await hub.removeSource(caller, id)).id;
  }
}

function toSource(source: StoredSource, now: Date): Source {
  const { place, dueAt, failures, lastRun } = source;
  return {
    ...source,
    ...{ kind: place.kind, dueAt: dueAt.toISOString(), circuit: circuitOf(failures, dueAt, now) },
    ...{ lastRun: lastRun ? toRun(lastRun) : null, reconcile: source.reconcile ?? null },
    lastComparison: source.lastComparison ?? null,
  };
}

/** What was said: null is as good as absent. */
function said(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function toRun({ started_at, ended_at, cursor_from, cursor_to, ...run }: StoredRun): SourceRun {
  return {
    ...run,
    id: String(run.id),
    startedAt: started_at,
    endedAt: ended_at,
    cursorFrom: cursor_from,
    cursorTo: cursor_to,
  };
}
