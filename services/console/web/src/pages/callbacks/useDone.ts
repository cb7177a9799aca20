import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { serverNow } from "@/live";
import { dayOf } from "@/pages/intake/counts";
import { done, type Call } from "./answers";

export interface Done {
  calls: ShallowRef<readonly Call[]>;
  state: Ref<"loading" | "ready" | "failed">;
  error: ShallowRef<unknown>;
  refetch: () => Promise<void>;
}

const MOST_PAGES = 10;

/** What was recorded on the city's present day, newest first; asked for when it is looked at. */
export function useDone(): Done {
  const calls = shallowRef<readonly Call[]>([]);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);
  let control = new AbortController();

  async function refetch(): Promise<void> {
    control.abort();
    control = new AbortController();
    const { signal } = control;
    try {
      calls.value = await today(signal);
      state.value = "ready";
      error.value = null;
    } catch (failed) {
      if (signal.aborted) return;
      error.value = failed;
      if (state.value === "loading") state.value = "failed";
    }
  }

  onScopeDispose(() => control.abort());
  return { calls, state, error, refetch };
}

async function today(signal: AbortSignal): Promise<Call[]> {
  const day = dayOf(serverNow());
  const found: Call[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: { items: Call[]; next: string | null } = await done(cursor, signal);
    const own = answer.items.filter((each) => dayOf(Date.parse(each.at)) === day);
    found.push(...own);
    cursor = answer.next;
    if (cursor === null || own.length < answer.items.length) break;
  }
  return found;
}
