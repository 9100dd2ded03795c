import { Arg, Args, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { StoredGrant } from "../../../store/access/grant-store.ts";
import type { Context } from "../../context.ts";
import {
  type Connection,
  connectionOf,
  decodeNumber,
  PageArgs,
  pageSize,
  toConnection,
  toNumber,
} from "../connection.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";

@ObjectType({ description: "授权: one client may see one license type for one procedure." })
export class Grant {
  @Field(() => ID, { description: "Number of the grant." })
  id: string;

  @Field(() => ID, { description: "Id of the client." })
  client: string;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => ID, { description: "Code of the procedure." })
  procedure: string;

  @Field(() => DateScalar, { description: "First day." })
  validFrom: string;

  @Field(() => DateScalar, { nullable: true, description: "Last day; null: until it is revoked." })
  validUntil: string | null;

  @Field(() => String, { description: "The rule it rests on." })
  legalBasis: string;

  @Field(() => Boolean, {
    description: "True: the license as it was signed. False: only the attributes the procedure's materials name.",
  })
  wholeLicense: boolean;

  @Field(() => String, { description: "The operator who granted it." })
  grantedBy: string;

  @Field(() => DateTimeScalar, { description: "When it was granted." })
  grantedAt: string;

  @Field(() => String, { nullable: true, description: "The operator who revoked it; null: nobody did." })
  revokedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was revoked; null: it was not." })
  revokedAt: string | null;
}

const GrantConnection = connectionOf("Grant", Grant);

@InputType({ description: "Narrows grants; every set field must fit." })
export class GrantFilter {
  @Field(() => ID, { nullable: true, description: "Id of the client." })
  client?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the procedure." })
  procedure?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the license type." })
  licenseType?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True: neither revoked nor over today; false: only those that are.",
  })
  standing?: boolean | null;
}

@InputType({ description: "A new grant." })
export class GrantAccessInput {
  @Field(() => ID, { description: "Id of a department's client that is not suspended." })
  client: string;

  @Field(() => ID, { description: "Code of a license type that the procedure's materials name." })
  licenseType: string;

  @Field(() => ID, { description: "Code of a procedure of the client's department." })
  procedure: string;

  @Field(() => DateScalar, { nullable: true, description: "First day, not in the past; left out: today." })
  validFrom?: string | null;

  @Field(() => DateScalar, { nullable: true, description: "Last day; left out: until it is revoked." })
  validUntil?: string | null;

  @Field(() => String, { description: "The rule it rests on: 2 to 300 characters." })
  legalBasis: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "The license as it was signed, not only the attributes the procedure's materials name.",
  })
  wholeLicense: boolean;
}

@Resolver(() => Grant)
export class GrantResolver {
  @Query(() => GrantConnection, { description: "Grants, newest first. For operators: needs scope hub:operate." })
  async grants(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => GrantFilter, { nullable: true, description: "Narrows the grants." })
    filter?: GrantFilter | null,
  ): Promise<Connection<Grant>> {
    const { client, procedure, licenseType, standing } = filter ?? {};
    const position = decodeNumber(after);
    const page = await hub.readGrants(caller, {
      filter: {
        ...{ client: client ?? undefined, procedure: procedure ?? undefined },
        ...{ licenseType: licenseType ?? undefined, standing: standing ?? undefined },
      },
      first: pageSize(first),
      after: position,
    });
    return toConnection(page.rows.map(toGrant), page.hasNextPage, (grant) => grant.id, after);
  }

  @Mutation(() => Grant, {
    description:
      "Grants a license type for a procedure. The same again answers with the grant that stands. For operators: needs scope hub:operate.",
  })
  async grantAccess(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => GrantAccessInput, { description: "The grant." }) input: GrantAccessInput,
  ): Promise<Grant> {
    const { client, licenseType, procedure, validFrom, validUntil, legalBasis, wholeLicense } = input;
    const dates = { validFrom: validFrom ?? undefined, validUntil: validUntil ?? null };
    return toGrant(
      await hub.grantAccess(caller, { clientId: client, licenseType, procedure, ...dates, legalBasis, wholeLicense }),
    );
  }

  @Mutation(() => Grant, {
    description: "Revokes a grant: the next request finds it gone. For operators: needs scope hub:operate.",
  })
  async revokeGrant(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Number of the grant." }) id: string,
  ): Promise<Grant> {
    return toGrant(await hub.revokeGrant(caller, toNumber(id)));
  }
}

function toGrant({ id, clientId, ...grant }: StoredGrant): Grant {
  return { id: String(id), client: clientId, ...grant };
}
