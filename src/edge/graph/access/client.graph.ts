import { Arg, Args, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { scopes as allScopes, type Scope } from "../../../domain/access/caller.ts";
import type { ClientKind } from "../../../domain/access/client.ts";
import { HubError } from "../../../errors.ts";
import type { StoredClient } from "../../../store/access/client-store.ts";
import type { Context } from "../../context.ts";
import { Department, findDepartment } from "../catalogue.graph.ts";
import {
  type Connection,
  codeShape,
  connectionOf,
  decodeCursor,
  PageArgs,
  pageSize,
  toConnection,
} from "../connection.ts";
import { DateTimeScalar, JsonScalar } from "../scalars.ts";
import { ClientKindEnum, UnsignedRecordsEnum } from "./access-enums.ts";

@ObjectType({ description: "A public key a client proves itself with." })
export class ClientKey {
  @Field(() => ID, { description: "RFC 7638 thumbprint: the `kid` of what the client signs." })
  kid: string;

  @Field(() => JsonScalar, { description: "The public key as a JWK." })
  jwk: unknown;

  @Field(() => DateTimeScalar, { description: "When it was added." })
  addedAt: string;
}

@ObjectType({ description: "业务系统: a system that may ask the hub, known by its id and proven by its keys." })
export class Client {
  @Field(() => ID, { description: "Its id: `client_id` of its tokens." })
  id: string;

  @Field(() => ClientKindEnum, { description: "What kind of system it is." })
  kind: ClientKind;

  @Field(() => Department, { nullable: true, description: "The department it speaks for; null for other kinds." })
  department: Department | null;

  @Field(() => String, { description: "Its name." })
  name: string;

  @Field(() => Boolean, { description: "False: suspended; its tokens are refused." })
  active: boolean;

  @Field(() => [String], { description: "What its tokens may be good for at most." })
  scopes: string[];

  @Field(() => [String], { description: "Where holders are sent back to after signing in; of wallets only." })
  redirectUris: string[];

  @Field(() => DateTimeScalar, { description: "When it was registered." })
  registeredAt: string;

  @Field(() => UnsignedRecordsEnum, { description: "What becomes of records it sends without its signature." })
  unsignedRecords: string;

  @Field(() => [ClientKey], { description: "The keys that stand, oldest first: two at most." })
  keys: ClientKey[];
}

const ClientConnection = connectionOf("Client", Client);

@InputType({ description: "Narrows clients; every set field must fit." })
export class ClientFilter {
  @Field(() => ClientKindEnum, { nullable: true, description: "What kind of system." })
  kind?: ClientKind | null;

  @Field(() => ID, { nullable: true, description: "Code of the department." })
  department?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it stands or is suspended." })
  active?: boolean | null;
}

@InputType({ description: "A new client." })
export class RegisterClientInput {
  @Field(() => ID, {
    description: "3 to 60 lower-case letters, digits and single hyphens between them. Never given twice.",
  })
  id: string;

  @Field(() => ClientKindEnum, { description: "What kind of system it is." })
  kind: ClientKind;

  @Field(() => ID, { nullable: true, description: "Code of the department it speaks for; of DEPARTMENT only." })
  department?: string | null;

  @Field(() => String, { description: "Its name: 2 to 100 characters." })
  name: string;

  @Field(() => [String], { nullable: true, description: "Scopes; left out: all that its kind may have." })
  scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "1 to 10, of WALLET only: https, or http to a loopback address; compared as text.",
  })
  redirectUris?: string[] | null;

  @Field(() => [JsonScalar], {
    nullable: true,
    description: "Public keys as JWKs: EC P-256 or Ed25519, two at most. Never send a private half.",
  })
  keys?: unknown[] | null;
}

@InputType({ description: "A new key of a client." })
export class AddClientKeyInput {
  @Field(() => ID, { description: "Id of the client." })
  client: string;

  @Field(() => JsonScalar, { description: "The public key as a JWK: EC P-256 or Ed25519." })
  jwk: unknown;
}

@InputType({ description: "A key that is to be retired." })
export class RetireClientKeyInput {
  @Field(() => ID, { description: "Id of the client." })
  client: string;

  @Field(() => ID, { description: "Id of the key, its thumbprint." })
  kid: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Also when it is the last key of a client that is not suspended.",
  })
  force: boolean;
}

