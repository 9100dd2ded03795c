import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { RunEnd } from "../../../domain/sources/source-run.ts";
import { DateTimeScalar } from "../scalars.ts";
import { RunEndEnum } from "./source-enums.ts";

@ObjectType({ description: "How often a source is compared with what the hub holds of it." })
export class ReconcileSchedule {
  @Field(() => Int, { description: "Seconds from the end of a comparison to the next." })
  everySeconds: number;

  @Field(() => Int, { description: "How many days are compared, the last of them yesterday." })
  days: number;
}

@InputType({ description: "How often a source is compared with what the hub holds of it." })
export class ReconcileScheduleInput {
  @Field(() => Int, {
    nullable: true,
    description: "Seconds from the end of a comparison to the next: a day unless said.",
  })
  everySeconds?: number | null;

  @Field(() => Int, { nullable: true, description: "How many days, the last of them yesterday: 366 unless said." })
  days?: number | null;
}

@ObjectType({ description: "A comparison of a source with what the hub holds of it." })
export class SourceComparison {
  @Field(() => DateTimeScalar, { description: "When it began." })
  beganAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it ended; null: it is under way." })
  endedAt: string | null;

  @Field(() => RunEndEnum, { nullable: true, description: "How it ended; null: it is under way." })
  outcome: RunEnd | null;

  @Field(() => String, { nullable: true, description: "Where it failed, in the hub's words, never the source's." })
  detail: string | null;

  @Field(() => ID, { nullable: true, description: "The reconciliation it made, for its department and the auditor." })
  reconciliationId: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "Records on which the sides differ; null: it did not come to its end.",
  })
  differing: number | null;
}
