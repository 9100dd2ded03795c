import type { Caller } from "../../domain/access/caller.ts";
import type { StoredWebhook, WebhookStore } from "../../store/notices/webhook-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  permit: (caller: Caller) => Promise<string>;
  read: <T>(run: (webhooks: WebhookStore) => Promise<T>) => Promise<T>;
}>;

/** Where a client is told, and how that goes; without secrets. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readWebhook(tools: Tools, caller: Caller, clientId: string): Promise<StoredWebhook | undefined> {
  await tools.permit(caller);
  return tools.read((webhooks) => webhooks.find(clientId));
}
