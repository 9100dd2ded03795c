import { Ctx, Directive, Field, ID, ObjectType, Query, Resolver } from "type-graphql";
import type { Department as DepartmentRow } from "../../store/catalogue/catalogue-store.ts";
import type { Context } from "../context.ts";
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

@Resolver()
export class CatalogueResolver {
  @Query(() => [LicenseType], { description: "Every license type, with the schema of its attributes." })
  async licenseTypes(@Ctx() { hub }: Context) {
    return [...(await hub.catalogue()).licenseTypes.values()];
  }

  @Query(() => [Department], { description: "Every department." })
  async departments(@Ctx() { hub }: Context) {
    return [...(await hub.catalogue()).departments.values()];
  }
}

/** A department by code; one that left the catalogue keeps its code as its name. */
export async function findDepartment(hub: Context["hub"], code: string): Promise<DepartmentRow> {
  return (await hub.catalogue()).departments.get(code) ?? { code, key: code, name: code, region: "" };
}
