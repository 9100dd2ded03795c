import { Arg, Ctx, Field, ObjectType, Query, Resolver } from "type-graphql";
import type { Context } from "../context.ts";
import { CheckOutcomeEnum, VerificationOutcomeEnum, VerificationStepEnum } from "./enums.ts";
import { DateTimeScalar, JsonScalar, toInstant } from "./scalars.ts";

@ObjectType({ description: "One step of a verification." })
export class VerificationCheck {
  @Field(() => VerificationStepEnum, { description: "Which step." })
  name: string;

  @Field(() => CheckOutcomeEnum, { description: "How it ended." })
  outcome: string;

  @Field(() => String, { nullable: true, description: "Stable code when it did not pass." })
  code?: string | null;

  @Field(() => String, { nullable: true, description: "In words, in English." })
  detail?: string | null;
}

@ObjectType({ description: "What came of a verification: every step, passed or not." })
export class VerificationReport {
  @Field(() => VerificationOutcomeEnum, { description: "All in one word." })
  outcome: string;

  @Field(() => [VerificationCheck], { description: "Every step, in order." })
  checks: VerificationCheck[];

  @Field(() => JsonScalar, {
    nullable: true,
    description: "The claims, when the signature held and the issuer is trusted.",
  })
  license?: unknown;
}

@Resolver(() => VerificationReport)
export class VerificationResolver {
  @Query(() => VerificationReport, {
    description:
      "Verification of a compact JWS; open to everyone. `at` asks about a past day. STATUS is checked by the hub's own status list. The same checks run offline: node src/cli/verify.ts.",
  })
  verifyLicense(
    @Ctx() { hub }: Context,
    @Arg("token", () => String, { description: "The token as it was received." }) token: string,
    @Arg("at", () => DateTimeScalar, { nullable: true, description: "The instant asked about; now when left out." })
    at?: string | null,
  ) {
    const instant = toInstant("at", at);
    return hub.verifyLicense({ token, ...(instant && { at: instant }) });
  }
}
