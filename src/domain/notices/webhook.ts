/** How a client's endpoint may be written. `demo`: a demo may call its own machine, over plain http. */
export type WebhookPolicy = Readonly<{ demo: boolean }>;

/** Why an address is not accepted, as `details.reason` says it. Codes are never renamed or reused. */
export const webhookFaults = ["NO_URL", "NOT_HTTPS", "HAS_CREDENTIALS", "HAS_FRAGMENT", "TOO_LONG"] as const;
export type WebhookFault = (typeof webhookFaults)[number];

/** Limits of a webhook. *Units*: characters, milliseconds. */
export const webhookLimits = { url: 500, defaultOverlapMs: 86_400_000 } as const;

/**
 * What is wrong with the address of an endpoint, or undefined. Where its name leads is asked elsewhere, each time.
 * *Trust*: typed by an operator.
 */
export function webhookFault(text: string, { demo }: WebhookPolicy): WebhookFault | undefined {
  if (text.length > webhookLimits.url) return "TOO_LONG";
  if (!URL.canParse(text) || /[\s\p{Cc}]/u.test(text)) return "NO_URL";
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && demo && isLoopbackName(url.hostname)))
    return "NOT_HTTPS";
  if (url.username !== "" || url.password !== "") return "HAS_CREDENTIALS";
  return text.includes("#") ? "HAS_FRAGMENT" : undefined;
}

/** Whether a host of a URL is this machine by its name. *Shape*: as `URL.hostname` gives it. */
export function isLoopbackName(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
