// Keeps the page's own files, so that it works without a network once it was opened. What is newer comes first.
const kept = "isolux-FILES_DIGEST";
const files = ["FILES_NAMES"];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(kept).then((cache) => cache.addAll(files)));
  skipWaiting();
});

addEventListener("activate", (event) => {
  event.waitUntil(removeOlder());
});

async function removeOlder() {
  for (const name of await caches.keys()) if (name.startsWith("isolux-") && name !== kept) await caches.delete(name);
  await clients.claim();
}

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method !== "GET" || !url.startsWith(registration.scope)) return;
  event.respondWith(fetch(event.request).catch(() => answerFromKept(event.request)));
});

async function answerFromKept(request) {
  const cache = await caches.open(kept);
  const name = request.mode === "navigate" ? "index.html" : request;
  return (await cache.match(name, { ignoreSearch: true })) ?? Response.error();
}
