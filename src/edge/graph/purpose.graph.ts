import { Field, ID, InputType, ObjectType } from "type-graphql";
import { purposeLimits } from "../../domain/access/caller.ts";

const { reason, caseNumber } = purposeLimits;

@InputType({
  description: "申请事由: why something is disclosed. Recorded with the disclosure, and shown to the holder.",
})
export class PurposeInput {
  @Field(() => ID, { description: "Code of the procedure, one of the caller's own department." })
  procedure: string;

  @Field(() => String, {
    description: `The caller's case number: ${caseNumber.least} to ${caseNumber.most} characters.`,
  })
  caseNumber: string;

  @Field(() => String, { description: `In words: ${reason.least} to ${reason.most} characters.` })
  reason: string;
}

@ObjectType("Purpose", { description: "申请事由: why something was disclosed." })
export class PurposeOutput {
  @Field(() => ID, { description: "Code of the procedure; empty: a clerk looked at an identifier conflict." })
  procedure: string;

  @Field(() => String, { description: "The caller's case number." })
  caseNumber: string;

  @Field(() => String, { description: "In words." })
  reason: string;
}
