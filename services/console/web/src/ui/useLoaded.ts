import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from "vue";

import { language } from "@/texts";

export interface Loaded<T> {
  data: ShallowRef<T | null>;
  state: Ref<"loading" | "ready" | "failed">;
  error: ShallowRef<unknown>;
  /** Ask again; what is shown stays until the answer is here. */
  reload: () => Promise<void>;
  /** Ask again soon, once for many reasons. */
  soon: () => void;
}

const SOON_MS = 400;

/** What a service answers about `of`; asked anew when that or the language changes. Null of `of`: nothing is asked for. */
export function useLoaded<K, T>(of: WatchSource<K | null>, ask: (of: K) => Promise<T>): Loaded<T> {
  const data: ShallowRef<T | null> = shallowRef(null);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error: ShallowRef<unknown> = shallowRef(null);
  let wanted: K | null = null;
  let turn = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<void> {
    clearTimeout(waiting);
    waiting = undefined;
    if (wanted === null) return;
    const mine = ++turn;
    try {
      const answer = await ask(wanted);
      if (mine !== turn) return;
      data.value = answer;
      state.value = "ready";
      error.value = null;
    } catch (problem) {
      if (mine !== turn) return;
      error.value = problem;
      // What was shown before is better than nothing; the band of the shell says that it ages.
      if (data.value === null) state.value = "failed";
    }
  }

  watch(
    of,
    (now) => {
      wanted = now;
      turn += 1;
      data.value = null;
      state.value = "loading";
      void reload();
    },
    { immediate: true },
  );
  watch(language, () => void reload());
  onScopeDispose(() => {
    turn += 1;
    clearTimeout(waiting);
  });
  return { data, state, error, reload, soon: () => (waiting ??= setTimeout(() => void reload(), SOON_MS)) };
}
