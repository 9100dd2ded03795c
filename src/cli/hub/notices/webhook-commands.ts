import { HubError } from "../../../errors.ts";
import type { StoredWebhook } from "../../../store/notices/webhook-store.ts";
import { type Output, requiredText, type SessionCommand } from "../command.ts";
import { factsOf } from "../table.ts";

/** `hub client webhook …` */
export const webhookCommands: Readonly<Record<string, SessionCommand>> = {
  webhook: {
    words: "ID",
    about:
      "Says where a client is told that licenses its cases rely on have changed. The first time it prints a secret.",
    options: { url: { type: "string" } },
    help: [
      "--url URL        https://…; in a demo also http://127.0.0.1:…",
      "",
      "The secret is shown once. Again with the same or another address: the secret stays, and what was switched off or",
      "left alone is tried at once. Networks that are not the open internet are named in WEBHOOK_NETWORKS.",
      "",
      "hub client webhook transport-dispatch --url https://dispatch.example/zhengzhao",
    ],
    run: async ({ notices, caller }, [clientId = ""], values) =>
      withSecret(await notices.setWebhook(caller, { clientId, url: requiredText(values, "url") })),
  },

  "webhook-show": {
    words: "ID",
    about: "Shows a client's webhook: whether it takes what it is sent, what waits and what was given up.",
    options: {},
    help: ["hub client webhook-show transport-dispatch"],
    run: async ({ notices, caller }, [clientId = ""]) => {
      const webhook = await notices.readWebhook(caller, clientId);
      if (!webhook) throw new HubError("WEBHOOK_NOT_FOUND");
      return { value: webhook, lines: linesOf(webhook) };
    },
  },

  "webhook-rotate": {
    words: "ID",
    about: "Makes a new secret and prints it. For a day both sign; then only the new one.",
    options: { "at-once": { type: "boolean" } },
    help: [
      "--at-once        the one before signs no more from now on: it has leaked",
      "",
      "hub client webhook-rotate transport-dispatch",
    ],
    run: async ({ notices, caller }, [clientId = ""], values) =>
      withSecret(await notices.rotateWebhookSecret(caller, { clientId, atOnce: values["at-once"] === true })),
  },

  "webhook-test": {
    words: "ID",
    about:
      "Sends a client's webhook a signed event that says nothing, and tells what came of it. Exit code 1: not taken.",
    options: {},
    help: ["hub client webhook-test transport-dispatch"],
    run: async ({ notices, caller }, [clientId = ""]) => {
      const { outcome, status } = await notices.testWebhook(caller, clientId);
      const lines = [status === null ? outcome : `${outcome}: answered with ${status}`];
      return { value: { outcome, status }, lines, exitCode: outcome === "DELIVERED" ? 0 : 1 };
    },
  },

  "webhook-remove": {
    words: "ID",
    about: "Removes a client's webhook and its secrets. Its notices stay to be read; those that waited as UNSENT.",
    options: {},
    help: ["hub client webhook-remove transport-dispatch"],
    run: async ({ notices, caller }, [clientId = ""]) => {
      const removed = await notices.removeWebhook(caller, clientId);
      return { value: removed, lines: [`${clientId} is told of nothing any more.`] };
    },
  },
};

function withSecret({ webhook, secret }: Readonly<{ webhook: StoredWebhook; secret: string | null }>): Output {
  const shown = secret === null ? "stays as it is" : secret;
  return { value: { ...webhook, secret }, lines: [...linesOf(webhook), ...factsOf({ secret: shown })] };
}

function linesOf(webhook: StoredWebhook): readonly string[] {
  const { clientId, url, active, setAt, oldUntil, failures, failingSince, restUntil, outcome, deliveredAt } = webhook;
  return factsOf({
    ...{ client: clientId, url, state: active ? "stands" : "switched off: it answered 410", set: setAt },
    ...(oldUntil && { "old secret until": oldUntil }),
    ...{ "last visit": outcome ?? "-", "last taken": deliveredAt ?? "-", "failures in a row": String(failures) },
    ...(failingSince && { "failing since": failingSince, "left alone until": restUntil ?? "-" }),
    ...{ waiting: String(webhook.waiting), "given up": String(webhook.dead) },
  });
}
