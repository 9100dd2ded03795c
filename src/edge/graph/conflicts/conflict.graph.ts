import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { ClaimStatus, ConflictStatus } from "../../../domain/conflicts/conflict.ts";
import { maskedText } from "../../../domain/conflicts/side.ts";
import type { StoredState } from "../../../domain/licenses/license.ts";
import { HubError } from "../../../errors.ts";
import type { Claim, Conflict } from "../../../store/conflicts/conflict-store.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import {
  type Connection,
  connectionOf,
  decodeNumber,
  PageArgs,
  pageSize,
  toConnection,
  toNumber,
} from "../connection.ts";
import { LicenseStateEnum } from "../enums.ts";
import { DateScalar, DateTimeScalar, JsonScalar } from "../scalars.ts";
import { ClaimStatusEnum, ConflictStatusEnum } from "./conflict-enums.ts";

@ObjectType({ description: "A record that claims an identifier which another source's license has; not what it says." })
export class ConflictClaim {
  @Field(() => ID, { description: "Its number." })
  id: string;

  @Field(() => ClaimStatusEnum, { description: "What became of it." })
  status: ClaimStatus;

  @Field(() => Department, { description: "Whose claim it is." })
  department: Department;

  @Field(() => ID, { description: "The client that sent it." })
  client: string;

  @Field(() => ID, { description: "The source's own id of the record; codes of persons in it are masked." })
  sourceRecordId: string;

  @Field(() => DateTimeScalar, { description: "When it first came." })
  firstReceivedAt: string;

  @Field(() => DateTimeScalar, { description: "When it came last." })
  receivedAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was decided, corrected or dismissed." })
  closedAt: string | null;
}

@ObjectType({
  description: "标识冲突: an identifier that several sources give to their licenses. One while it is open.",
})
export class IdentifierConflict {
  @Field(() => ID, { description: "Its number." })
  id: string;

  @Field(() => ID, { description: "The identifier." })
  identifier: string;

  @Field(() => ConflictStatusEnum, { description: "Where it stands." })
  status: ConflictStatus;

  @Field(() => ID, { description: "Code of the type of the license that stands." })
  licenseType: string;

  @Field(() => DateTimeScalar, { description: "When it was opened." })
  openedAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When its last open claim was closed." })
  closedAt: string | null;

  issuerCode: string;
  kept: readonly Claim[];
}

const IdentifierConflictConnection = connectionOf("IdentifierConflict", IdentifierConflict);

@InputType({ description: "Which conflicts: all that are said must fit." })
export class ConflictFilter {
  @Field(() => ConflictStatusEnum, { nullable: true, description: "Where they stand." })
  status?: ConflictStatus | null;

  @Field(() => ID, { nullable: true, description: "Code of a department on either side." })
  department?: string | null;

  @Field(() => Int, { nullable: true, description: "Opened at least so many days ago." })
  olderThanDays?: number | null;
}

@ObjectType({ description: "The license that stands under a claimed identifier, besides what it says." })
export class StandingLicense {
  @Field(() => Department, { description: "Who issued it." })
  issuer: Department;

  @Field(() => ID, { description: "The client that sent it." })
  client: string;

  @Field(() => ID, { description: "The source's own id of its record; codes of persons in it are masked." })
  sourceRecordId: string;

  @Field(() => Int, { description: "Its version." })
  version: number;

  @Field(() => LicenseStateEnum, { description: "Its state as stored." })
  state: StoredState;

  @Field(() => DateScalar, { description: "Since which day." })
  stateSince: string;

  @Field(() => ID, { nullable: true, description: "Identifier of the version after it; null: none." })
  successor: string | null;

  @Field(() => DateTimeScalar, { description: "When the hub received it." })
  receivedAt: string;
}

@ObjectType({ description: "A field in which the two sides differ." })
export class SideDifference {
  @Field(() => String, { description: "The field, dotted: `holder.name`, `attributes.premises`." })
  path: string;

  @Field(() => JsonScalar, { nullable: true, description: "What the license says." })
  standing: unknown;

  @Field(() => JsonScalar, { nullable: true, description: "What the claim says." })
  claim: unknown;
}

