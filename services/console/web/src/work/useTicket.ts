import { onScopeDispose, ref, shallowRef, toValue, watch, type MaybeRefOrGetter, type Ref, type ShallowRef } from "vue";

import { get, Problem } from "@/api/http";
import { language } from "@/texts";
import type { Ticket } from "./types";

export interface Loaded {
  ticket: ShallowRef<Ticket | null>;
  error: ShallowRef<unknown>;
  loading: Ref<boolean>;
  reload: () => void;
}

const AGAIN_MS = 5_000;
const CALM_MS = 150;

/**
 * The whole document of a ticket, fetched again when a list tells of a newer version. The one before stays on the
 * screen until the next is here, so that nothing jumps; `ident` empty: none is wanted.
 */
export function useTicket(ident: MaybeRefOrGetter<string>, told: MaybeRefOrGetter<unknown> = undefined): Loaded {
  const ticket = shallowRef<Ticket | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = ref(false);
  let control = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    const wanted = toValue(ident);
    control.abort();
    clearTimeout(timer);
    if (!wanted) return;
    control = new AbortController();
    const { signal } = control;
    loading.value = true;
    try {
      const found = await get<Ticket>(`/v1/tickets/${encodeURIComponent(wanted)}`, { signal });
      if (signal.aborted) return;
      ticket.value = found;
      error.value = null;
    } catch (problem) {
      if (signal.aborted) return;
      error.value = problem;
      if (problem instanceof Problem && problem.again) timer = setTimeout(() => void load(), AGAIN_MS);
      else ticket.value = null;
    } finally {
      if (!signal.aborted) loading.value = false;
    }
  }

  watch(
    () => toValue(ident),
    () => {
      ticket.value = null;
      error.value = null;
      // Whoever runs down a list does not want every ticket on the way.
      clearTimeout(timer);
      loading.value = true;
      timer = setTimeout(() => void load(), CALM_MS);
    },
    { immediate: true },
  );
  watch([() => toValue(told), language], () => void load());
  onScopeDispose(() => {
    control.abort();
    clearTimeout(timer);
  });

  return { ticket, error, loading, reload: () => void load() };
}
