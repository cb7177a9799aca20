import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { Problem } from "@/api/http";
import { intent, type Intent, type Said } from "./commands";

type How<D> = (data: D, meant: Intent) => Promise<Said>;

/** One thing somebody is about to do: sent once, repeated under the same id, sent anew after a conflict. */
export interface Deed {
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  conflict: ComputedRef<Problem | null>;
  /** Anything that went wrong and is no conflict. */
  wrong: ComputedRef<unknown>;
  /** What was answered, null when it was not taken. */
  send: <D extends object>(data: D, how: How<D>) => Promise<Said | null>;
  forget: () => void;
}

/** `version` is what the person sees; undefined where the matter has none. */
export function useDeed(version: () => number | undefined): Deed {
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  const conflict = computed(() => (error.value instanceof Problem && error.value.moved ? error.value : null));
  const wrong = computed(() => (conflict.value ? null : error.value));
  /** An intention nobody has answered: sent again as it was, so that it is not done twice. */
  let open: { meant: Intent; typed: string } | null = null;

  async function send<D extends object>(data: D, how: How<D>): Promise<Said | null> {
    if (busy.value) return null;
    busy.value = true;
    error.value = null;
    const typed = JSON.stringify(data);
    const { meant } = (open = open?.typed === typed ? open : { meant: intent(version()), typed });
    try {
      const said = await how(data, meant);
      open = null;
      return said;
    } catch (problem) {
      error.value = problem;
      if (!(problem instanceof Problem && problem.again)) open = null;
      return null;
    } finally {
      busy.value = false;
    }
  }

  function forget(): void {
    open = null;
    error.value = null;
  }

  return { busy, error, conflict, wrong, send, forget };
}
