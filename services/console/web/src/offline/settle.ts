/** Let the phone's page open without a network from now on; where a browser cannot, it opens with one. */
export function settle(): void {
  if (!import.meta.env.PROD) return;
  // Refused where the line is no safe one (plain http to another machine): there the page works as any other.
  navigator.serviceWorker?.register("/m/worker.js", { scope: "/m/" }).catch(() => undefined);
}
