/**
 * Keeps the page for times without a network. It knows the page's own files and nothing else: what is verified never
 * passes here, and the hub's keys are kept by the page itself, which says how old they are.
 */

/** What TypeScript's library for pages lacks of a worker. */
type ExtendableEvent = Event & { waitUntil(done: Promise<unknown>): void };
type FetchEvent = ExtendableEvent & { readonly request: Request; respondWith(answer: Promise<Response>): void };
type Worker = {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
};
const worker = globalThis as unknown as Worker;

const prefix = "zhengzhao-verify-page-";
// Both texts are written in by build-pages.ts.
const cacheName = `${prefix}PRECACHED_NAME`;
const files = "PRECACHED_FILES".split(" ");

worker.addEventListener("install", (event) => {
  const requests = files.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(requests))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(dropOldFiles().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const scope = new URL(worker.registration.scope);
  if (request.method !== "GET" || origin !== scope.origin || !pathname.startsWith(scope.pathname)) return;
  event.respondWith(answer(request, pathname === scope.pathname));
});

/** The page itself comes from the network while there is one, so that a new version is seen at once. */
async function answer(request: Request, isPage: boolean): Promise<Response> {
  const kept = await caches.match(isPage ? "./" : request, { cacheName });
  if (!isPage) return kept ?? fetch(request);
  const fetched = await fetch(request).catch(() => undefined);
  return fetched?.ok ? fetched : (kept ?? fetched ?? Response.error());
}

async function dropOldFiles(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

export {};