@ObjectType({ description: "Both sides of a claim beside each other; codes of persons are masked." })
export class ConflictSides {
  @Field(() => ID, { description: "Number of the conflict." })
  conflict: string;

  @Field(() => ID, { description: "The identifier." })
  identifier: string;

  @Field(() => ConflictClaim, { description: "The claim." })
  claim: ConflictClaim;

  @Field(() => JsonScalar, {
    nullable: true,
    description: "What it says; null: removed 90 days after it was closed.",
  })
  claimContent: unknown;

  @Field(() => StandingLicense, { description: "The license that stands." })
  standing: StandingLicense;

  @Field(() => JsonScalar, { description: "What it says." })
  standingContent: unknown;

  @Field(() => [SideDifference], { description: "The fields in which they differ." })
  differences: readonly SideDifference[];

  @Field(() => String, {
    description: "A digest over all of this. `decideConflict` takes it, and refuses when anything has changed since.",
  })
  facts: string;
}

@Resolver(() => IdentifierConflict)
export class ConflictResolver {
  @Query(() => IdentifierConflictConnection, {
    description:
      "标识冲突 of all departments, the newest first: who claims which identifier, and not what the records say. For operators: needs scope hub:operate.",
  })
  async identifierConflicts(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => ConflictFilter, { nullable: true, description: "Which; left out: all." })
    filter?: ConflictFilter | null,
  ): Promise<Connection<IdentifierConflict>> {
    const position = decodeNumber(after);
    const { status, department, olderThanDays } = filter ?? {};
    if (department && (department.length > 60 || /\p{Cc}/u.test(department) || !department.isWellFormed()))
      throw new HubError("INPUT_INVALID", { argument: "department" });
    const page = await hub.readConflicts(caller, {
      filter: {
        ...{ status: status ?? undefined, department: department ?? undefined },
        olderThanDays: olderThanDays ?? undefined,
      },
      first: pageSize(first),
      after: position,
    });
    return toConnection(page.rows.map(toConflict), page.hasNextPage, (row) => row.id, after);
  }

  @Query(() => ConflictSides, {
    description:
      "Both sides of a claim, and the fields in which they differ. That you looked is on record with both holders. For operators: needs scope hub:operate.",
  })
  async conflictSides(
    @Ctx() { hub, caller }: Context,
    @Arg("claim", () => ID, { description: "Number of the claim." }) claimId: string,
  ): Promise<ConflictSides> {
    const sides = await hub.readConflictSides(caller, toNumber(claimId));
    const { claim, standing, standingFields, claimed, differences, facts } = sides;
    const { clientId: client, fields, ...rest } = standing;
    return {
      ...{ conflict: String(claim.conflictId), identifier: standing.identifier, differences, facts },
      ...{ claim: await toClaim(hub, claim), claimContent: claimed, standingContent: standingFields },
      standing: {
        ...{ ...rest, client, sourceRecordId: maskedText(standing.sourceRecordId) },
        issuer: await findDepartment(hub, fields.issuer),
      },
    };
  }

  @FieldResolver(() => Department, { description: "Who issued the license that stands." })
  issuer(@Ctx() { hub }: Context, @Root() { issuerCode }: IdentifierConflict): Promise<Department> {
    return findDepartment(hub, issuerCode);
  }

  @FieldResolver(() => [ConflictClaim], {
    description: "Its claims: the open ones first, then the newest; 50 at most.",
  })
  claims(@Ctx() { hub }: Context, @Root() { kept }: IdentifierConflict): Promise<ConflictClaim[]> {
    return Promise.all(kept.map((claim) => toClaim(hub, claim)));
  }
}

function toConflict({ id, issuer, claims, ...conflict }: Conflict) {
  return { ...conflict, id: String(id), issuerCode: issuer, kept: claims };
}

async function toClaim(hub: Context["hub"], claim: Claim): Promise<ConflictClaim> {
  const { id, status, clientId: client, firstReceivedAt, receivedAt, closedAt } = claim;
  const sourceRecordId = maskedText(claim.sourceRecordId);
  const department = await findDepartment(hub, claim.department);
  return { id: String(id), ...{ status, department, client, sourceRecordId, firstReceivedAt, receivedAt, closedAt } };
}
