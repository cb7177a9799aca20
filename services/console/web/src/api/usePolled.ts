import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from "vue";

import { get } from "@/api/http";

export interface Polled<T> {
  data: Readonly<ShallowRef<T | null>>;
  error: Readonly<ShallowRef<unknown>>;
  again: () => void;
}

/** What a route answers, asked for again now and then; what was had stays while it cannot be had. */
export function usePolled<T>(path: MaybeRefOrGetter<string | null>, everyMs: number): Polled<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let control = new AbortController();

  async function ask(): Promise<void> {
    clearTimeout(timer);
    control.abort();
    control = new AbortController();
    const { signal } = control;
    const asked = toValue(path);
    if (asked === null) return;
    try {
      const answer = await get<T>(asked, { signal });
      if (signal.aborted) return;
      data.value = answer;
      error.value = null;
    } catch (failed) {
      if (signal.aborted) return;
      error.value = failed;
    }
    timer = setTimeout(() => void ask(), everyMs);
  }

  watch(() => toValue(path), () => {
    data.value = null;
    void ask();
  }, { immediate: true });
  onScopeDispose(() => {
    clearTimeout(timer);
    control.abort();
  });
  return { data, error, again: () => void ask() };
}
