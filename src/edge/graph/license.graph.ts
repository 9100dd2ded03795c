import { Arg, Ctx, Directive, Field, FieldResolver, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";
import type { Purpose } from "../../domain/access/caller.ts";
import type { Disclosed } from "../../domain/access/disclosure.ts";
import { dateOf } from "../../domain/calendar.ts";
import { knownAt } from "../../domain/licenses/history.ts";
import { type LicenseState, visibleState } from "../../domain/licenses/license.ts";
import { HubError } from "../../errors.ts";
import type { StoredLicense } from "../../store/licenses/license-store.ts";
import type { Context } from "../context.ts";
import type { Loaders } from "../loaders.ts";
import { Department, findDepartment, LicenseType } from "./catalogue.graph.ts";
import { PageInfo } from "./connection.ts";
import { HolderIdTypeEnum, LicenseStateEnum } from "./enums.ts";
import { PurposeInput } from "./purpose.graph.ts";
import { DateScalar, DateTimeScalar, JsonScalar, toPastInstant } from "./scalars.ts";

@ObjectType({ description: "持证主体: whose license it is." })
export class Holder {
  @Field(() => HolderIdTypeEnum, { description: "What kind of code identifies it." })
  idType: string;

  @Field(() => ID, { description: "Unified social credit code or resident ID." })
  id: string;

  @Field(() => String, { description: "Name as on the license." })
  name: string;
}

/**
 * A license with the purpose it was disclosed for: whatever is read from it later serves the same purpose. With
 * `knownAt` it is shown as the hub knew it then, its `state` being the one known then.
 */
export type DisclosedLicense = Disclosed<StoredLicense> & Readonly<{ purpose: Purpose; knownAt?: Date | undefined }>;

@Directive('@key(fields: "identifier")')
@ObjectType({ description: "电子证照: one version of one license." })
export class License {
  @Field(() => ID, { description: "电子证照标识, GB/T 36904. Opaque." })
  identifier: string;

  @Field(() => String, { description: "Number printed on the license." })
  number: string;

  @Field(() => Holder, { description: "Whose it is." })
  holder: Holder;

  @Field(() => DateScalar, { description: "Day of issue of this version." })
  issuedOn: string;

  @Field(() => DateScalar, { description: "First day of validity." })
  validFrom: string;

  @Field(() => DateScalar, { nullable: true, description: "Last day of validity; null: long term." })
  validUntil: string | null;

  @Field(() => JsonScalar, {
    description:
      "照面信息, as its type's schema describes; without a grant of the whole license only what the procedure's materials name.",
  })
  attributes: unknown;

  /** A reference from another subgraph states no purpose, and without a purpose nothing is disclosed. */
  static __resolveReference(): null {
    return null;
  }
}

/** A license version as it is known now, or was at an instant; null when it is not there, not granted, or was not known. */
async function findLicense(
  loaders: Loaders,
  identifier: string,
  purpose: Purpose,
  at: Date | undefined,
): Promise<DisclosedLicense | null> {
  const license = await loaders.licenses(purpose).load(identifier);
  if (!license || !at) return license ? { ...license, purpose } : null;
  const last = knownAt(await loaders.changes(purpose).load(identifier), at).at(-1);
  return last ? { ...license, state: last.state, purpose, knownAt: at } : null;
}

@ObjectType({ description: "A license in a page." })
export class LicenseEdge {
  @Field(() => String, { description: "Cursor of the license." })
  cursor: string;

  @Field(() => License, { description: "The license." })
  node: License;
}

@ObjectType({ description: "A page of licenses, newest issue first." })
export class LicenseConnection {
  @Field(() => [LicenseEdge], { description: "Licenses with their cursors." })
  edges: LicenseEdge[];

  @Field(() => [License], { description: "Licenses alone." })
  nodes: License[];

  @Field(() => PageInfo, { description: "Where the page stands." })
  pageInfo: PageInfo;

  @Field(() => Int, {
    description:
      "Licenses of the holder that were left out because the caller holds no grant for their types in this procedure, whatever `types` and `states` say.",
  })
  withheldCount: number;
}

@ObjectType({ description: "Answer to claims about a license." })
export class Confirmation {
  @Field(() => Boolean, {
    description:
      "true: every claim holds. false: one does not, or there is no such license, or the caller may not know.",
  })
  confirmed: boolean;

  @Field(() => DateTimeScalar, { description: "When it was looked up." })
  checkedAt: Date;
}

@Resolver(() => License)
export class LicenseResolver {
  @Query(() => License, {
    nullable: true,
    description:
      "One license version by identifier. Discloses content: needs scope license:read, a grant and a purpose. null: it does not exist or is not granted.",
  })
  async license(
    @Ctx() { hub, loaders }: Context,
    @Arg("identifier", () => ID, { description: "Its identifier." }) identifier: string,
    @Arg("purpose", () => PurposeInput, { description: "What it is read for." }) purpose: PurposeInput,
    @Arg("knownAt", () => DateTimeScalar, {
      nullable: true,
      description:
        "As the hub knew it at this past instant; null when it did not know it yet. As known now when left out.",
    })
    knownAt?: string | null,
  ): Promise<DisclosedLicense | null> {
    return findLicense(loaders, identifier, { ...purpose }, toPastInstant(hub, knownAt));
  }

  @Query(() => Confirmation, {
    description: "Yes/no check of claimed fields without disclosing anything else. Needs scope license:read.",
  })
  confirmLicense(
    @Ctx() { hub, caller }: Context,
    @Arg("identifier", () => ID, { description: "Identifier of the license." }) identifier: string,
    @Arg("claims", () => JsonScalar, {
      description:
        "What is claimed, by field: number, type, issuer, region, issuedOn, validFrom, validUntil, state, holder.id, holder.name, attributes.NAME.",
    })
    claims: unknown,
  ) {
    const isObject = typeof claims === "object" && claims !== null && !Array.isArray(claims);
    if (!isObject) throw new HubError("INPUT_INVALID", { argument: "claims" });
    return hub.confirmLicense(caller, { identifier, claims: { ...claims } });
  }

  @FieldResolver(() => String, {
    description:
      "The hub's compact JWS over this version (application/license+jwt), signed when it was accepted. Verify it with /.well-known/jwks.json. WHOLE_LICENSE_NOT_GRANTED when the grant covers some attributes only: then ask without it.",
  })
  jws(@Root() license: DisclosedLicense): string {
    if (license.jws === null) throw new HubError("WHOLE_LICENSE_NOT_GRANTED");
    return license.jws;
  }

  @FieldResolver(() => Boolean, {
    description: "Whether the license went out as it was signed; false: only the attributes named for the purpose.",
  })
  isWhole(@Root() license: DisclosedLicense): boolean {
    return license.extent === "WHOLE";
  }

  @FieldResolver(() => LicenseType, { description: "What kind of license it is." })
  async type(@Root() license: DisclosedLicense, @Ctx() { hub }: Context) {
    const type = (await hub.catalogue()).licenseTypes.get(license.typeCode);
    if (!type) throw new HubError("INTERNAL");
    return type;
  }

  @FieldResolver(() => Department, { description: "Who issued it." })
  issuer(@Root() license: DisclosedLicense, @Ctx() { hub }: Context) {
    return findDepartment(hub, license.issuerCode);
  }

  @FieldResolver(() => LicenseStateEnum, {
    description:
      "State now, EXPIRED included; of a license asked for with `knownAt` the state it had then, as known then.",
  })
  state(@Root() license: DisclosedLicense, @Ctx() { hub }: Context): LicenseState {
    return visibleState(license.state, license.validUntil, dateOf(license.knownAt ?? hub.now()));
  }

  @FieldResolver(() => License, {
    nullable: true,
    description:
      "The version this one follows; null when there is none or it is not granted. Reading it is recorded like any other.",
  })
  async predecessor(@Root() license: DisclosedLicense, @Ctx() { loaders }: Context): Promise<DisclosedLicense | null> {
    const { predecessor, purpose, knownAt } = license;
    return predecessor === null ? null : findLicense(loaders, predecessor, purpose, knownAt);
  }
}
