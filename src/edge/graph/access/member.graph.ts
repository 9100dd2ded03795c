import { Arg, Args, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { MemberRole } from "../../../domain/access/member.ts";
import { maskResidentId } from "../../../domain/resident-id.ts";
import { HubError } from "../../../errors.ts";
import type { MemberPosition, StoredMember } from "../../../store/access/member-store.ts";
import { toInstant } from "../../../store/database.ts";
import type { Context } from "../../context.ts";
import { type Connection, connectionOf, decodeCursor, PageArgs, pageSize, toConnection } from "../connection.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";
import { MemberRoleEnum } from "./access-enums.ts";

@ObjectType({ description: "A person who acts, or acted, for an enterprise." })
export class Member {
  @Field(() => ID, { description: "Id of the membership." })
  id: string;

  @Field(() => String, { description: "Resident ID of the person, masked." })
  personCode: string;

  @Field(() => String, { description: "Name of the person." })
  personName: string;

  @Field(() => MemberRoleEnum, { description: "As what the person acts." })
  role: MemberRole;

  @Field(() => [ID], { nullable: true, description: "License types a clerk may show and read; null: every type." })
  licenseTypes: string[] | null;

  @Field(() => DateScalar, { description: "First day." })
  validFrom: string;

  @Field(() => DateScalar, { nullable: true, description: "Last day; null: until it is ended." })
  validUntil: string | null;

  @Field(() => String, { description: "Who appointed: id of a membership, or `enterprise`." })
  appointedBy: string;

  @Field(() => DateTimeScalar, { description: "When the person was appointed." })
  appointedAt: string;

  @Field(() => String, { nullable: true, description: "Who ended it: id of a membership, or `enterprise`." })
  endedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was ended; null: it was not." })
  endedAt: string | null;
}

const MemberConnection = connectionOf("Member", Member);

@InputType({ description: "A person who is to act for the caller's enterprise, from today." })
export class AppointMemberInput {
  @Field(() => String, { description: "Resident ID of the person, with its check character." })
  personCode: string;

  @Field(() => String, { description: "Name of the person: 2 to 50 characters." })
  personName: string;

  @Field(() => MemberRoleEnum, { description: "ADMINISTRATOR (five at most) or CLERK." })
  role: MemberRole;

  @Field(() => [ID], {
    nullable: true,
    description: "License types a clerk may show and read: 1 to 50; left out: every type.",
  })
  licenseTypes?: string[] | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: "Last day. Of a clerk: left out, the 30th day; at most the 366th.",
  })
  validUntil?: string | null;
}

@Resolver(() => Member)
export class MemberResolver {
  @Query(() => MemberConnection, {
    description:
      "Everyone who acts or acted for the caller's enterprise, the last appointed first. Not for clerks. Needs scope holder:manage.",
  })
  async members(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<Connection<Member>> {
    const position = decodeCursor(after, positionShape);
    const query = { first: pageSize(first), after: position === undefined ? undefined : toPosition(position) };
    const page = await hub.readMembers(caller, query);
    return toConnection(page.rows.map(toMember), page.hasNextPage, (row) => `${row.appointedAt} ${row.id}`, after);
  }

  @Mutation(() => Member, {
    description:
      "Lets a person act for the caller's enterprise. The enterprise and its legal representative appoint administrators, those appoint clerks as well. Needs scope holder:manage.",
  })
  async appointMember(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => AppointMemberInput, { description: "Who, as what, for how long." })
    { licenseTypes, validUntil, ...input }: AppointMemberInput,
  ): Promise<Member> {
    const terms = { licenseTypes: licenseTypes ?? null, validUntil: validUntil ?? null };
    return toMember(await hub.appointMember(caller, { ...input, ...terms }));
  }

  @Mutation(() => Member, {
    description: "Ends a membership of the caller's enterprise at once; members may resign. Needs scope holder:manage.",
  })
  async endMember(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Id of the membership." }) id: string,
  ): Promise<Member> {
    return toMember(await hub.endMember(caller, id));
  }
}

/** An instant as PostgreSQL prints it in UTC, and a membership's id. */
const positionShape = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00 [\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function toPosition(position: string): MemberPosition {
  const space = position.lastIndexOf(" ");
  const appointedAt = position.slice(0, space);
  if (Number.isNaN(toInstant(appointedAt).getTime())) throw new HubError("CURSOR_INVALID");
  return { appointedAt, id: position.slice(space + 1) };
}

function toMember({ personCode, licenseTypes, ...member }: StoredMember): Member {
  return { ...member, personCode: maskResidentId(personCode), licenseTypes: licenseTypes && [...licenseTypes] };
}
