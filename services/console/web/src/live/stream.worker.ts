/** SharedWorker: one stream for every tab of this browser, because a browser allows six connections to a host. */

import { Hub } from "./hub";
import type { FromTab, ToTab } from "./messages";

const scope = self as unknown as SharedWorkerGlobalScope;
const hub = new Hub({ fetch: scope.fetch.bind(scope), random: Math.random });

scope.onconnect = (event: MessageEvent) => {
  const port = event.ports[0];
  if (!port) return;
  const tab = { post: (message: ToTab) => port.postMessage(message) };
  port.onmessage = (said: MessageEvent<FromTab>) => hub.hear(tab, said.data);
};
