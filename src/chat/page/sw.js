// The browser's copy of the page, so that it opens without a connection too. Only the page and its
// own files are kept here: what people say is in the page's storage (kept.js), where it goes when
// they sign out, and no file that they send is kept.

const SHELL = 'mio-chat-shell';
const here = new URL(self.registration.scope);
// The page's own files, whose folder is named after their content.
const FILES = /"(a\/[0-9a-f]{8}\/[^"]+)"/g;

/** Keeps a page with all of its files, and nothing of an earlier one. */
async function keep(page) {
  const text = await page.clone().text();
  const files = [...text.matchAll(FILES)].map(([, path]) => new URL(path, here).href);
  if (!files.length) return;
  const shell = await caches.open(SHELL);
  const kept = (await shell.keys()).map(({ url }) => url);
  await shell.addAll(files.filter((url) => !kept.includes(url)));
  await shell.put(here.href, page);
  const old = kept.filter((url) => url !== here.href && !files.includes(url));
  await Promise.all(old.map((url) => shell.delete(url)));
}

/** The newest page; without a connection the one that is kept. */
async function page(event) {
  try {
    const response = await fetch(event.request);
    if (response.ok) event.waitUntil(keep(response.clone()).catch(() => undefined));
    return response;
  } catch (error) {
    const kept = await caches.match(here.href, { cacheName: SHELL });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener('install', (event) => {
  event.waitUntil(fetch(here.href).then(keep).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** Shows the page, or opens it, with the conversation of a notification. */
async function open({ key, name } = {}) {
  const [shown] = await self.clients.matchAll({ type: 'window' });
  const hash = key ? `#${encodeURIComponent(key)}` : '';
  if (!shown) return self.clients.openWindow(here.href + hash);
  shown.postMessage({ key, name });
  return shown.focus();
}

// On phones the page itself cannot show notifications, so it shows them by this worker.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data ?? {}));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== here.origin) return;
  if (request.mode === 'navigate' && url.pathname === here.pathname) {
    event.respondWith(page(event));
  } else if (url.pathname.startsWith(`${here.pathname}a/`)) {
    event.respondWith(caches.match(request, { cacheName: SHELL })
      .then((kept) => kept ?? fetch(request)));
  }
});
