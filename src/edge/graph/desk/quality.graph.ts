import { Arg, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import { DateScalar, DateTimeScalar } from "../scalars.ts";

@ObjectType({ description: "Open problems with one code among the records of one license type, and how old they are." })
export class ProblemCount {
  @Field(() => Department, { description: "Whose." })
  department: Department;

  @Field(() => ID, { nullable: true, description: "Code of the license type; null: none that the hub knows." })
  licenseType: string | null;

  @Field(() => String, { description: "The problem code. A record with two of them is counted with both." })
  code: string;

  @Field(() => Int, { description: "Records." })
  open: number;

  @Field(() => Int, { description: "Of them first came within 7 days." })
  under7Days: number;

  @Field(() => Int, { description: "Of them first came 7 to 30 days ago." })
  under30Days: number;

  @Field(() => Int, { description: "Of them first came 30 days ago or more." })
  over30Days: number;

  @Field(() => DateTimeScalar, { description: "When the oldest first came." })
  oldest: string;
}

@ObjectType({
  description:
    "数据质量: what came of a department's records in a period. Each record is in one of the five that make the score.",
})
export class DataQuality {
  @Field(() => Department, { description: "Whose." })
  department: Department;

  @Field(() => Boolean, { description: "Whether these are the records of all license types together." })
  isTotal: boolean;

  @Field(() => ID, {
    nullable: true,
    description: "Code of the license type; null: all together (`isTotal`), or none that the hub knows.",
  })
  licenseType: string | null;

  @Field(() => Float, {
    nullable: true,
    description: "0 to 100: the mean worth of the records. 100 only when each was right at once. Null: none came.",
  })
  score: number | null;

  @Field(() => Int, { description: "Right at once. Worth 1." })
  clean: number;

  @Field(() => Int, { description: "Corrected within 7 days. Worth 0.8." })
  correctedSoon: number;

  @Field(() => Int, { description: "Corrected later. Worth 0.5." })
  correctedLate: number;

  @Field(() => Int, { description: "Stored with a doubt that stands. Worth 0.5." })
  doubtful: number;

  @Field(() => Int, { description: "Refused, and not corrected; dismissed or not. Worth 0." })
  refused: number;

  @Field(() => Int, { description: "Times the hub already held what came. Not in the score." })
  unchanged: number;

  @Field(() => Int, { description: "Times an event came that had to wait for its license. Not in the score." })
  pending: number;

  @Field(() => Int, { description: "Times something came that was refused. Not in the score." })
  rejected: number;
}

@Resolver()
export class QualityResolver {
  @Query(() => [ProblemCount], {
    description:
      "Open problems by license type and code, and how old they are: of the caller's own department (scope license:submit), or of all for an operator (scope hub:operate), who sees no record.",
  })
  async problemCounts(@Ctx() { hub, caller }: Context): Promise<ProblemCount[]> {
    const counts = await hub.countProblems(caller);
    return Promise.all(
      counts.map(async (count) => ({ ...count, department: await findDepartment(hub, count.department) })),
    );
  }

  @Query(() => [DataQuality], {
    description:
      "数据质量 of a period, both days in it, a department's total first: of the caller's own department (scope license:submit), or of all for an operator (scope hub:operate). A record is in the period of the day it first came.",
  })
  async dataQuality(
    @Ctx() { hub, caller }: Context,
    @Arg("from", () => DateScalar, { description: "First day." }) from: string,
    @Arg("until", () => DateScalar, { description: "Last day; ten years later at most." }) until: string,
  ): Promise<DataQuality[]> {
    const ratings = await hub.rateQuality(caller, { from, until });
    return Promise.all(
      ratings.map(async ({ department, licenseType, came, kept, score }) => ({
        ...{ department: await findDepartment(hub, department), isTotal: licenseType === undefined },
        ...{ licenseType: licenseType ?? null, score: score ?? null, clean: came.clean, ...kept },
        ...{ unchanged: came.unchanged, pending: came.pending, rejected: came.rejected },
      })),
    );
  }
}
