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
import { dateOf } from "../../../domain/calendar.ts";
import {
  type CorrectionRole,
  type CorrectionStatus,
  type CorrectionStep,
  overdueLevel,
} from "../../../domain/corrections/correction.ts";
import type { StoredState } from "../../../domain/licenses/license.ts";
import { HubError } from "../../../errors.ts";
import type { CorrectionOutline, Correction as StoredCorrection } from "../../../store/corrections/correction-rows.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import { type Connection, connectionOf, decodeNumber, PageArgs, pageSize, toConnection } from "../connection.ts";
import { LicenseStateEnum } from "../enums.ts";
import { DateScalar, DateTimeScalar, JsonScalar } from "../scalars.ts";
import {
  CorrectionRoleEnum,
  CorrectionSideEnum,
  CorrectionStatusEnum,
  CorrectionStepEnum,
} from "./correction-enums.ts";

@ObjectType({ description: "Something that happened to a correction. Written once, never changed." })
export class CorrectionEvent {
  @Field(() => DateTimeScalar, { description: "When." })
  at: string;

  @Field(() => CorrectionRoleEnum, { description: "Who, by role." })
  role: CorrectionRole;

  @Field(() => ID, { nullable: true, description: "Who, by client; null: the hub itself." })
  client: string | null;

  @Field(() => CorrectionStepEnum, { description: "What." })
  step: CorrectionStep;

  @Field(() => Int, { nullable: true, description: "Of ESCALATED: 1 the term is over, 2 the one after it, too." })
  level: number | null;

  @Field(() => ID, { nullable: true, description: "Of CORRECTED and UNCHANGED: the new version." })
  version: string | null;

  @Field(() => LicenseStateEnum, { nullable: true, description: "Of CLOSED: the state in which the license ended." })
  ground: StoredState | null;
}

@ObjectType({
  description:
    "校核纠错: a reader objects to what a license says in one field, and its source answers within a term. An operator sees of it that it is overdue, and nothing of what the license says.",
})
export class Correction {
  @Field(() => ID, { description: "Its number." })
  id: string;

  @Field(() => CorrectionStatusEnum, { description: "Where it stands." })
  status: CorrectionStatus;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => Department, { description: "Who issued the license, and has to answer." })
  issuer: Department;

  @Field(() => ID, { nullable: true, description: "The version objected to; null for an operator." })
  license: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The version that stands now: another one when a new version came that says the same, or corrects it; null for an operator.",
  })
  currentVersion: string | null;

  @Field(() => String, { description: "The field: `number`, `holder.name`, `attributes.NAME` and so on." })
  field: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "What the license says there, read by the hub when it was objected to, and masked as it was disclosed; null: nothing, or for an operator.",
  })
  says: unknown;

  @Field(() => String, { nullable: true, description: "What it should say, if the objector knows." })
  shouldSay: string | null;

  @Field(() => String, { nullable: true, description: "The objector's reason; null for an operator." })
  reason: string | null;

  @Field(() => CorrectionRoleEnum, { description: "Who objects: a department, or the holder." })
  madeBy: CorrectionRole;

  @Field(() => Department, { nullable: true, description: "The department that objects; null: the holder does." })
  department: Department | null;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  madeAt: string;

  @Field(() => DateScalar, {
    description:
      "The last day of the term, in Asia/Shanghai: while OPEN to answer, once ACCEPTED for the new version to come.",
  })
  dueOn: string;

  @Field(() => Int, {
    description: "How far it is overdue today: 0 not, 1 its term is over, 2 the term after it, too. Always as of now.",
  })
  overdueLevel: number;

  @Field(() => String, { nullable: true, description: "The source's reason; null: not answered yet." })
  answer: string | null;

  @Field(() => ID, { nullable: true, description: "The client that answered." })
  answeredBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was answered." })
  answeredAt: string | null;

  @Field(() => ID, { nullable: true, description: "The version that says something else; null: none came." })
  correctedBy: string | null;

  @Field(() => LicenseStateEnum, { nullable: true, description: "Of CLOSED: the state in which the license ended." })
  ground: StoredState | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was refused, corrected or closed." })
  closedAt: string | null;
}

const CorrectionConnection = connectionOf("Correction", Correction);

@InputType({ description: "Which corrections: all that are said must fit." })
export class CorrectionFilter {
  @Field(() => CorrectionStatusEnum, { nullable: true, description: "Where they stand." })
  status?: CorrectionStatus | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Only those whose term is over as of now, or only the others. An operator sees only the first.",
  })
  overdue?: boolean | null;

  @Field(() => ID, { nullable: true, description: "Code of the license type." })
  licenseType?: string | null;
}

