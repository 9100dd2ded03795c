import type { GraphQLResolveInfo } from "graphql";
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Info,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { MaterialAnswer as AnswerFacts } from "../../domain/materials/material.ts";
import { materialReasons, materialWarnings } from "../../domain/materials/material-reason.ts";
import type { DeferralPhase, PersonRole } from "../../domain/materials/procedure.ts";
import { HubError, type LocalizedText } from "../../errors.ts";
import type { MaterialBundle as BundleFacts } from "../../use-cases/materials/fetch-materials.ts";
import type { Context } from "../context.ts";
import { LicenseType } from "./catalogue.graph.ts";
import { MaterialDecisionEnum, PersonRoleEnum } from "./enums.ts";
import { type DisclosedLicense, License } from "./license.graph.ts";
import { Material, Procedure } from "./procedures/procedure.graph.ts";
import { DeferralPhaseEnum } from "./procedures/procedure-enums.ts";
import { PurposeInput } from "./purpose.graph.ts";
import { DateScalar, DateTimeScalar } from "./scalars.ts";
import { asksFor } from "./selection.ts";

@InputType({ description: "A person the case names." })
export class PersonInput {
  @Field(() => PersonRoleEnum, { description: "In which role." })
  role: PersonRole;

  @Field(() => ID, { description: "公民身份号码." })
  residentId: string;
}

@InputType({ description: "A question about the materials of one case." })
export class CheckMaterialsInput {
  @Field(() => ID, { description: "Code of the procedure." })
  procedure: string;

  @Field(() => ID, { description: "Code of the applicant." })
  holder: string;

  @Field(() => [PersonInput], { nullable: true, description: "Persons whose licenses the materials may need." })
  persons?: PersonInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether the applicant signed the commitment.",
  })
  commitment?: boolean | null;

  @Field(() => PurposeInput, { description: "What it is asked for; names the same procedure." })
  purpose: PurposeInput;

  @Field(() => DateScalar, { nullable: true, description: "A past day to decide for; today when left out." })
  asOf?: string | null;
}

@ObjectType({ description: "Why a material was answered as it was, or what to look at." })
export class MaterialReason {
  @Field(() => String, { description: "Stable code." })
  code: string;

  @Field(() => String, { description: "In English." })
  message: string;

  @Field(() => String, { description: "In Chinese." })
  messageZh: string;
}

@ObjectType({ description: "A license named, not disclosed." })
export class LicenseReference {
  @Field(() => ID, { description: "Its identifier." })
  identifier: string;

  @Field(() => LicenseType, { description: "What kind of license it is." })
  type: LicenseType;

  @Field(() => [String], {
    description: "Names of the attributes the material needs from it; empty: the license as such.",
  })
  attributes: string[];
}

@ObjectType({ description: "The answer for one material." })
export class MaterialAnswer {
  @Field(() => Material, { description: "The material." })
  material: Material;

  @Field(() => MaterialDecisionEnum, { description: "What becomes of it." })
  decision: string;

  @Field(() => DateScalar, {
    nullable: true,
    description:
      "Last day on which a deferred material may follow: its term counted from the day asked, in working days.",
  })
  dueOn: string | null;

  @Field(() => DeferralPhaseEnum, {
    nullable: true,
    description:
      "Whether a deferred material follows before the decision (容缺受理) or after the license (领证后补交).",
  })
  phase: DeferralPhase | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Legal ground, in Chinese: the words of the city's plan in quotation marks, anything else paraphrased.",
  })
  ground: string | null;
}

@ObjectType({ description: "免提交判定: the answers for one case." })
export class MaterialCheck {
  @Field(() => ID, { description: "Opens one fetch, for this caller, for ten minutes." })
  id: string;

  @Field(() => Procedure, { description: "The procedure." })
  procedure: Procedure;

  @Field(() => DateTimeScalar, { description: "When it was decided." })
  checkedAt: Date;

  @Field(() => [MaterialAnswer], { description: "One for each material, in the order of the guide." })
  answers: MaterialAnswer[];
}

@InputType({ description: "What to fetch with a check." })
export class FetchMaterialsInput {
  @Field(() => ID, { description: "Id of the caller's own check." })
  check: string;

