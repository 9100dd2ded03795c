import type { Caller, Scope } from "../../../domain/access/caller.ts";
import {
  type ClientFacts,
  type ClientKind,
  clientFault,
  clientLimits,
  scopesOfClient,
} from "../../../domain/access/client.ts";
import { HubError } from "../../../errors.ts";
import { type ClientJwk, parseClientKey } from "../../../proof/access/client-key.ts";
import type { ClientStore, StoredClient } from "../../../store/access/client-store.ts";

/** What registering a client needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (clients: ClientStore) => Promise<T>) => Promise<T>;
}>;

/** A client as an operator describes it. `keys`: public JWKs. *Trust*: typed by an operator. */
export type NewClient = Readonly<{
  id: string;
  kind: ClientKind;
  department: string | null;
  name: string;
  /** Undefined: all that its kind may have. */
  scopes: readonly Scope[] | undefined;
  redirectUris: readonly string[];
  keys: readonly unknown[];
}>;

/**
 * Registers a client, with its keys or without. It stands at once, and is granted nothing yet.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, CLIENT_KEY_INVALID, CLIENT_KEYS_FULL, CLIENT_EXISTS.
 */
export async function registerClient(tools: Tools, caller: Caller, input: NewClient): Promise<StoredClient> {
  const operator = await tools.permit(caller);
  const client: ClientFacts = { ...input, scopes: input.scopes ?? scopesOfClient(input.kind) };
  const argument = clientFault(client);
  if (argument) throw new HubError("INPUT_INVALID", { argument });
  const keys = parseKeys(input.keys);
  const at = tools.now();
  return tools.transaction(async (clients) => {
    const { id, kind, department, name, scopes, redirectUris } = client;
    if (department !== null && !(await clients.hasDepartment(department))) {
      throw new HubError("INPUT_INVALID", { argument: "department" });
    }
    if (!(await clients.add(client, at))) throw new HubError("CLIENT_EXISTS");
    await clients.addKeys(id, keys, at);
    const details = { kind, department, name, scopes, redirectUris, keys: keys.map((key) => key.kid) };
    await clients.record({ at, operator, action: "REGISTER_CLIENT", clientId: id, details });
    const stored = await clients.find(id);
    if (!stored) throw new HubError("CLIENT_NOT_FOUND");
    return stored;
  });
}

function parseKeys(values: readonly unknown[]): readonly ClientJwk[] {
  const keys = new Map(values.map(parseClientKey).map((key) => [key.kid, key]));
  if (keys.size > clientLimits.standingKeys) throw new HubError("CLIENT_KEYS_FULL");
  return [...keys.values()];
}
