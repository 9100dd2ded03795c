import { Arg, Args, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { StoredState } from "../../../domain/licenses/license.ts";
import type { Context } from "../../context.ts";
import { type Connection, connectionOf, decodeNumber, PageArgs, pageSize, toConnection } from "../connection.ts";
import { LicenseStateEnum } from "../enums.ts";
import { DateTimeScalar } from "../scalars.ts";

@ObjectType({ description: "A license that a case relies on." })
export class ReliedLicense {
  @Field(() => ID, { description: "Its identifier." })
  identifier: string;

  @Field(() => DateTimeScalar, { description: "When it was fetched last." })
  fetchedAt: string;

  @Field(() => LicenseStateEnum, {
    nullable: true,
    description: "What the case was told last; null: nothing since it was fetched.",
  })
  state: StoredState | null;
}

@ObjectType({
  description: "在办案件: a case that licenses were fetched into; it is told when the state of one changes.",
})
export class OpenCase {
  @Field(() => ID, { description: "Code of its procedure." })
  procedure: string;

  @Field(() => String, { description: "Its number, as the fetch named it." })
  caseNumber: string;

  @Field(() => DateTimeScalar, { description: "When licenses were first fetched into it." })
  openedAt: string;

  @Field(() => DateTimeScalar, { description: "When licenses were last fetched into it." })
  fetchedAt: string;

  @Field(() => DateTimeScalar, { description: "When it ends, unless it is closed before or fetched into again." })
  openUntil: string;

  @Field(() => [ReliedLicense], { description: "What it relies on." })
  licenses: ReliedLicense[];
}

const OpenCaseConnection = connectionOf("OpenCase", OpenCase);

@Resolver(() => OpenCase)
export class CaseResolver {
  @Query(() => OpenCaseConnection, {
    description: "The caller's open cases, and what each relies on, the newest first. Needs scope material:fetch.",
  })
  async openCases(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<Connection<OpenCase>> {
    const page = await hub.readCases(caller, { first: pageSize(first), after: decodeNumber(after) });
    const cases = page.rows.map(({ licenses, ...row }) => ({ ...row, licenses: [...licenses] }));
    return toConnection(cases, page.hasNextPage, ({ id }) => String(id), after);
  }

  @Mutation(() => Boolean, {
    description:
      "Closes a case of the caller's: it is told of no change any more. Fetching into it opens it again, with all it ever relied on. Answers true. Needs scope material:fetch.",
  })
  async closeCase(
    @Ctx() { hub, caller }: Context,
    @Arg("procedure", () => ID, { description: "Code of its procedure." }) procedure: string,
    @Arg("caseNumber", () => String, { description: "Its number, as the fetch named it." }) caseNumber: string,
  ): Promise<boolean> {
    await hub.closeCase(caller, { procedure, caseNumber });
    return true;
  }
}
