import type { Caller } from "../../domain/access/caller.ts";
import { webhookLimits } from "../../domain/notices/webhook.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { StoredWebhook, WebhookStore } from "../../store/notices/webhook-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  newSecret: () => string;
  seal: (owner: string, secret: string) => Promise<string>;
  transaction: <T>(run: (inside: { webhooks: WebhookStore; clients: ClientStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * Makes a new secret. For a day both sign, so that the department can change over without losing a notice; `atOnce`: the
 * old one is worth nothing from now on, for it has leaked.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, WEBHOOK_NOT_FOUND.
 */
export async function rotateWebhookSecret(
  tools: Tools,
  caller: Caller,
  { clientId, atOnce }: Readonly<{ clientId: string; atOnce: boolean }>,
): Promise<Readonly<{ webhook: StoredWebhook; secret: string }>> {
  const operator = await tools.permit(caller);
  const at = tools.now();
  const oldUntil = new Date(at.getTime() + (atOnce ? 0 : webhookLimits.defaultOverlapMs));
  const secret = tools.newSecret();
  const sealed = await tools.seal(clientId, secret);
  return tools.transaction(async ({ webhooks, clients }) => {
    if (!(await webhooks.rotate(clientId, sealed, oldUntil))) throw new HubError("WEBHOOK_NOT_FOUND");
    await clients.record({ at, operator, action: "ROTATE_WEBHOOK_SECRET", clientId, details: { atOnce } });
    const webhook = await webhooks.find(clientId);
    if (!webhook) throw new HubError("WEBHOOK_NOT_FOUND");
    return { webhook, secret };
  });
}