@ObjectType({ description: "How many corrections a department has of one license type, by where they stand." })
export class CorrectionCount {
  @Field(() => Department, { description: "Whose licenses." })
  department: Department;

  @Field(() => ID, { description: "Code of the license type." })
  licenseType: string;

  @Field(() => Int, { description: "Not answered." })
  open: number;

  @Field(() => Int, { description: "Accepted; the new version has not come." })
  accepted: number;

  @Field(() => Int, { description: "Of both, those whose term is over." })
  overdue: number;

  @Field(() => Int, { description: "Of these, those for which the term after it is over, too." })
  longOverdue: number;

  @Field(() => Int, { description: "Refused." })
  refused: number;

  @Field(() => Int, { description: "Corrected by a new version." })
  corrected: number;

  @Field(() => Int, { description: "Closed, for the license ended." })
  closed: number;
}

@Resolver(() => Correction)
export class CorrectionResolver {
  @Query(() => CorrectionConnection, {
    description:
      "校核纠错, the newest first. TO_ANSWER (a department's default) needs scope license:submit, MADE (a holder's only one) license:read; an operator sees those of everybody that are overdue, without what they say (scope hub:operate).",
  })
  async corrections(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("side", () => CorrectionSideEnum, { nullable: true, description: "Which side the caller is on." })
    side?: "TO_ANSWER" | "MADE" | null,
    @Arg("filter", () => CorrectionFilter, { nullable: true, description: "Which; left out: all." })
    filter?: CorrectionFilter | null,
  ): Promise<Connection<Correction>> {
    const position = decodeNumber(after);
    const page = await hub.readCorrections(caller, {
      ...{ side: side ?? undefined, filter: toFilter(filter ?? {}), first: pageSize(first) },
      after: position,
    });
    const corrections = await Promise.all(page.rows.map((row) => toCorrection(hub, row)));
    return toConnection(corrections, page.hasNextPage, (row) => row.id, after);
  }

  @Query(() => [CorrectionCount], {
    description:
      "How many corrections there are by license type: of the caller's own department (scope license:submit), or of all for an operator (scope hub:operate).",
  })
  async correctionCounts(@Ctx() { hub, caller }: Context): Promise<CorrectionCount[]> {
    const counts = await hub.countCorrections(caller);
    return Promise.all(
      counts.map(async (count) => ({ ...count, department: await findDepartment(hub, count.department) })),
    );
  }

  @FieldResolver(() => [CorrectionEvent], {
    description: "Everything that happened to it, in order; shown to its parties, empty for an operator.",
  })
  async history(@Root() { id }: Correction, @Ctx() { loaders }: Context): Promise<CorrectionEvent[]> {
    const events = await loaders.correctionEvents.load(Number(id));
    return events.map(({ at, role, clientId, step, level, identifier, ground }) => ({
      ...{ at, role, client: clientId, step, level, version: identifier, ground },
    }));
  }
}

/** A correction as it is shown: an outline has none of its content. */
export async function toCorrection(
  hub: Context["hub"],
  correction: StoredCorrection | CorrectionOutline,
): Promise<Correction> {
  const { id, status, field, role, department, issuerCode, madeAt, dueOn, typeCode } = correction;
  const content = "identifier" in correction ? correction : undefined;
  return {
    ...{ id: String(id), status, field, madeBy: role, madeAt, dueOn, licenseType: typeCode },
    issuer: await findDepartment(hub, issuerCode),
    department: department === null ? null : await findDepartment(hub, department),
    overdueLevel: overdueLevel(correction, dateOf(hub.now())),
    ...{ license: content?.identifier ?? null, currentVersion: content?.standing ?? null },
    ...{ says: content?.says ?? null, shouldSay: content?.shouldSay ?? null, reason: content?.reason ?? null },
    ...{ answer: content?.answer ?? null, answeredBy: content?.answeredBy ?? null },
    ...{ answeredAt: content?.answeredAt ?? null, correctedBy: content?.correctedBy ?? null },
    ...{ ground: content?.ground ?? null, closedAt: content?.closedAt ?? null },
  };
}

function toFilter({ status, overdue, licenseType }: CorrectionFilter) {
  if (licenseType && (licenseType.length > 200 || /\p{Cc}/u.test(licenseType) || !licenseType.isWellFormed()))
    throw new HubError("INPUT_INVALID", { argument: "licenseType" });
  return { status: status ?? undefined, overdue: overdue ?? undefined, licenseType: licenseType ?? undefined };
}
