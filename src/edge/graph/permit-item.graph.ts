import { Arg, Args, Ctx, Directive, Field, ID, InputType, ObjectType, Query, Resolver } from "type-graphql";
import type { PermitItemEntry, ReformMode, ReformScope } from "../../domain/materials/permit-item.ts";
import type { BusinessScope as BusinessScopeRow } from "../../store/catalogue/catalogue-store.ts";
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
import { ReformModeEnum, ReformScopeEnum } from "./enums.ts";
import { DateScalar } from "./scalars.ts";

@Directive('@key(fields: "code")')
@ObjectType({ description: "涉企经营许可事项: an entry of the reform list." })
export class PermitItem {
  @Field(() => ID, { description: "Code." })
  code: string;

  @Field(() => String, { description: "Name in Chinese." })
  name: string;

  @Field(() => String, { description: "The body in charge, by its one name: entries of one item agree in it." })
  department: string;

  @Field(() => ReformModeEnum, { description: "What the reform did to it." })
  reformMode: ReformMode;

  @Field(() => ReformScopeEnum, { description: "Where this entry applies." })
  scope: ReformScope;

  @Field(() => DateScalar, { description: "First day of this entry." })
  effectiveFrom: string;

  @Field(() => DateScalar, { nullable: true, description: "Last day of this entry; null: it stands." })
  effectiveTo: string | null;

  @Field(() => String, { nullable: true, description: "The law it rests on." })
  legalBasis: string | null;

  @Field(() => String, { nullable: true, description: "Name of the license the permit gives." })
  licenseName: string | null;

  @Field(() => String, { nullable: true, description: "审批层级: which level of government decides, in Chinese." })
  approvalLevel: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The text the entry comes from, in Chinese; null: none, it is general knowledge.",
  })
  source: string | null;

  @Field(() => ReformScopeEnum, {
    nullable: true,
    description: "How far `source` reaches. A verified entry never claims more than its source.",
  })
  sourceScope: ReformScope | null;

  @Field(() => Boolean, {
    description: "Whether the entry was read in `source`; false: check it against the published list.",
  })
  verified: boolean;

  @Field(() => String, { nullable: true, description: "What a reader of the entry should know." })
  note: string | null;

  /** Federation calls this where another subgraph names an item: as it stands today, nationally. */
  static async __resolveReference(reference: { code?: unknown }, { hub }: Context) {
    const code = String(reference.code);
    return codeShape.test(code) ? ((await hub.findPermitItem(code, "NATIONAL", undefined)) ?? null) : null;
  }
}

@ObjectType({ description: "经营范围规范表述: a standard expression of what an enterprise does." })
export class BusinessScope {
  @Field(() => ID, { description: "Code of the standard expression." })
  code: string;

  @Field(() => String, { description: "The expression." })
  expression: string;

  @Field(() => String, { description: "`GENERAL`, `PRE_PERMIT` or `POST_PERMIT`." })
  kind: string;

  @Field(() => ID, { nullable: true, description: "Code of the permit item the activity needs." })
  permitItem: string | null;

  @Field(() => String, { nullable: true, description: "The filing the activity needs." })
  filing: string | null;

  @Field(() => Boolean, { description: "false: entered from general knowledge, not from the published catalogue." })
  verified: boolean;
}

export const PermitItemConnection = connectionOf("PermitItem", PermitItem);
export const BusinessScopeConnection = connectionOf("BusinessScope", BusinessScope);

@InputType({ description: "Narrows the list of permit items; every set field must fit." })
export class PermitItemFilter {
  @Field(() => String, { nullable: true, description: "Text the name, license name or department contains." })
  text?: string | null;

  @Field(() => ReformModeEnum, { nullable: true, description: "Reform mode." })
  mode?: ReformMode | null;

  @Field(() => ReformScopeEnum, { nullable: true, description: "Scope." })
  scope?: ReformScope | null;
}

@Resolver(() => PermitItem)
export class PermitItemResolver {
  @Query(() => PermitItemConnection, { description: "Entries of the reform list in the order of their codes." })
  async permitItems(
    @Ctx() { hub }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => PermitItemFilter, { nullable: true, description: "Narrows the list." })
    filter?: PermitItemFilter | null,
  ): Promise<Connection<PermitItemEntry>> {
    const wanted = {
      text: filter?.text ?? undefined,
      mode: filter?.mode ?? undefined,
      scope: filter?.scope ?? undefined,
    };
    const page = await hub.listPermitItems(wanted, pageSize(first), decodeCursor(after, codeShape));
    return toConnection(page.rows, page.hasNextPage, (row) => row.code, after);
  }

  @Query(() => PermitItem, {
    nullable: true,
    description:
      "The item as it stood on a day, for a scope: the national entry, unless the province's, or the city's (or the free trade zone's) under it, is more liberal.",
  })
  permitItem(
    @Ctx() { hub }: Context,
    @Arg("code", () => ID, { description: "Code of any entry of the item." }) code: string,
    @Arg("scope", () => ReformScopeEnum, {
      nullable: true,
      defaultValue: "NATIONAL",
      description: "Where the enterprise is.",
    })
    scope: ReformScope | null,
    @Arg("asOf", () => DateScalar, { nullable: true, description: "The day; today when left out." }) asOf?:
      | string
      | null,
  ) {
    return hub.findPermitItem(code, scope ?? "NATIONAL", asOf ?? undefined);
  }

  @Query(() => BusinessScopeConnection, {
    description: "Standard expressions of business scope in the order of their codes.",
  })
  async businessScopes(
    @Ctx() { hub }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("text", () => String, { nullable: true, description: "Text the expression contains." }) text?: string | null,
  ): Promise<Connection<BusinessScopeRow>> {
    const page = await hub.listBusinessScopes(text ?? undefined, pageSize(first), decodeCursor(after, codeShape));
    return toConnection(page.rows, page.hasNextPage, (row) => row.code, after);
  }
}
