import { Arg, Args, Ctx, Field, FieldResolver, ID, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import type { Caller } from "../../../domain/access/caller.ts";
import { maskHolderId } from "../../../domain/resident-id.ts";
import type { Objection } from "../../../store/access/objection-store.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import {
  type Connection,
  connectionOf,
  decodeNumber,
  PageArgs,
  pageSize,
  toConnection,
  toNumber,
} from "../connection.ts";
import { DateTimeScalar } from "../scalars.ts";
import { AccessRecord } from "./access.graph.ts";

@ObjectType({ description: "异议: a holder objects to an access, and the department answers." })
export class AccessObjection {
  @Field(() => ID, { description: "Number of the access record it is about." })
  record: string;

  @Field(() => ID, { description: "Who objects; a person's code is masked to all but that person." })
  holder: string;

  @Field(() => Department, { description: "Who has to answer." })
  department: Department;

  @Field(() => String, { description: "The holder's words." })
  text: string;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  madeAt: string;

  @Field(() => String, { nullable: true, description: "The department's words; null: not answered yet." })
  answer: string | null;

  @Field(() => ID, { nullable: true, description: "The client that answered." })
  answeredBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was answered." })
  answeredAt: string | null;
}

const AccessObjectionConnection = connectionOf("AccessObjection", AccessObjection);

@Resolver(() => AccessRecord)
export class ObjectionResolver {
  @FieldResolver(() => AccessObjection, { nullable: true, description: "The holder's objection, if there is one." })
  async objection(
    @Root() { id }: AccessRecord,
    @Ctx() { hub, caller, loaders }: Context,
  ): Promise<AccessObjection | null> {
    const objection = await loaders.objections.load(Number(id));
    return objection ? toObjection(hub, caller, objection) : null;
  }

  @Query(() => AccessObjectionConnection, {
    description:
      "Objections, the newest access first: a department sees those it has to answer, a holder its own, an auditor all. Needs scope audit:read.",
  })
  async accessObjections(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("answered", () => Boolean, { nullable: true, description: "Only those answered, or only the others." })
    answered?: boolean | null,
  ): Promise<Connection<AccessObjection>> {
    const position = decodeNumber(after);
    const page = await hub.readObjections(caller, {
      answered: answered ?? undefined,
      first: pageSize(first),
      after: position,
    });
    const objections = await Promise.all(page.rows.map((row) => toObjection(hub, caller, row)));
    return toConnection(objections, page.hasNextPage, (row) => row.record, after);
  }

  @Mutation(() => AccessObjection, {
    description:
      "Objects to an access to the caller's own licenses, once a record; the department named there answers. Needs scope holder:manage.",
  })
  async objectToAccess(
    @Ctx() { hub, caller }: Context,
    @Arg("record", () => ID, { description: "Number of the access record." }) record: string,
    @Arg("text", () => String, { description: "Why: 2 to 500 characters." }) text: string,
  ): Promise<AccessObjection> {
    return toObjection(hub, caller, await hub.objectToAccess(caller, { record: toNumber(record), text }));
  }

  @Mutation(() => AccessObjection, {
    description: "Answers an objection to an access of the caller's own department, once. Needs scope audit:read.",
  })
  async answerAccessObjection(
    @Ctx() { hub, caller }: Context,
    @Arg("record", () => ID, { description: "Number of the access record." }) record: string,
    @Arg("answer", () => String, { description: "The answer: 2 to 500 characters." }) answer: string,
  ): Promise<AccessObjection> {
    return toObjection(hub, caller, await hub.answerObjection(caller, { record: toNumber(record), answer }));
  }
}

async function toObjection(hub: Context["hub"], caller: Caller, objection: Objection): Promise<AccessObjection> {
  const { record, holder, department } = objection;
  const isSelf = caller.kind === "HOLDER" && caller.holder.id === holder;
  return {
    ...objection,
    ...{ record: String(record), holder: isSelf ? holder : maskHolderId(holder) },
    department: await findDepartment(hub, department),
  };
}