  @Field(() => [ID], { nullable: true, description: "Codes of materials answered FETCH; all of them when left out." })
  materials?: string[] | null;
}

@ObjectType({ description: "Licenses handed over into a case, with the hub's receipt." })
export class MaterialBundle {
  @Field(() => ID, { description: "Id of the bundle." })
  id: string;

  @Field(() => String, {
    description:
      "Compact JWS (receipt+jwt): case, purpose, license identifiers, and the SHA-256 of each license's payload.",
  })
  receipt: string;

  @Field(() => [License], { description: "The licenses, each with its own signature." })
  licenses: License[];
}

const spoken = (code: string, { en, zh }: LocalizedText): MaterialReason => ({ code, message: en, messageZh: zh });

@Resolver(() => MaterialAnswer)
export class MaterialAnswerResolver {
  @FieldResolver(() => [MaterialReason], { description: "Why, the nearest reason first." })
  reasons(@Root() { reasons }: AnswerFacts): MaterialReason[] {
    return reasons.map((code) => spoken(code, materialReasons[code].message));
  }

  @FieldResolver(() => [MaterialReason], {
    description:
      "What to look at before the material is used, such as a renewal out of its term (RENEWAL_…). Never a ground to refuse, or to ask for paper.",
  })
  warnings(@Root() { warnings }: AnswerFacts): MaterialReason[] {
    return warnings.map((code) => spoken(code, materialWarnings[code]));
  }

  @FieldResolver(() => [LicenseReference], { description: "Which licenses say it." })
  async sources(@Root() { sources }: AnswerFacts, @Ctx() { hub }: Context): Promise<LicenseReference[]> {
    const { licenseTypes } = await hub.catalogue();
    return sources.map(({ identifier, licenseType, attributes }) => {
      const type = licenseTypes.get(licenseType);
      if (!type) throw new HubError("INTERNAL");
      return { identifier, type, attributes: [...attributes] };
    });
  }
}

@Resolver(() => MaterialCheck)
export class MaterialResolver {
  @Query(() => MaterialCheck, {
    description:
      "Which materials of a case can be fetched instead of submitted, each with reasons and legal ground. Discloses no license content. Needs scope material:check and a purpose.",
  })
  checkMaterials(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => CheckMaterialsInput, { description: "The case." }) input: CheckMaterialsInput,
  ) {
    const { procedure, holder, persons, commitment, purpose, asOf } = input;
    return hub.checkMaterials(caller, {
      ...{ procedure, holder, persons: persons ?? [], commitment: commitment ?? false },
      ...{ purpose: { ...purpose }, asOf: asOf ?? undefined },
    });
  }

  @Mutation(() => MaterialBundle, {
    description:
      "Takes the licenses a check said FETCH for into its case: signed licenses and a signed receipt. A check works once, for its caller, within ten minutes. WHOLE_LICENSE_NOT_GRANTED, and the check stays good, when `jws` is asked for and some grant covers attributes only. Needs scope material:fetch.",
  })
  async fetchMaterials(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => FetchMaterialsInput, { description: "What to fetch." }) input: FetchMaterialsInput,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Omit<BundleFacts, "licenses" | "purpose"> & { licenses: DisclosedLicense[] }> {
    const { check, materials } = input;
    const wantsWhole = asksFor(info, "licenses", "jws");
    const bundle = await hub.fetchMaterials(caller, { check, materials: materials ?? undefined, wantsWhole });
    return { ...bundle, licenses: bundle.licenses.map((license) => ({ ...license, purpose: bundle.purpose })) };
  }

  @FieldResolver(() => Int, { description: "How many materials can be fetched." })
  fetchCount(@Root() { answers }: { answers: readonly AnswerFacts[] }): number {
    return answers.filter((answer) => answer.decision === "FETCH").length;
  }

  @FieldResolver(() => Int, { description: "How many materials the applicant must hand in." })
  submitCount(@Root() { answers }: { answers: readonly AnswerFacts[] }): number {
    return answers.filter((answer) => answer.decision === "SUBMIT").length;
  }
}
