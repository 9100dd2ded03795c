import { Arg, Args, Ctx, Field, ID, ObjectType, Query, Resolver } from "type-graphql";
import type { OperatorAction } from "../../../domain/access/client.ts";
import type { Context } from "../../context.ts";
import { type Connection, connectionOf, decodeNumber, PageArgs, pageSize, toConnection } from "../connection.ts";
import { DateTimeScalar, JsonScalar } from "../scalars.ts";
import { OperatorActionEnum } from "./access-enums.ts";

@ObjectType({
  description: "What an operator decided about a client, or a key of the hub; written once, never changed.",
})
export class OperatorRecord {
  @Field(() => ID, { description: "Number of the record." })
  id: string;

  @Field(() => DateTimeScalar, { description: "When." })
  at: string;

  @Field(() => String, { description: "Who: the operator's client, or `cli:` and the user of the command line." })
  operator: string;

  @Field(() => OperatorActionEnum, { description: "What was decided." })
  action: OperatorAction;

  @Field(() => ID, { description: "Id of the client it is about; `-` where it is about the hub's own keys." })
  client: string;

  @Field(() => JsonScalar, { description: "The particulars: never a secret." })
  details: unknown;
}

const OperatorRecordConnection = connectionOf("OperatorRecord", OperatorRecord);

@Resolver(() => OperatorRecord)
export class OperatorRecordResolver {
  @Query(() => OperatorRecordConnection, {
    description: "What operators decided, newest first. For operators: needs scope hub:operate.",
  })
  async operatorRecords(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("client", () => ID, { nullable: true, description: "About this client only." }) client?: string | null,
  ): Promise<Connection<OperatorRecord>> {
    const position = decodeNumber(after);
    const page = await hub.readOperatorRecords(caller, {
      client: client ?? undefined,
      first: pageSize(first),
      after: position,
    });
    const records = page.rows.map(({ id, clientId, ...record }) => ({ ...record, id: String(id), client: clientId }));
    return toConnection(records, page.hasNextPage, (record) => record.id, after);
  }
}
