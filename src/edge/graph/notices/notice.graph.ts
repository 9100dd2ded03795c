import { Arg, Args, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { StoredState } from "../../../domain/licenses/license.ts";
import type { DeliveryOutcome, NoticeStatus } from "../../../domain/notices/delivery.ts";
import { noticeType, wireId } from "../../../domain/notices/notice.ts";
import type { NoticePosition } from "../../../store/notices/notice-store.ts";
import type { Context } from "../../context.ts";
import {
  type Connection,
  connectionOf,
  decodeCursor,
  decodeNumber,
  PageArgs,
  pageSize,
  toConnection,
} from "../connection.ts";
import { LicenseStateEnum } from "../enums.ts";
import { DateScalar, DateTimeScalar, toInstant } from "../scalars.ts";
import { DeliveryOutcomeEnum, NoticeStatusEnum } from "./notice-enums.ts";

@ObjectType({
  description:
    "变更通知: a license that a case of the caller's relies on is in another state, or was signed again: then `state` is `previousState`, and the text that was fetched has to be fetched again.",
})
export class Notice {
  @Field(() => ID, { description: "Its id: `webhook-id` at every try." })
  id: string;

  @Field(() => String, {
    description:
      "What it tells, as in the message itself: `license.state_changed`, or `license.signed_again`: fetch the license anew. There will be others.",
  })
  type: string;

  @Field(() => ID, { description: "Identifier of the license." })
  license: string;

  @Field(() => LicenseStateEnum, { description: "The state it is in." })
  state: StoredState;

  @Field(() => LicenseStateEnum, { description: "The state it was in before." })
  previousState: StoredState;

  @Field(() => DateScalar, { description: "From which day." })
  effectiveOn: string;

  @Field(() => DateTimeScalar, { description: "Since when the hub knows." })
  knownAt: string;

  @Field(() => Int, { description: "1, 2, 3 … for the changes of one license in one case: the greatest counts." })
  change: number;

  @Field(() => ID, { description: "Code of the case's procedure." })
  procedure: string;

  @Field(() => String, { description: "Number of the case." })
  caseNumber: string;

  @Field(() => NoticeStatusEnum, { description: "Where it stands." })
  status: NoticeStatus;

  @Field(() => Int, { description: "How often it was tried." })
  attempts: number;

  @Field(() => DeliveryOutcomeEnum, { nullable: true, description: "How the last try ended; null: there was none." })
  outcome: DeliveryOutcome | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it is tried next; null: it does not wait." })
  dueAt: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was delivered or given up." })
  endedAt: string | null;
}

const NoticeConnection = connectionOf("Notice", Notice);

@ObjectType({ description: "A notice that was given up, as operators see it: nothing of the license or its case." })
export class DeadNotice {
  @Field(() => ID, { description: "Its id: `webhook-id` at every try." })
  id: string;

  @Field(() => ID, { description: "Id of the client it was for." })
  client: string;

  @Field(() => DateTimeScalar, { description: "When it came to be." })
  knownAt: string;

  @Field(() => Int, { description: "How often it was tried." })
  attempts: number;

  @Field(() => DeliveryOutcomeEnum, { nullable: true, description: "How the last try ended; null: there was none." })
  outcome: DeliveryOutcome | null;

  @Field(() => Int, { nullable: true, description: "The HTTP status it was answered with; null: no answer." })
  httpStatus: number | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was given up." })
  endedAt: string | null;
}

const DeadNoticeConnection = connectionOf("DeadNotice", DeadNotice);

@InputType({ description: "Which notices are to be sent again: by `ids`, or `since` an instant." })
export class ReplayNoticesInput {
  @Field(() => [ID], { nullable: true, description: "Ids of notices, also of some that were delivered." })
  ids?: string[] | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "All of the client since then that are UNSENT or DEAD.",
  })
  since?: string | null;

  @Field(() => ID, { nullable: true, description: "Id of the client; a department's is its own." })
  client?: string | null;
}

@Resolver(() => Notice)
export class NoticeResolver {
  @Query(() => NoticeConnection, {
    description:
      "What the caller was told of licenses its cases rely on, or should have been, the oldest first: go on after the last cursor to learn what was missed. Needs scope material:fetch.",
  })
  async notices(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("status", () => NoticeStatusEnum, { nullable: true, description: "Only those that stand so." })
    status?: NoticeStatus | null,
  ): Promise<Connection<Notice>> {
    const query = { status: status ?? undefined, first: pageSize(first), after: decodePosition(after) };
    const page = await hub.readNotices(caller, query);
    const notices = page.rows.map(({ messageId, identifier, ...row }) => ({
      ...{ ...row, id: wireId(messageId), type: noticeType(row), license: identifier },
      dueAt: row.status === "WAITING" ? row.dueAt : null,
    }));
    return toConnection(notices, page.hasNextPage, ({ position }) => `${position.transaction}.${position.id}`, after);
  }

  @Query(() => DeadNoticeConnection, {
    description: "Notices that were given up, the newest first. For operators: needs scope hub:operate.",
  })
  async deadNotices(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("client", () => ID, { nullable: true, description: "Only those of this client." }) client?: string | null,
  ): Promise<Connection<DeadNotice>> {
    const query = { client: client ?? undefined, first: pageSize(first), after: decodeNumber(after) };
    const page = await hub.readDeadNotices(caller, query);
    const notices = page.rows.map(({ messageId, clientId, ...row }) => ({
      ...{ ...row, id: wireId(messageId), client: clientId },
    }));
    return toConnection(notices, page.hasNextPage, ({ position }) => String(position.id), after);
  }

  @Mutation(() => Int, {
    description:
      "Sends notices again, under the ids they have; answers how many. A department's own (scope material:fetch), or anybody's for an operator (scope hub:operate). What waits already, or has no webhook to go to, is not counted.",
  })
  replayNotices(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => ReplayNoticesInput, { description: "Which." }) { ids, since, client }: ReplayNoticesInput,
  ): Promise<number> {
    return hub.replayNotices(caller, {
      ...{ messageIds: ids ?? undefined, since: toInstant("since", since), client: client ?? undefined },
    });
  }
}

/** *Throws* CURSOR_INVALID. */
function decodePosition(cursor: string | null | undefined): NoticePosition | undefined {
  const position = decodeCursor(cursor, /^\d{1,15}\.\d{1,15}$/);
  const [transaction, id] = (position ?? "").split(".");
  return position === undefined ? undefined : { transaction: Number(transaction), id: Number(id) };
}
