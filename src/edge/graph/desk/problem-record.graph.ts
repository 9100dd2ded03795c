import { Arg, Args, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { parseInstant } from "../../../domain/calendar.ts";
import type { LicenseOperation } from "../../../domain/licenses/license.ts";
import type { Severity } from "../../../domain/licenses/problem.ts";
import type { KeptOutcome, ProblemStatus } from "../../../domain/licenses/problem-desk.ts";
import { HubError } from "../../../errors.ts";
import type { ProblemFilter, ProblemRecord as StoredProblem } from "../../../store/licenses/problem-desk-store.ts";
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
import { LicenseOperationEnum, SeverityEnum } from "../enums.ts";
import { DateTimeScalar, JsonScalar } from "../scalars.ts";
import { LicenseRecordInput, Problem, SubmissionResult } from "../submission.graph.ts";
import { KeptOutcomeEnum, ProblemStatusEnum } from "./desk-enums.ts";

@ObjectType({
  description:
    "问题数据: a record that was refused or is doubtful, kept until it is corrected. One for each record of a client, however often it comes.",
})
export class ProblemRecord {
  @Field(() => ID, { description: "Its number." })
  id: string;

  @Field(() => ProblemStatusEnum, { description: "Where it stands." })
  status: ProblemStatus;

  @Field(() => KeptOutcomeEnum, { description: "What became of the record, the last time it came." })
  outcome: KeptOutcome;

  @Field(() => [Problem], { description: "What is wrong, the last time it came." })
  problems: readonly Problem[];

  @Field(() => ID, { nullable: true, description: "The source's own id of the record; null: none could be read." })
  sourceRecordId: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the license type; null: none that the hub knows." })
  licenseType: string | null;

  @Field(() => LicenseOperationEnum, { nullable: true, description: "What the record does; null: it does not say." })
  operation: LicenseOperation | null;

  @Field(() => ID, { description: "The client that sent it." })
  client: string;

  @Field(() => ID, { description: "The batch it came in last." })
  submission: string;

  @Field(() => Int, { nullable: true, description: "Its place in that batch; null: an event that had waited." })
  index: number | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "The record as it came last; null: it is in `line`, or was removed 90 days after the problem was closed.",
  })
  record: unknown;

  @Field(() => String, {
    nullable: true,
    description: "The beginning of what was no record, or too large to be kept: 2,000 characters at most.",
  })
  line: string | null;

  @Field(() => DateTimeScalar, { description: "When it first came." })
  firstReceivedAt: string;

  @Field(() => DateTimeScalar, { description: "When it came last." })
  receivedAt: string;

  @Field(() => Int, { description: "Batches in which it came and was refused or doubtful." })
  attempts: number;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was corrected or dismissed." })
  closedAt: string | null;

  @Field(() => ID, { nullable: true, description: "The client that did." })
  closedBy: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Why it was dismissed, or what a clerk decided about the identifier it claims.",
  })
  note: string | null;
}

const ProblemRecordConnection = connectionOf("ProblemRecord", ProblemRecord);

@InputType({ description: "Which problems: all that are said must fit." })
export class ProblemRecordFilter {
  @Field(() => ProblemStatusEnum, { nullable: true, description: "Where they stand." })
  status?: ProblemStatus | null;

  @Field(() => String, { nullable: true, description: "A problem code among theirs." })
  code?: string | null;

  @Field(() => ID, { nullable: true, description: "Code of the license type." })
  licenseType?: string | null;

  @Field(() => SeverityEnum, { nullable: true, description: "ERROR: refused; WARNING: doubtful, or waiting for long." })
  severity?: Severity | null;

  @Field(() => ID, { nullable: true, description: "The source's own id of the record." })
  sourceRecordId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Came last at this instant or after it." })
  from?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Came last at this instant or before it." })
  until?: string | null;
}

@ObjectType({ description: "What came of a correction." })
export class RecordCorrection {
  @Field(() => SubmissionResult, { description: "What became of the record, decided like every other." })
  result: SubmissionResult;

  @Field(() => ProblemRecord, {
    description: "The problem after it: CORRECTED when the record was taken without a word.",
  })
  problem: ProblemRecord;
}

@Resolver(() => ProblemRecord)
export class ProblemRecordResolver {
  @Query(() => ProblemRecordConnection, {
    description:
      "问题数据 of the caller's own department, the newest first, whichever of its clients sent them. Needs scope license:submit.",
  })
  async problemRecords(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => ProblemRecordFilter, { nullable: true, description: "Which; left out: all." })
    filter?: ProblemRecordFilter | null,
  ): Promise<Connection<ProblemRecord>> {
    const position = decodeNumber(after);
    const page = await hub.readProblems(caller, {
      filter: toFilter(filter ?? {}),
      first: pageSize(first),
      after: position,
    });
    return toConnection(page.rows.map(toProblem), page.hasNextPage, (row) => row.id, after);
  }

  @Mutation(() => RecordCorrection, {
    description:
      "Hands the record of a problem in again, corrected: the ordinary way, as a batch of one. Taken without a word it closes the problem; otherwise the problem says what is wrong now. Needs scope license:submit.",
  })
  async correctRecord(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Number of the problem." }) id: string,
    @Arg("record", () => LicenseRecordInput, { description: "The record as it should have been, whole." })
    record: LicenseRecordInput,
  ): Promise<RecordCorrection> {
    const { result, problem } = await hub.correctRecord(caller, { id: toNumber(id), record });
    return { result: { ...result, problems: [...result.problems] }, problem: toProblem(problem) };
  }

  @Mutation(() => ProblemRecord, {
    description:
      "Takes a problem off the list: the record is right as it is, or should never have come. Moves no score. Needs scope license:submit.",
  })
  async dismissProblem(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Number of the problem." }) id: string,
    @Arg("reason", () => String, { description: "Why: 2 to 200 characters." }) reason: string,
  ): Promise<ProblemRecord> {
    return toProblem(await hub.dismissProblem(caller, { id: toNumber(id), reason }));
  }
}

function toFilter(filter: ProblemRecordFilter): ProblemFilter {
  const text = (name: "code" | "licenseType" | "sourceRecordId") => {
    const value = filter[name] ?? undefined;
    if (value !== undefined && (value.length > 200 || /\p{Cc}/u.test(value) || !value.isWellFormed()))
      throw new HubError("INPUT_INVALID", { argument: name });
    return value;
  };
  const instant = (name: "from" | "until") => {
    const value = filter[name] ?? undefined;
    const parsed = value === undefined ? undefined : parseInstant(value);
    if (value !== undefined && !parsed) throw new HubError("INPUT_INVALID", { argument: name });
    return parsed;
  };
  return {
    ...{ status: filter.status ?? undefined, severity: filter.severity ?? undefined, code: text("code") },
    ...{ licenseType: text("licenseType"), sourceRecordId: text("sourceRecordId") },
    ...{ from: instant("from"), until: instant("until") },
  };
}

function toProblem({ clientId, submissionId, place, ...problem }: StoredProblem): ProblemRecord {
  return {
    ...problem,
    ...{ id: String(problem.id), client: clientId, submission: submissionId, index: place },
    record: problem.record === null ? null : JSON.parse(problem.record),
  };
}
