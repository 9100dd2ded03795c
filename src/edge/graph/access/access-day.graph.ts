import { Arg, Args, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { parseDate } from "../../../domain/calendar.ts";
import { HubError } from "../../../errors.ts";
import type { DayFault } from "../../../use-cases/access/check-access-day.ts";
import type { Context } from "../../context.ts";
import { connectionOf, decodeCursor, PageArgs, pageSize, toConnection } from "../connection.ts";
import { AccessDayFaultEnum } from "../enums.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";

@ObjectType({ description: "A closed day of the access ledger. Its root vouches for every record sealed on it." })
export class AccessDay {
  @Field(() => DateScalar, { description: "The day, in Asia/Shanghai, on which the records were sealed." })
  day: string;

  @Field(() => Int, { description: "How many records." })
  count: number;

  @Field(() => String, { description: "Last value of the day's hash chain: SHA-256, base64url." })
  root: string;

  @Field(() => DateTimeScalar, { description: "When it was closed." })
  closedAt: string;
}

@ObjectType({ description: "What came of recomputing a day of the access ledger." })
export class AccessDayCheck {
  @Field(() => DateScalar, { description: "The day." })
  day: string;

  @Field(() => Int, { description: "Records that fit, counted from the day's first." })
  count: number;

  @Field(() => String, { description: "The value the chain has after them, recomputed." })
  root: string;

  @Field(() => Boolean, { description: "Whether the day is closed and its root stands." })
  closed: boolean;

  @Field(() => AccessDayFaultEnum, { nullable: true, description: "What does not fit first; null: everything fits." })
  fault: DayFault | null;

  @Field(() => Int, { nullable: true, description: "Place in the chain at which it does not fit." })
  place: number | null;

  @Field(() => ID, { nullable: true, description: "Number of the record at that place." })
  record: string | null;
}

const AccessDayConnection = connectionOf("AccessDay", AccessDay);

@Resolver(() => AccessDay)
export class AccessDayResolver {
  @Query(() => AccessDayConnection, {
    description: "Closed days of the access ledger, newest first. For auditors; needs scope audit:read.",
  })
  async accessDays(@Ctx() { hub, caller }: Context, @Args(() => PageArgs) { first, after }: PageArgs) {
    const day = decodeCursor(after, /^\d{4}-\d\d-\d\d$/);
    if (day !== undefined && !parseDate(day)) throw new HubError("CURSOR_INVALID");
    const page = await hub.readAccessDays(caller, { first: pageSize(first), after: day });
    return toConnection(page.rows, page.hasNextPage, (row) => row.day, after);
  }

  @Query(() => AccessDayCheck, {
    description:
      "Recomputes a day of the access ledger from its records and says what does not fit first. For auditors; needs scope audit:read. INPUT_INVALID: the ledger had not begun on that day.",
  })
  async accessDayCheck(
    @Ctx() { hub, caller }: Context,
    @Arg("day", () => DateScalar, { description: "The day, in Asia/Shanghai." }) day: string,
  ): Promise<AccessDayCheck> {
    const { fault, ...check } = await hub.checkAccessDay(caller, day);
    const record = fault?.record ?? null;
    return {
      ...check,
      ...{ fault: fault?.kind ?? null, place: fault?.place ?? null, record: record === null ? null : String(record) },
    };
  }
}
