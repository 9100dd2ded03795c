import { Arg, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Resolver, Root } from "type-graphql";
import type { UnsignedPolicy } from "../../../domain/access/client.ts";
import type { Context } from "../../context.ts";
import { DateTimeScalar, JsonScalar } from "../scalars.ts";
import { UnsignedRecordsEnum } from "./access-enums.ts";
import { Client, findClient } from "./client.graph.ts";

@ObjectType({ description: "A public key a department's records are signed with." })
export class RecordKey {
  @Field(() => ID, { description: "RFC 7638 thumbprint: the `kid` of the signatures." })
  kid: string;

  @Field(() => JsonScalar, { description: "The public key as a JWK." })
  jwk: unknown;

  @Field(() => DateTimeScalar, { description: "When it was registered." })
  addedAt: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Since when no record signed with it is taken in; null: it stands.",
  })
  retiredAt: string | null;
}

@InputType({ description: "New keys that a client's records are signed with." })
export class AddRecordKeysInput {
  @Field(() => ID, { description: "Id of the client, of kind DEPARTMENT." })
  client: string;

  @Field(() => [JsonScalar], {
    description:
      "Public keys as JWKs: EC P-256 (ES256) or Ed25519 (EdDSA), eight standing at most. Never send a private half.",
  })
  keys: unknown[];
}

@InputType({ description: "A record key that is to be retired." })
export class RetireRecordKeyInput {
  @Field(() => ID, { description: "Id of the client." })
  client: string;

  @Field(() => ID, { description: "Id of the key, its thumbprint." })
  kid: string;
}

@Resolver(() => Client)
export class RecordKeyResolver {
  @FieldResolver(() => [RecordKey], {
    description: "Keys its records are signed with, retired ones too, oldest first.",
  })
  async recordKeys(@Root() { id }: Client, @Ctx() { loaders }: Context): Promise<readonly RecordKey[]> {
    return loaders.recordKeys.load(id);
  }

  @Mutation(() => Client, {
    description: "Registers keys a client's records are signed with. For operators: needs scope hub:operate.",
  })
  async addRecordKeys(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => AddRecordKeysInput, { description: "The keys." }) { client, keys }: AddRecordKeysInput,
  ): Promise<Client> {
    await hub.addRecordKeys(caller, { clientId: client, jwks: keys });
    return findClient(hub, caller, client);
  }

  @Mutation(() => Client, {
    description:
      "Retires a record key for good: no record signed with it is taken in any more. For operators: needs scope hub:operate.",
  })
  async retireRecordKey(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => RetireRecordKeyInput, { description: "The key." }) { client, kid }: RetireRecordKeyInput,
  ): Promise<Client> {
    await hub.retireRecordKey(caller, { clientId: client, kid });
    return findClient(hub, caller, client);
  }

  @Mutation(() => Client, {
    description:
      "Says what becomes of records the client sends unsigned. REFUSED needs a record key that stands. For operators: needs scope hub:operate.",
  })
  async setUnsignedRecords(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, { description: "Id of the client, of kind DEPARTMENT." }) client: string,
    @Arg("policy", () => UnsignedRecordsEnum, { description: "What becomes of them." }) policy: UnsignedPolicy,
  ): Promise<Client> {
    await hub.setUnsignedRecords(caller, { clientId: client, policy });
    return findClient(hub, caller, client);
  }
}
