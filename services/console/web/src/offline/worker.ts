/** Service worker of `/m/`, served as `/m/worker.js`: no other page is in its reach. */

import { Shell, type Build } from "./shell";

/** Filled in when everything else is built (shell.mjs). */
declare const CHUISHAO_BUILD: Build;

const scope = self as unknown as ServiceWorkerGlobalScope;
const shell = new Shell(CHUISHAO_BUILD, { caches: scope.caches, fetch: scope.fetch.bind(scope), origin: scope.location.origin });

scope.oninstall = (event) => event.waitUntil(shell.install().then(() => scope.skipWaiting()));
scope.onactivate = (event) => event.waitUntil(shell.tidy());
scope.onfetch = (event) => {
  const answer = shell.answer(event.request);
  if (answer) event.respondWith(answer);
};
