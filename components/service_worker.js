// What runs in the browser while no page of ours is open: it shows messages and opens what they
// are about. It keeps no page and no picture.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data.json()));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

// Nothing is said to a member who is looking at one of our pages: it shows what has happened.
async function show({ title, body, path, tag }) {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.some((page) => page.focused && page.visibilityState === "visible")) return;
  const icon = "/assets/app/icon-192.png";
  await self.registration.showNotification(title, { body, tag, icon, data: { path } });
}

async function open(path) {
  const address = new URL(path, self.registration.scope);
  if (address.origin !== self.location.origin) return;
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) return self.clients.openWindow(address.href);
  await page.focus();
  await page.navigate(address.href);
}
