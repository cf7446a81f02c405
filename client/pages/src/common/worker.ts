/**
 * The service worker: keeps the pages on this device, so that they open again when the relay cannot be reached.
 *
 * It answers for the pages and their assets only; what the relay says about a meet never passes through it. A page is
 * asked for at the relay first, so that a new version arrives with the next load; assets carry their hash in
 * their name and are taken from what is kept.
 */

export {};

declare const self: ServiceWorkerGlobalScope;
/** Every file of this build, relative to the scope. */
declare const KEPT: string[];
/** Changes with every build. */
declare const VERSION: string;

const STORE = "spotter-pages";
const CACHE = `${STORE}-${VERSION}`;
const WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld());
});

self.addEventListener("fetch", (event) => {
  const name = keptName(event.request);
  if (name !== null)
    event.respondWith(name.endsWith(".html") ? page(event.request, name) : asset(event.request, name));
});

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    KEPT.map(async (file) => {
      const answer = await fetch(addressOf(file), { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
      await cache.put(absolute(file), answer);
    }),
  );
  await self.skipWaiting();
}

async function forgetOld(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(`${STORE}-`) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The kept file that answers a request; null if it is none of ours. */
function keptName(request: Request): string | null {
  const scope = new URL(self.registration.scope);
  const asked = new URL(request.url);
  if (request.method !== "GET" || asked.origin !== scope.origin || !asked.pathname.startsWith(scope.pathname))
    return null;
  const rest = asked.pathname.slice(scope.pathname.length);
  const name = rest.startsWith("assets/") ? rest : `${rest === "" ? "live" : rest}.html`;
  return KEPT.includes(name) ? name : null;
}

/** Where a kept file is served: pages have no ending, and Live is the first page. */
function addressOf(file: string): string {
  return absolute(file === "live.html" ? "" : file.replace(/\.html$/, ""));
}

function absolute(file: string): string {
  return new URL(file, self.registration.scope).href;
}

async function page(request: Request, name: string): Promise<Response> {
  const kept = await caches.match(absolute(name), { cacheName: CACHE });
  try {
    const answer = await fetch(request, kept === undefined ? {} : { signal: AbortSignal.timeout(WAIT_MS) });
    return answer.ok || kept === undefined ? answer : kept;
  } catch (why) {
    if (kept === undefined) throw why;
    return kept;
  }
}

async function asset(request: Request, name: string): Promise<Response> {
  return (await caches.match(absolute(name), { cacheName: CACHE })) ?? fetch(request);
}
