import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { LicenseOperation, LicenseState } from "../../domain/licenses/license.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { isProblemCode, problemTable } from "../../domain/licenses/problem.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";
import type { Context } from "../context.ts";
import {
  HolderIdTypeEnum,
  LicenseOperationEnum,
  LicenseStateEnum,
  SeverityEnum,
  SubmissionOutcomeEnum,
} from "./enums.ts";
import { DateTimeScalar, JsonScalar } from "./scalars.ts";

@InputType({ description: "Whose license a record is about." })
export class HolderInput {
  @Field(() => HolderIdTypeEnum, { description: "What kind of code identifies it." })
  idType: HolderIdType;

  @Field(() => String, { description: "Unified social credit code or resident ID, upper case." })
  id: string;

  @Field(() => String, { description: "Name as on the license." })
  name: string;
}

@InputType({
  description:
    "One line of the NDJSON format, field for field. Dates are YYYY-MM-DD; a wrong one is a problem of its record only.",
})
export class LicenseRecordInput {
  @Field(() => ID, { description: "The source's own id of this record." })
  sourceRecordId: string;

  @Field(() => LicenseOperationEnum, { description: "What the record does." })
  operation: LicenseOperation;

  @Field(() => DateTimeScalar, {
    description: "When the source last changed it; older records never overwrite newer ones.",
  })
  sourceUpdatedAt: string;

  @Field(() => ID, { nullable: true, description: "电子证照标识; a new license that brings none gets one." })
  identifier?: string | null;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => String, { nullable: true, description: "License number; follows the type's rule." })
  number?: string | null;

  @Field(() => HolderInput, { nullable: true, description: "Whose license it is." })
  holder?: HolderInput | null;

  @Field(() => ID, { description: "Code of the issuing department." })
  issuer: string;

  @Field(() => ID, { nullable: true, description: "Region code." })
  region?: string | null;

  @Field(() => String, { nullable: true, description: "Day of issue." })
  issuedOn?: string | null;

  @Field(() => String, { nullable: true, description: "First day of validity." })
  validFrom?: string | null;

  @Field(() => String, { nullable: true, description: "Last day of validity; left out: long term." })
  validUntil?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: "照面信息, as the type's schema describes." })
  attributes?: unknown;

  @Field(() => ID, {
    nullable: true,
    description: "Identifier of the version this one follows: RENEW, CHANGE, TRANSFER_IN.",
  })
  predecessor?: string | null;

  @Field(() => String, { nullable: true, description: "Day on which an event takes effect." })
  effectiveOn?: string | null;

  @Field(() => LicenseStateEnum, {
    nullable: true,
    description: "How CANCEL ends: CANCELLED, REVOKED, ANNULLED or TRANSFERRED.",
  })
  outcome?: LicenseState | null;

  @Field(() => String, { nullable: true, description: "Why; required for OTHER." })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The source's signature over the rest of the record: a compact JWS with detached payload (RFC 7515, appendix F), `typ` license-record+jws, over the RFC 8785 form of the record without this field and without nulls, by a key registered for this client's records.",
  })
  signature?: string | null;
}

@InputType({ description: "A batch of records." })
export class SubmitLicensesInput {
  @Field(() => ID, {
    description: "The client's own id of the batch: 1 to 128 printable characters. A repeat gets the first answer.",
  })
  batchId: string;

  @Field(() => [LicenseRecordInput], { description: "1 to 1,000 records, decided in this order." })
  records: LicenseRecordInput[];
}

@ObjectType({ description: "问题数据: one thing wrong with one record." })
export class Problem {
  @Field(() => String, { description: "Stable code." })
  code: string;

  @Field(() => String, { description: "Where, dotted: `holder.id`, `attributes.vehicleCount`; empty: the record." })
  path: string;
}

@ObjectType({ description: "What became of one record." })
export class SubmissionResult {
  @Field(() => Int, { description: "Its place in the batch, from 0." })
  index: number;

  @Field(() => ID, { description: "The source's own id of the record." })
  sourceRecordId: string;

  @Field(() => SubmissionOutcomeEnum, { description: "What became of it." })
  outcome: string;

  @Field(() => ID, {
    nullable: true,
    description: "Identifier of the license; made by the hub when the record brought none.",
  })
  identifier: string | null;

  @Field(() => [Problem], { description: "Why it was refused, or what is doubtful." })
  problems: Problem[];
}

@ObjectType({ description: "归集批次: a batch and its outcome." })
export class Submission {
  @Field(() => ID, { description: "The hub's id of the batch." })
  id: string;

  @Field(() => ID, { description: "The client's id of the batch." })
  batchId: string;

  @Field(() => DateTimeScalar, { description: "When it came." })
  receivedAt: string;

  @Field(() => Int, { description: "Records accepted." })
  accepted: number;

  @Field(() => Int, { description: "Records the hub already held." })
  unchanged: number;

  @Field(() => Int, { description: "Records refused." })
  rejected: number;

  @Field(() => Int, { description: "Events waiting for their license." })
  pending: number;

  @Field(() => Boolean, { nullable: true, description: "Whether this is the first answer given again." })
  replayed?: boolean;

  @Field(() => [SubmissionResult], { description: "One for each record, in order." })
  results: StoredSubmission["results"];
}

@Resolver(() => Problem)
export class ProblemResolver {
  @FieldResolver(() => SeverityEnum, { description: "How bad it is." })
  severity(@Root() problem: Problem) {
    return rowOf(problem).severity;
  }

  @FieldResolver(() => String, { description: "What is wrong and how to mend it, in English." })
  message(@Root() problem: Problem) {
    return rowOf(problem).message.en;
  }

  @FieldResolver(() => String, { description: "What is wrong and how to mend it, in Chinese." })
  messageZh(@Root() problem: Problem) {
    return rowOf(problem).message.zh;
  }
}

function rowOf(problem: Problem) {
  return problemTable[isProblemCode(problem.code) ? problem.code : "ATTRIBUTE_INVALID"];
}

@Resolver()
export class SubmissionResolver {
  @Query(() => Submission, {
    nullable: true,
    description: "A batch of the caller's own client; null for any other. Needs scope license:submit.",
  })
  async submission(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "The hub's id of the batch." }) id: string,
  ) {
    return (await hub.readSubmission(caller, id)) ?? null;
  }

  @Mutation(() => Submission, {
    description:
      "Hands licenses and events in: at most 1,000 records, each decided for itself, all in one transaction. The same batchId again from the same client answers with the first outcome. Needs scope license:submit.",
  })
  submitLicenses(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => SubmitLicensesInput, { description: "The batch." }) { batchId, records }: SubmitLicensesInput,
  ) {
    return hub.submitLicenses(caller, { batchId, records });
  }
}
