/** The state of the link, for the shell. */

import { computed, type ComputedRef } from "vue";

import { live, type LiveClient } from "./client";
import type { Link } from "./messages";

/** `since`: Unix ms by the server's clock; while not live, when the stream was last heard. */
export function useLink(client: LiveClient = live()): ComputedRef<Link> {
  return computed(() => client.link.value);
}

/** At sign-out: the stream all tabs share ends and keeps nothing. A new sign-in starts it by itself. */
export function endLive(): void {
  live().end();
}
