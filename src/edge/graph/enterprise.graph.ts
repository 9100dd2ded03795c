import { Arg, Args, Ctx, Directive, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from "type-graphql";
import { parseDate } from "../../domain/calendar.ts";
import type { LicenseState } from "../../domain/licenses/license.ts";
import { HubError } from "../../errors.ts";
import { limitRows } from "../../limits.ts";
import type { Enterprise as EnterpriseFacts } from "../../use-cases/licenses/read-enterprises.ts";
import type { Context } from "../context.ts";
import { Region } from "./catalogue.graph.ts";
import { decodeCursor, PageArgs, pageSize, toConnection } from "./connection.ts";
import { LicenseStateEnum } from "./enums.ts";
import { LicenseConnection } from "./license.graph.ts";
import { PurposeInput } from "./purpose.graph.ts";
import { DateTimeScalar, toPastInstant } from "./scalars.ts";

@Directive('@key(fields: "uscc")')
@ObjectType({ description: "市场主体: a company, sole trader or farmers' cooperative." })
export class Enterprise {
  @Field(() => ID, { description: "统一社会信用代码, GB 32100-2015." })
  uscc: string;

  @Field(() => String, { description: "Name as on its business license." })
  name: string;

  /** Federation calls this where another subgraph names an enterprise; unknown ones become null. */
  static async __resolveReference(reference: { uscc?: unknown }, { loaders }: Context) {
    const uscc = typeof reference.uscc === "string" ? reference.uscc.slice(0, 40) : "";
    return (await loaders.enterprises.load(uscc)) ?? null;
  }
}

const positionShape = /^\d{4}-\d\d-\d\d .{1,200}$/u;

@Resolver(() => Enterprise)
export class EnterpriseResolver {
  @Query(() => Enterprise, {
    nullable: true,
    description: "The enterprise with this unified social credit code; null when the hub holds nothing about it.",
  })
  async enterprise(@Ctx() { loaders }: Context, @Arg("uscc", () => ID, { description: "Its code." }) uscc: string) {
    return (await loaders.enterprises.load(uscc)) ?? null;
  }

  @Query(() => [Enterprise], {
    nullable: "items",
    description: `Several enterprises in the order asked, null for unknown ones; at most ${limitRows.maxListArgument.value}.`,
  })
  async enterprises(
    @Ctx() { loaders }: Context,
    @Arg("usccs", () => [ID], { description: "Their codes." }) usccs: string[],
  ): Promise<(EnterpriseFacts | null)[]> {
    const { most } = limitRows.maxListArgument;
    if (usccs.length > most) {
      throw new HubError("PAGE_TOO_LARGE", { limit: most, found: usccs.length });
    }
    return (await loaders.enterprises.loadMany(usccs)).map((found) => {
      if (found instanceof Error) throw found;
      return found ?? null;
    });
  }

  @FieldResolver(() => Region, { nullable: true, description: "Where it is registered." })
  async region(@Root() enterprise: EnterpriseFacts, @Ctx() { hub }: Context) {
    return enterprise.region === null ? null : ((await hub.catalogue()).regions.get(enterprise.region) ?? null);
  }

  @FieldResolver(() => LicenseConnection, {
    description:
      "Its licenses, newest issue first. Discloses content: needs scope license:read, grants and a purpose; types the caller holds no grant for are left out and counted in `withheldCount`. Without `states`: every state, superseded versions too.",
  })
  async licenses(
    @Root() enterprise: EnterpriseFacts,
    @Ctx() { hub, loaders }: Context,
    @Arg("purpose", () => PurposeInput, { description: "What they are read for." }) purpose: PurposeInput,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("types", () => [ID], { nullable: true, description: "Codes of license types; all when left out." }) types?:
      | string[]
      | null,
    @Arg("states", () => [LicenseStateEnum], { nullable: true, description: "States now; all when left out." })
    states?: LicenseState[] | null,
    @Arg("knownAt", () => DateTimeScalar, {
      nullable: true,
      description:
        "As the hub knew them at this past instant: those it held then, each in the state it knew then, which `states` means too. Grants and `withheldCount` are today's. As known now when left out.",
    })
    knownAt?: string | null,
  ): Promise<LicenseConnection> {
    const position = decodeCursor(after, positionShape)?.split(" ");
    if (position && !parseDate(position[0] ?? "")) throw new HubError("CURSOR_INVALID");
    const query = {
      ...{ types: types ?? undefined, states: states ?? undefined, first: pageSize(first) },
      after: position && { issuedOn: position[0] ?? "", identifier: position[1] ?? "" },
    };
    const at = toPastInstant(hub, knownAt);
    const page = await loaders.licensePages({ ...purpose }, query, at).load(enterprise.uscc);
    const licenses = page.licenses.map((license) => ({ ...license, purpose: { ...purpose }, knownAt: at }));
    const connection = toConnection(licenses, page.hasNextPage, (row) => `${row.issuedOn} ${row.identifier}`, after);
    return { ...connection, withheldCount: page.withheldCount };
  }
}
