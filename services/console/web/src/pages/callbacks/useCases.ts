import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { useView } from "@/live";
import { due, type Case } from "./answers";
import { ordered } from "./outcome";

interface Row {
  ticket_id: string;
  number: string;
  due: { kind: string; due_at: string } | null;
}

export interface Cases {
  all: ComputedRef<Case[]>;
  /** There are more than were fetched. */
  more: Ref<boolean>;
  state: Ref<"loading" | "ready" | "failed">;
  error: ShallowRef<unknown>;
  /** Due times may be old: the stream is down. */
  stale: ComputedRef<boolean>;
  dueOf: (each: Case) => string | null;
  /** When somebody may be tried again, by number. */
  later: Map<string, string>;
  drop: (number: string) => void;
  refetch: () => Promise<void>;
}

const SOON_MS = 800;
const LOOK_MS = 60_000;

/** The desk's list, fetched anew when the stream says that something changed, and now and then without it. */
export function useCases(): Cases {
  const found = shallowRef<Case[]>([]);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);
  const more = ref(false);
  const later = reactive(new Map<string, string>());
  const { rows, state: link } = useView<Row>("callbacks");
  const dues = computed(() => new Map(rows.value.map((row) => [row.number, row.due?.due_at ?? null])));
  const gone = new Set<string>();
  let control = new AbortController();
  let pause: ReturnType<typeof setTimeout> | undefined;

  async function refetch(): Promise<void> {
    control.abort();
    control = new AbortController();
    const { signal } = control;
    try {
      const answer = await due(signal);
      found.value = answer.items.filter((each) => !gone.has(`${each.number} ${each.version}`));
      more.value = answer.next !== null;
      state.value = "ready";
      error.value = null;
    } catch (failed) {
      if (signal.aborted) return;
      error.value = failed;
      if (state.value === "loading") state.value = "failed";
    }
  }

  /** Answered: it does not come back for the same handing-in, however late the list is. */
  function drop(number: string): void {
    for (const each of found.value) if (each.number === number) gone.add(`${each.number} ${each.version}`);
    found.value = found.value.filter((each) => each.number !== number);
  }

  watch(rows, () => {
    clearTimeout(pause);
    pause = setTimeout(() => void refetch(), SOON_MS);
  });
  const look = setInterval(() => void refetch(), LOOK_MS);
  void refetch();
  onScopeDispose(() => {
    control.abort();
    clearTimeout(pause);
    clearInterval(look);
  });
  const all = computed(() => ordered(found.value, later));
  const stale = computed(() => link.value === "stale" || link.value === "failed");
  return { all, more, state, error, stale, dueOf: (each) => dues.value.get(each.under) ?? null, later, drop, refetch };
}
