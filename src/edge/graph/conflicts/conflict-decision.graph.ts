import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { ConflictDecision as DecisionKind } from "../../../domain/conflicts/conflict.ts";
import { maskedText } from "../../../domain/conflicts/side.ts";
import type { StoredState } from "../../../domain/licenses/license.ts";
import type { DecisionRecord } from "../../../store/conflicts/conflict-store.ts";
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
import { LicenseStateEnum } from "../enums.ts";
import { DateTimeScalar } from "../scalars.ts";
import { DecisionKindEnum } from "./conflict-enums.ts";

@ObjectType({ description: "标识冲突裁定: what a clerk decided about a claim; written once, never changed." })
export class ConflictDecision {
  @Field(() => ID, { description: "Its number, as events and problem records name it." })
  id: string;

  @Field(() => ID, { description: "Number of the conflict." })
  conflict: string;

  @Field(() => ID, { description: "Number of the claim." })
  claim: string;

  @Field(() => ID, { description: "The identifier that was claimed." })
  identifier: string;

  @Field(() => DecisionKindEnum, { description: "What was decided." })
  decision: DecisionKind;

  @Field(() => String, { description: "Why." })
  reason: string;

  @Field(() => ID, { description: "The operator's client that decided." })
  operator: string;

  @Field(() => String, { nullable: true, description: "Who acted under it; null: its token named nobody." })
  person: string | null;

  @Field(() => DateTimeScalar, { description: "When." })
  decidedAt: string;

  @Field(() => ID, { description: "The client that claimed." })
  client: string;

  @Field(() => ID, {
    description: "The source's own id of the record that claimed; codes of persons in it are masked.",
  })
  sourceRecordId: string;

  @Field(() => String, { description: "Digest of what the claim's record said: SHA-256, base64url." })
  claimDigest: string;

  @Field(() => String, { description: "Digest of what the license that stands was accepted with." })
  standingDigest: string;

  @Field(() => LicenseStateEnum, { description: "Its state before the decision." })
  standingState: StoredState;

  @Field(() => String, { description: "One digest over everything the clerk was shown, as `ConflictSides.facts`." })
  facts: string;

  @Field(() => ID, { nullable: true, description: "Identifier that the claim's license got; null: it was refused." })
  given: string | null;

  departmentCode: string;
  standingIssuerCode: string;
}

const ConflictDecisionConnection = connectionOf("ConflictDecision", ConflictDecision);

@InputType({ description: "A clerk's decision about a claim." })
export class DecideConflictInput {
  @Field(() => ID, { description: "Number of the conflict." })
  conflict: string;

  @Field(() => ID, { description: "Number of the claim." })
  claim: string;

  @Field(() => DecisionKindEnum, { description: "What is decided." })
  decision: DecisionKind;

  @Field(() => String, {
    description: "Why: 2 to 200 characters. The claim's department reads it: say nothing of the other side.",
  })
  reason: string;

  @Field(() => String, { description: "As `conflictSides` gave it: what is decided is what you saw." })
  facts: string;
}

@Resolver(() => ConflictDecision)
export class ConflictDecisionResolver {
  @Query(() => ConflictDecisionConnection, {
    description: "标识冲突裁定, the newest first. For operators (scope hub:operate) and auditors (scope audit:read).",
  })
  async conflictDecisions(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("conflict", () => ID, { nullable: true, description: "About this conflict only." }) conflict?: string | null,
  ): Promise<Connection<ConflictDecision>> {
    const position = decodeNumber(after);
    const page = await hub.readConflictDecisions(caller, {
      conflict: conflict === null || conflict === undefined ? undefined : toNumber(conflict),
      first: pageSize(first),
      after: position,
    });
    return toConnection(page.rows.map(toDecision), page.hasNextPage, (row) => row.id, after);
  }

  @Mutation(() => ConflictDecision, {
    description:
      "Decides about a claim, once. The license a claim becomes is checked, signed and stored like every other, in the same transaction. For operators: needs scope hub:operate.",
  })
  async decideConflict(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => DecideConflictInput, { description: "The decision." }) input: DecideConflictInput,
  ): Promise<ConflictDecision> {
    const { conflict, claim, decision, reason, facts } = input;
    const about = { conflict: toNumber(conflict), claim: toNumber(claim) };
    return toDecision(await hub.decideConflict(caller, { ...about, decision, reason, facts }));
  }

  @FieldResolver(() => Department, { description: "Whose claim it was." })
  department(@Ctx() { hub }: Context, @Root() { departmentCode }: ConflictDecision): Promise<Department> {
    return findDepartment(hub, departmentCode);
  }

  @FieldResolver(() => Department, { description: "Who issued the license that stood." })
  standingIssuer(@Ctx() { hub }: Context, @Root() { standingIssuerCode }: ConflictDecision): Promise<Department> {
    return findDepartment(hub, standingIssuerCode);
  }
}

function toDecision({ conflictId, claimId, clientId, department, standingIssuer, ...decision }: DecisionRecord) {
  return {
    ...decision,
    sourceRecordId: maskedText(decision.sourceRecordId),
    ...{ id: String(decision.id), conflict: String(conflictId), claim: String(claimId), client: clientId },
    ...{ departmentCode: department, standingIssuerCode: standingIssuer },
  };
}
