import {
  Arg,
  Args,
  Ctx,
  Directive,
  Field,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { Material as MaterialFacts, Procedure as ProcedureFacts } from "../../domain/materials/procedure.ts";
import type { Department as DepartmentRow } from "../../store/catalogue/catalogue-store.ts";
import type { Context } from "../context.ts";
import {
  type Connection,
  codeShape,
  connectionOf,
  decodeCursor,
  PageArgs,
  pageSize,
  toConnection,
} from "./connection.ts";
import { HolderIdTypeEnum } from "./enums.ts";
import { JsonScalar } from "./scalars.ts";

@ObjectType({ description: "An administrative division or functional area." })
export class Region {
  @Field(() => ID, { description: "Six digits, GB/T 2260 or the city's own for functional areas." })
  code: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  @Field(() => String, { description: "`GB/T 2260` or `functional area`." })
  standard: string;
}

@Directive('@key(fields: "code")')
@ObjectType({ description: "部门: a government body that issues, asks or supervises." })
export class Department {
  @Field(() => ID, { description: "Its unified social credit code." })
  code: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  /** Federation calls this where another subgraph names a department; unknown ones become null. */
  static async __resolveReference(reference: { code?: unknown }, { hub }: Context) {
    return (await hub.catalogue()).departments.get(String(reference.code)) ?? null;
  }
}

@ObjectType({ description: "证照类型: a kind of license." })
export class LicenseType {
  @Field(() => ID, { description: "21 characters, GB/T 36903." })
  code: string;

  @Field(() => String, { description: "Short English key." })
  key: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  @Field(() => Boolean, { description: "Whether the code is the one officially published; otherwise it is invented." })
  codeIsOfficial: boolean;

  @Field(() => [HolderIdTypeEnum], { description: "The kinds of subject that may hold it." })
  holderIdTypes: readonly string[];

  @Field(() => String, { description: "`n/Y`, `n/M`, `n/D`, or `0/L` for long term." })
  validityRange: string;

  @Field(() => String, {
    description: "Rule a license number follows: a regular expression, or `number = holder code`.",
  })
  numberRule: string;

  @Field(() => JsonScalar, { description: "JSON Schema (draft 2020-12) of the attributes." })
  attributesSchema: unknown;
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

  @Field(() => Boolean, { description: "Whether a signed commitment replaces it." })
  commitmentWaivable: boolean;

  @Field(() => Int, { nullable: true, description: "Calendar days within which it may follow; null: it may not." })
  deferrableDays: number | null;

  @Field(() => String, { nullable: true, description: "A document accepted instead." })
  alternativeDocument: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: "Which licenses can stand in for it: an anyOf/allOf expression; null: none can.",
  })
  source: unknown;
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

  @Field(() => [Material], { description: "What it asks for, in the order of its guide." })
  materials: MaterialFacts[];
}

export const ProcedureConnection = connectionOf("Procedure", Procedure);

@Resolver(() => Procedure)
export class CatalogueResolver {
  @Query(() => [LicenseType], { description: "Every license type, with the schema of its attributes." })
  async licenseTypes(@Ctx() { hub }: Context) {
    return [...(await hub.catalogue()).licenseTypes.values()];
  }

  @Query(() => [Department], { description: "Every department." })
  async departments(@Ctx() { hub }: Context) {
    return [...(await hub.catalogue()).departments.values()];
  }

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

/** A department by code; one that left the catalogue keeps its code as its name. */
export async function findDepartment(hub: Context["hub"], code: string): Promise<DepartmentRow> {
  return (await hub.catalogue()).departments.get(code) ?? { code, key: code, name: code, region: "" };
}
