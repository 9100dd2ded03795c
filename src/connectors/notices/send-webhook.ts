import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Webhook } from "standardwebhooks";
import type { DeliveryFailure, DeliveryResult } from "../../domain/notices/delivery.ts";
import { isLoopbackName } from "../../domain/notices/webhook.ts";
import { type CallPolicy, findCallable, type HostAddress } from "./callable-addresses.ts";

/** What is handed over, where, and signed with what. */
export type WebhookMessage = Readonly<{
  url: string;
  id: string;
  /** The same bytes at every try. */
  body: string;
  /** One, or two while a secret is rotated: each signs. */
  secrets: readonly string[];
}>;

/** What a call may take. *Units*: milliseconds for all of it, name to answer. */
export type SendTools = Readonly<{ policy: CallPolicy; maxMs: number; now: () => Date }>;

/** Octets of an answer that are taken in before the line is cut; nothing of it is read. */
const maxAnswerBytes = 16_384;

/**
 * Hands one message over. The name is looked up here, and the line goes to the address that was looked at and no other;
 * redirects are not followed, and nothing of the answer but its status counts. Never throws for what the other side does.
 * @param signal ends it: then it is as if it had not been tried
 * @returns undefined when it was ended
 * *Source*: Standard Webhooks 1.0
 */
export async function sendWebhook(
  { policy, maxMs, now }: SendTools,
  message: WebhookMessage,
  signal: AbortSignal,
): Promise<DeliveryResult | undefined> {
  const deadline = AbortSignal.timeout(maxMs);
  const either = AbortSignal.any([deadline, signal]);
  const url = new URL(message.url);
  const found = await ending(findCallable(url.hostname, policy), either);
  if (signal.aborted) return undefined;
  if (found === undefined) return failed("TIMEOUT");
  if (typeof found === "string") return failed(found);
  if (url.protocol === "http:" && !(policy.demo && isLoopbackName(url.hostname))) return failed("ADDRESS_REFUSED");
  try {
    const at = now();
    const signatures = message.secrets.map((secret) => new Webhook(secret).sign(message.id, at, message.body));
    const headers = {
      ...{ "content-type": "application/json", "content-length": Buffer.byteLength(message.body) },
      ...{ "user-agent": "Zhengzhao", "webhook-id": message.id, "webhook-signature": signatures.join(" ") },
      "webhook-timestamp": Math.floor(at.getTime() / 1_000),
    };
    return toResult(await post(url, found, headers, message.body, either), now());
  } catch (error) {
    if (signal.aborted) return undefined;
    return failed(deadline.aborted ? "TIMEOUT" : failureOf(error));
  }
}

function post(
  url: URL,
  found: readonly HostAddress[],
  headers: Record<string, string | number>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      ...{ method: "POST", headers, signal, agent: false, maxHeaderSize: maxAnswerBytes },
      // Whatever the name means by now: the line goes where was looked.
      lookup: (_name, options, answer) => {
        const [first] = found;
        if (options.all) answer(null, [...found]);
        else answer(null, first?.address ?? "", first?.family);
      },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      let bytes = 0;
      response.on("error", () => undefined);
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) response.destroy();
      });
      resolve(response);
    });
    call.end(body);
  });
}

function toResult({ statusCode = 0, headers }: IncomingMessage, now: Date): DeliveryResult {
  if (statusCode >= 200 && statusCode < 300) return { outcome: "DELIVERED", status: statusCode, retryAfter: undefined };
  const retryAfter = retryAfterOf(headers["retry-after"], now);
  const outcome =
    statusCode === 410
      ? "GONE"
      : statusCode === 429
        ? "RATE_LIMITED"
        : statusCode >= 500
          ? "SERVER_ERROR"
          : statusCode >= 400
            ? "REFUSED"
            : "REDIRECTED";
  const waits = statusCode === 429 || statusCode === 503;
  return { outcome, status: statusCode, retryAfter: waits ? retryAfter : undefined };
}

/** *Trust*: whatever the other side sends. *Units*: seconds. */
function retryAfterOf(text: string | undefined, now: Date): number | undefined {
  if (text === undefined || text.length > 40) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : Math.max(0, Math.ceil((instant - now.getTime()) / 1_000));
}

function failed(outcome: DeliveryFailure): DeliveryResult {
  return { outcome, status: null, retryAfter: undefined };
}

/** What an error of a connection means. Its text goes nowhere: it may repeat what the other side said. */
function failureOf(error: unknown): DeliveryFailure {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (/^(HPE_|ERR_HTTP|ERR_INVALID)/.test(code)) return "ANSWER_INVALID";
  if (/CERT|^ERR_TLS|^ERR_SSL|SIGNED|VERIFY|^EPROTO$|ISSUER|^HOSTNAME_MISMATCH$/.test(code))
    return "CERTIFICATE_INVALID";
  return "UNREACHABLE";
}

/** The value, or undefined when the signal comes first. */
function ending<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    value.then(resolve, reject);
  });
}
