import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { DayDifference as DifferenceFacts } from "../../../domain/reconciling/day-count.ts";
import { toInstant as storedInstant } from "../../../store/database.ts";
import type { StoredReconciliation } from "../../../store/reconciling/reconciling-store.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import { type Connection, connectionOf, decodeCursor, PageArgs, pageSize, toConnection } from "../connection.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";

@InputType({ description: "How many records of a license type the source last changed on a day, and their digest." })
export class DayCountInput {
  @Field(() => DateScalar, { description: "The day of `sourceUpdatedAt`, in Asia/Shanghai (UTC+8)." })
  day: string;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => Int, { description: "How many." })
  count: number;

  @Field(() => String, {
    description:
      "The sum, in decimal, of a number a record: the first 15 hexadecimal digits of the SHA-256 of `sourceRecordId|milliseconds`, milliseconds of `sourceUpdatedAt` since 1970 in UTC.",
  })
  digest: string;
}

@InputType({ description: "A source's own counts of a range of days. A day and type without a row has no record." })
export class ReconcileDaysInput {
  @Field(() => ID, {
    nullable: true,
    description: "Whose records: a client of the caller's own department; the caller itself when left out.",
  })
  client?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the one license type compared; all when left out." })
  licenseType?: string | null;

  @Field(() => DateScalar, { description: "First day compared." })
  from: string;

  @Field(() => DateScalar, { description: "Last day compared: at most 3,660 days." })
  until: string;

  @Field(() => [DayCountInput], { description: "At most 10,000 rows, each day and type once." })
  days: DayCountInput[];
}

@ObjectType({ description: "A day and license type on which the source and the hub differ." })
export class DayDifference {
  @Field(() => DateScalar, { description: "The day of `sourceUpdatedAt`, in Asia/Shanghai." })
  day: string;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => Int, { description: "Records the source has." })
  theirCount: number;

  @Field(() => Int, { description: "Records the hub has." })
  ourCount: number;

  @Field(() => String, { description: "The source's digest." })
  theirDigest: string;

  @Field(() => String, { description: "The hub's digest." })
  ourDigest: string;
}

@ObjectType({ description: "What came of comparing a list of records." })
export class ReconciledList {
  @Field(() => DateTimeScalar, { description: "When it was compared." })
  listedAt: string;

  @Field(() => Int, { description: "Lines of the list." })
  listed: number;

  @Field(() => Int, { description: "Lines that name a record again; the newest counts." })
  duplicates: number;

  @Field(() => Int, { description: "Records both have, equally new." })
  same: number;

  @Field(() => Int, { description: "Records the source has and the hub has not." })
  missing: number;

  @Field(() => Int, { description: "Records the hub has, on days that differed, and the list has not." })
  extra: number;

  @Field(() => Int, { description: "Records of which the hub has an older state." })
  stale: number;

  @Field(() => Int, { description: "Records of which the hub has a newer state." })
  newer: number;

  @Field(() => Int, { description: "Records of one time whose content differs, as far as the list says." })
  different: number;
}

const DayDifferenceConnection = connectionOf("DayDifference", DayDifference);

@ObjectType({ description: "对账: a source's own counts, and then its list of records, compared with the hub's." })
export class Reconciliation {
  @Field(() => ID, { description: "The hub's id of it. Its list goes to POST /reconciliations/ID/records." })
  id: string;

  @Field(() => DateTimeScalar, { description: "When the counts were compared." })
  madeAt: string;

  @Field(() => Int, { description: "Records the source counts in the whole range." })
  theirCount: number;

  @Field(() => Int, { description: "Records the hub counts there." })
  ourCount: number;
}

const ReconciliationConnection = connectionOf("Reconciliation", Reconciliation);

const positionShape = /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z [0-9a-f-]{36}$/;

@Resolver(() => Reconciliation)
export class ReconciliationResolver {
  @Mutation(() => Reconciliation, {
    description:
      "Compares a source's own counts and digests with what the hub took in from it, and keeps what came of it. Only records of the caller's own department. Needs scope license:submit.",
  })
  reconcileDays(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => ReconcileDaysInput, { description: "The counts." }) input: ReconcileDaysInput,
  ): Promise<StoredReconciliation> {
    const { client, licenseType, from, until, days } = input;
    const range = { from, until, licenseType: licenseType ?? undefined };
    return hub.reconcileDays(caller, { client: client ?? undefined, range, days });
  }

  @Query(() => ReconciliationConnection, {
    description:
      "Comparisons, newest first: a department's own (scope license:submit), or all of them for an auditor (scope audit:read).",
  })
  async reconciliations(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("department", () => ID, { nullable: true, description: "Code of the department; narrows." })
    department?: string | null,
  ): Promise<Connection<StoredReconciliation>> {
    const [madeAt = "", id = ""] = decodeCursor(after, positionShape)?.split(" ") ?? [];
    const position = id === "" ? undefined : { madeAt, id };
    const query = { department: department ?? undefined, first: pageSize(first), after: position };
    const page = await hub.readReconciliations(caller, query);
    return toConnection(page.rows, page.hasNextPage, (row) => `${instantText(row.madeAt)} ${row.id}`, after);
  }

  @FieldResolver(() => Department, { description: "Whose records were compared." })
  department(@Root() { department }: StoredReconciliation, @Ctx() { hub }: Context) {
    return findDepartment(hub, department);
  }

  @FieldResolver(() => ID, { description: "Id of the client that had handed them in." })
  client(@Root() { clientId }: StoredReconciliation): string {
    return clientId;
  }

  @FieldResolver(() => ID, { description: "Id of the client that compared them." })
  madeBy(@Root() { madeBy }: StoredReconciliation): string {
    return madeBy;
  }

  @FieldResolver(() => DateScalar, { description: "First day compared." })
  from(@Root() { range }: StoredReconciliation): string {
    return range.from;
  }

  @FieldResolver(() => DateScalar, { description: "Last day compared." })
  until(@Root() { range }: StoredReconciliation): string {
    return range.until;
  }

  @FieldResolver(() => ID, { nullable: true, description: "The one license type compared; null: all." })
  licenseType(@Root() { range }: StoredReconciliation): string | null {
    return range.licenseType ?? null;
  }

  @FieldResolver(() => Int, { description: "Days and types on which the sides differ." })
  differenceCount(@Root() { differences }: StoredReconciliation): number {
    return differences.length;
  }

  @FieldResolver(() => DayDifferenceConnection, { description: "Which those are, by day and then type." })
  differences(
    @Root() { differences }: StoredReconciliation,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Connection<DayDifference> {
    const size = pageSize(first);
    const start = Number(decodeCursor(after, /^\d{1,9}$/) ?? -1) + 1;
    const page = differences
      .slice(start, start + size)
      .map((each, index) => ({ ...shown(each), place: start + index }));
    return toConnection(page, differences.length > start + size, ({ place }) => String(place), after);
  }

  @FieldResolver(() => ReconciledList, {
    nullable: true,
    description: "What came of the list; null: none was compared.",
  })
  list(@Root() { list }: StoredReconciliation) {
    return list;
  }
}

function shown({ day, licenseType, theirs, ours }: DifferenceFacts): DayDifference {
  return {
    ...{ day, licenseType, theirCount: theirs.count, theirDigest: theirs.digest },
    ...{ ourCount: ours.count, ourDigest: ours.digest },
  };
}

function instantText(stored: string): string {
  return stored.includes("T") ? stored : storedInstant(stored).toISOString();
}
