import { Arg, Args, Ctx, Field, FieldResolver, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";
import type {
  DeferralPhase,
  ExcludedField,
  Material as MaterialFacts,
  Procedure as ProcedureFacts,
} from "../../../domain/materials/procedure.ts";
import type { Department as DepartmentRow } from "../../../store/catalogue/catalogue-store.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import {
  type Connection,
  codeShape,
  connectionOf,
  decodeCursor,
  PageArgs,
  pageSize,
  toConnection,
} from "../connection.ts";
import { JsonScalar } from "../scalars.ts";
import { DeferralPhaseEnum, ExcludedFieldEnum } from "./procedure-enums.ts";

@ObjectType({
  description: "A term in which a material may follow. Exactly one of `workingDays` and `calendarDays` is set.",
})
export class Deferral {
  @Field(() => DeferralPhaseEnum, { description: "Before the decision, or after the license." })
  phase: DeferralPhase;

  @Field(() => Int, {
    nullable: true,
    description: "工作日: the hub's calendar of holidays counts; the day of the case itself does not.",
  })
  workingDays: number | null;

  @Field(() => Int, { nullable: true, description: "Calendar days, where `legalBasis` says so." })
  calendarDays: number | null;

  @Field(() => String, {
    nullable: true,
    description: "The text that gives the term, in Chinese; null: the city's own.",
  })
  legalBasis: string | null;

  @Field(() => Boolean, { description: "Whether the term was read in `legalBasis`." })
  verified: boolean;
}

@ObjectType({
  description: "When the license a material names is renewed. A case outside of it gets a warning, never a refusal.",
})
export class RenewalWindow {
  @Field(() => Int, { description: "It opens this many working days before the last day of the license." })
  opensWorkingDays: number;

  @Field(() => Int, { description: "It closes this many working days before the last day of the license." })
  closesWorkingDays: number;

  @Field(() => String, { nullable: true, description: "The text that says so, in Chinese." })
  legalBasis: string | null;

  @Field(() => Boolean, { description: "Whether the days were read in `legalBasis`." })
  verified: boolean;
}

@ObjectType({ description: "申请材料: what a procedure asks for." })
export class Material {
  @Field(() => ID, { description: "Code, unique within its procedure." })
  code: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  @Field(() => Boolean, { description: "Whether the procedure requires it." })
  required: boolean;

  @Field(() => Boolean, { description: "Whether it is a form the applicant fills in." })
  form: boolean;

  @Field(() => Boolean, { description: "承诺书: whether it is itself a promise, which can not follow later." })
  promise: boolean;

  @Field(() => Boolean, { description: "Whether a signed commitment replaces it where it is not held." })
  commitmentWaivable: boolean;

  @Field(() => ExcludedFieldEnum, {
    nullable: true,
    description: "The field that keeps a commitment from replacing it.",
  })
  excludedField: ExcludedField | null;

  @Field(() => Deferral, { nullable: true, description: "In which term it may follow; null: it may not." })
  deferral: Deferral | null;

  @Field(() => RenewalWindow, { nullable: true, description: "Where the license it names is what the case renews." })
  renewalWindow: RenewalWindow | null;

  @Field(() => String, { nullable: true, description: "A document accepted instead." })
  alternativeDocument: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: "Which licenses can stand in for it: an anyOf/allOf expression; null: none can.",
  })
  source: unknown;

  @Field(() => String, { nullable: true, description: "The text that asks for it, in Chinese; null: none is known." })
  legalBasis: string | null;

  @Field(() => Boolean, { description: "Whether it was read in `legalBasis`; false: check it before you ask for it." })
  verified: boolean;

  @Field(() => String, { nullable: true, description: "What its reader should know, in Chinese." })
  note: string | null;
}

@ObjectType({ description: "政务服务事项: something a department handles for an applicant." })
export class Procedure {
  @Field(() => ID, { description: "Code." })
  code: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  @Field(() => Department, { description: "The department that handles it." })
  department: Department;

  @Field(() => ID, { nullable: true, description: "Code of the permit item it applies for, if it does." })
  permitItem: string | null;

  @Field(() => ExcludedFieldEnum, {
    nullable: true,
    description: "The field that keeps a commitment from replacing any of its materials.",
  })
  excludedField: ExcludedField | null;

  @Field(() => String, {
    nullable: true,
    description: "Where its list of materials comes from, in Chinese; null: nowhere but general knowledge.",
  })
  source: string | null;

  @Field(() => Boolean, { description: "Whether the whole list was read in `source`." })
  verified: boolean;

  @Field(() => [Material], { description: "What it asks for, in the order of its guide." })
  materials: MaterialFacts[];
}

export const ProcedureConnection = connectionOf("Procedure", Procedure);

@Resolver(() => Procedure)
export class ProcedureResolver {
  @Query(() => ProcedureConnection, { description: "Procedures in the order of their codes." })
  async procedures(
    @Ctx() { hub }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("department", () => ID, { nullable: true, description: "Only those of this department." }) department?:
      | string
      | null,
  ): Promise<Connection<ProcedureFacts>> {
    const page = await hub.listProcedures(department ?? undefined, pageSize(first), decodeCursor(after, codeShape));
    return toConnection(page.rows, page.hasNextPage, (row) => row.code, after);
  }

  @Query(() => Procedure, { nullable: true, description: "The procedure with this code." })
  procedure(@Ctx() { hub }: Context, @Arg("code", () => ID, { description: "Its code." }) code: string) {
    return hub.findProcedure(code);
  }

  @FieldResolver(() => Department, { description: "The department that handles it." })
  department(@Root() procedure: ProcedureFacts, @Ctx() { hub }: Context): Promise<DepartmentRow> {
    return findDepartment(hub, procedure.department);
  }
}
