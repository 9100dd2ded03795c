import type { Caller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { StoredWebhook, WebhookStore } from "../../store/notices/webhook-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (inside: { webhooks: WebhookStore; clients: ClientStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * Forgets where a client is told. Its notices stay to be read, those that waited as UNSENT.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, WEBHOOK_NOT_FOUND.
 */
export async function removeWebhook(tools: Tools, caller: Caller, clientId: string): Promise<StoredWebhook> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ webhooks, clients }) => {
    const webhook = await webhooks.find(clientId);
    if (!webhook) throw new HubError("WEBHOOK_NOT_FOUND");
    await webhooks.remove(clientId);
    const details = { url: webhook.url };
    await clients.record({ at: tools.now(), operator, action: "REMOVE_WEBHOOK", clientId, details });
    return webhook;
  });
}
