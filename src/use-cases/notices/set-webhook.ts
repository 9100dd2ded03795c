import type { Caller } from "../../domain/access/caller.ts";
import { type WebhookFault, webhookFault, webhookFaults } from "../../domain/notices/webhook.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { StoredWebhook, WebhookStore } from "../../store/notices/webhook-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  isDemo: boolean;
  /** Where a host leads; a code when it may not be called. */
  findCallable: (hostname: string) => Promise<readonly unknown[] | "NAME_UNKNOWN" | "ADDRESS_REFUSED">;
  /** A new secret, `whsec_` and base64 of 32 bytes. */
  newSecret: () => string;
  seal: (owner: string, secret: string) => Promise<string>;
  transaction: <T>(run: (inside: { webhooks: WebhookStore; clients: ClientStore }) => Promise<T>) => Promise<T>;
}>;

/** A webhook, and its secret when it has just been made: it is shown once. */
export type WebhookWithSecret = Readonly<{ webhook: StoredWebhook; secret: string | null }>;

/**
 * Says where a client is to be told of changes, or says it again: a webhook that was switched off is tried again, and its
 * secret stays. *Trust*: `url` is typed by an operator, and its name leads wherever its owner wants: it is looked at here,
 * and again before each call.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND, INPUT_INVALID (client: no department's),
 * WEBHOOK_URL_REFUSED.
 */
export async function setWebhook(
  tools: Tools,
  caller: Caller,
  { clientId, url }: Readonly<{ clientId: string; url: string }>,
): Promise<WebhookWithSecret> {
  const operator = await tools.permit(caller);
  const fault = webhookFault(url, { demo: tools.isDemo });
  if (fault) throw refusal(fault);
  const found = await tools.findCallable(new URL(url).hostname);
  if (typeof found === "string") throw refusal(found);
  const at = tools.now();
  const secret = tools.newSecret();
  const sealed = await tools.seal(clientId, secret);
  return tools.transaction(async ({ webhooks, clients }) => {
    const client = await clients.lock(clientId);
    if (!client) throw new HubError("CLIENT_NOT_FOUND");
    if (client.kind !== "DEPARTMENT") throw new HubError("INPUT_INVALID", { argument: "client" });
    const isNew = (await webhooks.find(clientId)) === undefined;
    await webhooks.set(clientId, url, sealed, at);
    await clients.record({ at, operator, action: "SET_WEBHOOK", clientId, details: { url } });
    const webhook = await webhooks.find(clientId);
    if (!webhook) throw new HubError("WEBHOOK_NOT_FOUND");
    return { webhook, secret: isNew ? secret : null };
  });
}

function refusal(reason: WebhookFault): HubError {
  const { en, zh } = webhookFaults[reason];
  return new HubError("WEBHOOK_URL_REFUSED", { reason, todo: en, todoZh: zh });
}