@Resolver(() => Client)
export class ClientResolver {
  @Query(() => ClientConnection, { description: "Clients, by id. For operators: needs scope hub:operate." })
  async clients(
    @Ctx() { hub, caller }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => ClientFilter, { nullable: true, description: "Narrows the clients." })
    filter?: ClientFilter | null,
  ): Promise<Connection<Client>> {
    const { kind, department, active } = filter ?? {};
    const page = await hub.readClients(caller, {
      filter: { kind: kind ?? undefined, department: department ?? undefined, active: active ?? undefined },
      first: pageSize(first),
      after: decodeCursor(after, codeShape),
    });
    const clients = await Promise.all(page.rows.map((client) => toClient(hub, client)));
    return toConnection(clients, page.hasNextPage, (client) => client.id, after);
  }

  @Query(() => Client, {
    nullable: true,
    description: "One client; null: there is none of this id. For operators: needs scope hub:operate.",
  })
  async client(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Its id." }) id: string,
  ): Promise<Client | null> {
    const { rows } = await hub.readClients(caller, { id });
    return rows[0] ? toClient(hub, rows[0]) : null;
  }

  @Mutation(() => Client, {
    description: "Registers a client; it is granted nothing yet. For operators: needs scope hub:operate.",
  })
  async registerClient(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => RegisterClientInput, { description: "The client." }) input: RegisterClientInput,
  ): Promise<Client> {
    const { id, kind, department, name, scopes, redirectUris, keys } = input;
    const client = await hub.registerClient(caller, {
      ...{ id, kind, name, department: department ?? null, redirectUris: redirectUris ?? [], keys: keys ?? [] },
      scopes: scopes === null || scopes === undefined ? undefined : toScopes(scopes),
    });
    return toClient(hub, client);
  }

  @Mutation(() => Client, {
    description: "Suspends a client: its next request is refused. For operators: needs scope hub:operate.",
  })
  async suspendClient(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Its id." }) id: string,
  ): Promise<Client> {
    return toClient(hub, await hub.suspendClient(caller, id));
  }

  @Mutation(() => Client, {
    description: "Lets a suspended client in again. For operators: needs scope hub:operate.",
  })
  async resumeClient(
    @Ctx() { hub, caller }: Context,
    @Arg("id", () => ID, { description: "Its id." }) id: string,
  ): Promise<Client> {
    return toClient(hub, await hub.resumeClient(caller, id));
  }

  @Mutation(() => Client, {
    description: "Adds a key beside the one that stands, to rotate it. For operators: needs scope hub:operate.",
  })
  async addClientKey(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => AddClientKeyInput, { description: "The key." }) { client, jwk }: AddClientKeyInput,
  ): Promise<Client> {
    return toClient(hub, await hub.addClientKey(caller, { clientId: client, jwk }));
  }

  @Mutation(() => Client, { description: "Retires a key for good. For operators: needs scope hub:operate." })
  async retireClientKey(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => RetireClientKeyInput, { description: "The key." })
    { client, kid, force }: RetireClientKeyInput,
  ): Promise<Client> {
    return toClient(hub, await hub.retireClientKey(caller, { clientId: client, kid, force }));
  }
}

/** *Throws* INPUT_INVALID. */
function toScopes(texts: readonly string[]): readonly Scope[] {
  return texts.map((text) => {
    const scope = allScopes.find((one) => one === text);
    if (!scope) throw new HubError("INPUT_INVALID", { argument: "scopes" });
    return scope;
  });
}

async function toClient(hub: Context["hub"], client: StoredClient): Promise<Client> {
  return {
    ...client,
    ...{ scopes: [...client.scopes], redirectUris: [...client.redirectUris], keys: [...client.keys] },
    department: client.department === null ? null : await findDepartment(hub, client.department),
  };
}

/** The client as it stands after a decision about it. *Throws* CLIENT_NOT_FOUND. */
export async function findClient(hub: Context["hub"], caller: Context["caller"], id: string): Promise<Client> {
  const { rows } = await hub.readClients(caller, { id });
  if (!rows[0]) throw new HubError("CLIENT_NOT_FOUND");
  return toClient(hub, rows[0]);
}
