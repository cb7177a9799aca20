import { onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { askCaller, type Matter } from "./answers";
import { isPhone, type Draft } from "./draft";

const AFTER_MS = 250;

export interface Caller {
  matters: ShallowRef<Matter[]>;
  state: Ref<"unknown" | "asking" | "known" | "failed">;
}

/** What came from the caller's phone before, once a whole number is typed; who asked is noted by the server. */
export function useCaller(draft: ComputedRef<Draft>): Caller {
  const matters = shallowRef<Matter[]>([]);
  const state = ref<"unknown" | "asking" | "known" | "failed">("unknown");
  let control = new AbortController();
  let pause: ReturnType<typeof setTimeout> | undefined;

  async function ask(phone: string): Promise<void> {
    control = new AbortController();
    const { signal } = control;
    try {
      matters.value = await askCaller(phone, signal);
      state.value = "known";
    } catch {
      if (!signal.aborted) state.value = "failed";
    }
  }

  function stop(): void {
    clearTimeout(pause);
    control.abort();
  }

  watch(() => [draft.value.id, draft.value.phone.trim()] as const, ([, phone]) => {
    stop();
    matters.value = [];
    state.value = isPhone(phone) ? "asking" : "unknown";
    if (isPhone(phone)) pause = setTimeout(() => void ask(phone), AFTER_MS);
  }, { immediate: true });
  onScopeDispose(stop);
  return { matters, state };
}
