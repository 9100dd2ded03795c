import { Arg, Ctx, Field, ObjectType, Query, Resolver } from "type-graphql";
import { parseMoment } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import { limitRows } from "../../limits.ts";
import { maxBundleBytes } from "../../proof/bundle/bundle.ts";
import { maxTokenLength } from "../../proof/compact-jws.ts";
import type { Context } from "../context.ts";
import { CheckOutcomeEnum, VerificationOutcomeEnum, VerificationStepEnum } from "./enums.ts";
import { DateTimeScalar, JsonScalar } from "./scalars.ts";

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
    description:
      "The claims of a license JWS or of the one in a bundle, when its signature held and its issuer is trusted; null for an SD-JWT.",
  })
  license?: unknown;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "What an SD-JWT shows, when its signature held and its issuer is trusted; null for anything else. `license` in it holds the members its holder disclosed and no others, `isWhole` says whether that is all of them.",
  })
  presented?: unknown;
}

/** *Units*: KiB. */
const [tokenSize, bundleSize] = [maxTokenLength / 1024, maxBundleBytes / 1024];
const requestSize = limitRows.maxAnonymousBodyBytes.value / 1024;

@Resolver(() => VerificationReport)
export class VerificationResolver {
  @Query(() => VerificationReport, {
    description:
      "Verifies a license as it was handed over: a compact JWS, an SD-JWT, or a bundle with its proofs. Open to everyone. STATUS is checked by the hub's own status list, LOG_INCLUSION by the proof in a bundle. An SD-JWT's holder is asked for nothing here, so its proof is compared with no nonce. The same checks run offline: node src/cli/verify.ts.",
  })
  verifyLicense(
    @Ctx() { hub }: Context,
    @Arg("token", () => String, {
      description: `The license, every character as it was received: a JWS or SD-JWT of ${tokenSize} KiB at most, or a bundle's JSON of ${bundleSize} KiB at most. A request without an access token holds ${requestSize} KiB in all, unless the hub's limits say otherwise.`,
    })
    token: string,
    @Arg("at", () => DateTimeScalar, {
      nullable: true,
      description:
        "When it shall have been valid: an instant with offset (`2026-11-22T09:00:00+08:00`), or a day (`2026-11-22`), meaning its noon in Asia/Shanghai. Now when left out.",
    })
    at?: string | null,
  ) {
    return hub.verifyLicense({ token, at: askedMoment(at) });
  }
}

/** *Throws* INPUT_INVALID, which says what was expected. *Trust*: attacker-chosen. */
function askedMoment(text: string | null | undefined): Date | undefined {
  if (text === null || text === undefined) return undefined;
  const moment = parseMoment(text);
  if (!moment) throw new HubError("INPUT_INVALID", { argument: "at", expected: momentShapes });
  return moment;
}

const momentShapes = "2026-11-22 or 2026-11-22T09:00:00+08:00";
