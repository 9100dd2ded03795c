import type { Caller } from "../../domain/access/caller.ts";
import type { DeliveryResult } from "../../domain/notices/delivery.ts";
import { testBody, wireId } from "../../domain/notices/notice.ts";
import { HubError } from "../../errors.ts";
import type { SealedSecrets, WebhookStore } from "../../store/notices/webhook-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  permit: (caller: Caller) => Promise<string>;
  read: <T>(run: (webhooks: WebhookStore) => Promise<T>) => Promise<T>;
  /** Opens the secrets that sign now; undefined: they can not be read. */
  unseal: (clientId: string, sealed: SealedSecrets) => Promise<readonly string[] | undefined>;
  send: (
    message: Readonly<{ url: string; id: string; body: string; secrets: readonly string[] }>,
    signal: AbortSignal,
  ) => Promise<DeliveryResult | undefined>;
}>;

/**
 * Sends a client's webhook a signed event that says nothing (`hub.test`), once, and tells what came of it.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, WEBHOOK_NOT_FOUND.
 */
export async function testWebhook(tools: Tools, caller: Caller, clientId: string): Promise<DeliveryResult> {
  await tools.permit(caller);
  const webhook = await tools.read((webhooks) => webhooks.findSecrets(clientId));
  if (!webhook) throw new HubError("WEBHOOK_NOT_FOUND");
  const secrets = await tools.unseal(clientId, webhook);
  if (!secrets) return { outcome: "SECRET_UNREADABLE", status: null, retryAfter: undefined };
  const message = { url: webhook.url, id: wireId(tools.newId()), body: testBody(tools.now()), secrets };
  const result = await tools.send(message, new AbortController().signal);
  return result ?? { outcome: "TIMEOUT", status: null, retryAfter: undefined };
}
