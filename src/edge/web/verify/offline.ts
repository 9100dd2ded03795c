/** Has the browser keep this page for times without a network. The page's policy wants the worker's address vouched for. */
export async function keepForOffline(): Promise<void> {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("verify-page", { createScriptURL: () => address });
  const url = policy ? policy.createScriptURL(address) : address;
  // TypeScript's library knows a worker's address as text only.
  await navigator.serviceWorker?.register(url as string).catch(() => undefined);
}

const address = "./service-worker.js";

/** What TypeScript's library lacks. *Source*: W3C Trusted Types. */
type TrustedTypes = {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedTypePolicy;
};
type TrustedTypePolicy = { createScriptURL(url: string): unknown };
