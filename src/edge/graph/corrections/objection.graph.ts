import { Arg, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType, Resolver, Root } from "type-graphql";
import { dateOf } from "../../../domain/calendar.ts";
import {
  type CorrectionAnswer,
  type CorrectionStatus,
  correctionLimits,
  overdueLevel,
  plainFields,
  seesField,
} from "../../../domain/corrections/correction.ts";
import type { Context } from "../../context.ts";
import { toNumber } from "../connection.ts";
import { type DisclosedLicense, License } from "../license.graph.ts";
import { PurposeInput } from "../purpose.graph.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";
import { Correction, toCorrection } from "./correction.graph.ts";
import { CorrectionAnswerEnum, CorrectionStatusEnum } from "./correction-enums.ts";

@ObjectType({
  description: "An objection to a field of a license that waits for its source. Says nothing of who made it.",
})
export class FieldObjection {
  @Field(() => String, { description: "The field: what it says may be wrong." })
  field: string;

  @Field(() => CorrectionStatusEnum, { description: "OPEN, or ACCEPTED: then it is wrong, the source says." })
  status: CorrectionStatus;

  @Field(() => DateTimeScalar, { description: "Since when." })
  madeAt: string;

  @Field(() => DateScalar, { description: "The last day of the source's term, in Asia/Shanghai." })
  dueOn: string;

  @Field(() => Int, { description: "How far it is overdue today: 0, 1 or 2." })
  overdueLevel: number;
}

@InputType({ description: "An objection to a field of a license." })
export class ObjectToLicenseInput {
  @Field(() => ID, { description: "Identifier of the version that stands." })
  license: string;

  @Field(() => String, { description: `What is wrong: ${plainFields.join(", ")}, or attributes.NAME.` })
  field: string;

  @Field(() => String, {
    nullable: true,
    description: `What it should say, if the caller knows: ${correctionLimits.shouldSay.least} to ${correctionLimits.shouldSay.most} characters.`,
  })
  shouldSay?: string | null;

  @Field(() => String, {
    description: `Why: ${correctionLimits.reason.least} to ${correctionLimits.reason.most} characters.`,
  })
  reason: string;

  @Field(() => PurposeInput, { description: "What the license was read for." })
  purpose: PurposeInput;
}

@Resolver(() => License)
export class LicenseObjectionResolver {
  @FieldResolver(() => [FieldObjection], {
    description:
      "校核纠错: objections to fields of this version that the caller sees, as far as they wait; the first 100 made. Part of the disclosure of the license, and recorded with it.",
  })
  async corrections(
    @Root() license: DisclosedLicense,
    @Ctx() { hub, loaders }: Context,
  ): Promise<readonly FieldObjection[]> {
    const { identifier, extent, purpose } = license;
    const today = dateOf(hub.now());
    const objections = await loaders.licenseObjections(purpose).load(identifier);
    return objections
      .filter(({ field }) => seesField(extent, field))
      .map((objection) => ({ ...objection, overdueLevel: overdueLevel(objection, today) }));
  }

  @Mutation(() => Correction, {
    description:
      "校核纠错: objects to what a license says in a field; its source answers within a term. For whoever may read the license for the stated purpose, and its holder. While one waits, the same reader's next one to the same field is that one. Needs scope license:read.",
  })
  async objectToLicense(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => ObjectToLicenseInput, { description: "The objection." }) input: ObjectToLicenseInput,
  ): Promise<Correction> {
    const { license: identifier, field, shouldSay, reason, purpose } = input;
    const objection = { identifier, field, shouldSay: shouldSay ?? undefined, reason, purpose: { ...purpose } };
    return toCorrection(hub, await hub.objectToLicense(caller, objection));
  }

  @Mutation(() => Correction, {
    description:
      "Answers an objection to a license the caller's own department issued, once. ACCEPTED begins a second term, in which a CHANGE of the license must come, by whatever way licenses come in. Needs scope license:submit.",
  })
  async answerCorrection(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Number of the correction." }) id: string,
    @Arg("answer", () => CorrectionAnswerEnum, { description: "Whether the license is wrong." })
    answer: CorrectionAnswer,
    @Arg("reason", () => String, {
      description: `Why: ${correctionLimits.reason.least} to ${correctionLimits.reason.most} characters.`,
    })
    reason: string,
  ): Promise<Correction> {
    return toCorrection(hub, await hub.answerCorrection(caller, { id: toNumber(id), answer, reason }));
  }
}
