import { Arg, Args, Ctx, Field, ID, InputType, Int, ObjectType, Query, Resolver } from "type-graphql";
import { extentOf } from "../../../domain/access/disclosure.ts";
import { maskHolderId } from "../../../domain/resident-id.ts";
import type { AccessRecord as AccessRow } from "../../../store/access/access-store.ts";
import type { AccessOutcome } from "../../../store/tables/access-tables.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import { decodeNumber, PageArgs, PageInfo, pageSize, toConnection } from "../connection.ts";
import { AccessActionEnum, AccessOutcomeEnum } from "../enums.ts";
import { PurposeOutput } from "../purpose.graph.ts";
import { DateTimeScalar, toInstant } from "../scalars.ts";

@ObjectType({ description: "How much of one license went out in an access." })
export class DisclosedExtent {
  @Field(() => ID, { description: "Identifier of the license." })
  license: string;

  @Field(() => Boolean, { description: "Whether the whole license went out, as it was signed." })
  whole: boolean;

  @Field(() => [String], { description: "Names of the attributes that went out or were compared; empty when whole." })
  attributes: string[];
}

@ObjectType({ description: "调用留痕: one access to one holder's licenses, granted or refused." })
export class AccessRecord {
  @Field(() => ID, { description: "Number of the record." })
  id: string;

  @Field(() => DateTimeScalar, { description: "When." })
  at: string;

  @Field(() => ID, { description: "The client that asked." })
  client: string;

  @Field(() => Department, {
    nullable: true,
    description: "The department it speaks for; null for holders and operators.",
  })
  department: Department | null;

  @Field(() => ID, {
    nullable: true,
    description: "Whose licenses; a person's code is masked to all but that person. null: nobody known.",
  })
  holder: string | null;

  @Field(() => AccessActionEnum, { description: "What was asked." })
  action: string;

  @Field(() => AccessOutcomeEnum, { description: "What went out." })
  outcome: string;

  @Field(() => String, { nullable: true, description: "Why it was refused: an error code." })
  refusal: string | null;

  @Field(() => PurposeOutput, { nullable: true, description: "For which purpose." })
  purpose: PurposeOutput | null;

  @Field(() => [ID], { description: "Identifiers of the licenses disclosed or named." })
  licenses: string[];

  @Field(() => Int, { description: "Licenses left out for want of a grant." })
  withheldCount: number;

  @Field(() => [DisclosedExtent], { description: "How much of each license went out, or which claims were compared." })
  extents: DisclosedExtent[];

  @Field(() => ID, {
    nullable: true,
    description: "The membership a person acted under for the holder; null: a client, or the holder itself.",
  })
  member: string | null;
}

@ObjectType({ description: "An access record in a page." })
export class AccessRecordEdge {
  @Field(() => String, { description: "Cursor of the record." })
  cursor: string;

  @Field(() => AccessRecord, { description: "The record." })
  node: AccessRecord;
}

@ObjectType({ description: "A page of access records, newest first." })
export class AccessRecordConnection {
  @Field(() => [AccessRecordEdge], { description: "Records with their cursors." })
  edges: AccessRecordEdge[];

  @Field(() => [AccessRecord], { description: "Records alone." })
  nodes: AccessRecord[];

  @Field(() => PageInfo, { description: "Where the page stands." })
  pageInfo: PageInfo;
}

@InputType({ description: "Narrows access records; every set field must fit." })
export class AccessFilter {
  @Field(() => ID, { nullable: true, description: "Code of the holder." })
  holder?: string | null;

  @Field(() => ID, { nullable: true, description: "Id of the client." })
  client?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the department." })
  department?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the procedure." })
  procedure?: string | null;

  @Field(() => String, { nullable: true, description: "Case number." })
  caseNumber?: string | null;

  @Field(() => AccessOutcomeEnum, { nullable: true, description: "What went out." })
  outcome?: AccessOutcome | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Not before." })
  from?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Not after." })
  until?: string | null;
}

@Resolver(() => AccessRecord)
export class AccessResolver {
  @Query(() => AccessRecordConnection, {
    description:
      "Access records the caller may see, newest first: a department its own, a holder all about itself, an auditor all. Needs scope audit:read.",
  })
  async accessRecords(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => AccessFilter, { nullable: true, description: "Narrows the records." })
    filter?: AccessFilter | null,
  ): Promise<AccessRecordConnection> {
    const position = decodeNumber(after);
    const query = {
      filter: toFilter(filter ?? {}),
      first: pageSize(first),
      after: position,
    };
    const page = await hub.readAccessRecords(caller, query);
    const self = caller.kind === "HOLDER" ? caller.holder.id : undefined;
    const records = await Promise.all(page.rows.map((row) => toRecord(hub, row, self)));
    return toConnection(records, page.hasNextPage, (row) => row.id, after);
  }
}

function toFilter(filter: AccessFilter) {
  const { holder, client, department, procedure, caseNumber, outcome } = filter;
  return {
    ...{ holder: holder ?? undefined, client: client ?? undefined, department: department ?? undefined },
    ...{ procedure: procedure ?? undefined, caseNumber: caseNumber ?? undefined, outcome: outcome ?? undefined },
    ...{ from: toInstant("filter.from", filter.from), until: toInstant("filter.until", filter.until) },
  };
}

async function toRecord(hub: Context["hub"], row: AccessRow, self: string | undefined): Promise<AccessRecord> {
  const { at, action, outcome, refusal, purpose, identifiers, withheld, holder } = row;
  return {
    ...{ id: String(row.id), at, client: row.clientId, action, outcome, refusal, purpose, withheldCount: withheld },
    department: row.department === null ? null : await findDepartment(hub, row.department),
    holder: holder === "" ? null : holder === self ? holder : maskHolderId(holder),
    licenses: [...identifiers],
    extents: row.extents.map((text, index) => {
      const extent = extentOf(text);
      const whole = extent === "WHOLE";
      return { license: identifiers[index] ?? "", whole, attributes: whole ? [] : [...extent] };
    }),
    member: row.member,
  };
}
