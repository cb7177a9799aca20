import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { language } from "@/texts";
import { askDuplicates, askRoutings, type Matter, type Question, type Routing } from "./answers";
import { isPhone, type Draft } from "./draft";
import { Held } from "./held";

const AFTER_MS = 250;
const LEAST = 4;
const SHOWN = 5;

interface Advice {
  duplicates: Matter[];
  routings: Routing[];
  /** Why there are no routings, in the server's words. */
  away: string;
}

const NONE: Advice = { duplicates: [], routings: [], away: "" };

export interface Advised {
  advice: ShallowRef<Advice>;
  busy: Ref<boolean>;
  /** Newer advice waits until the pointer has left. */
  waiting: Ref<boolean>;
  hold: (pointed: boolean) => void;
  enough: ComputedRef<boolean>;
}

const or = <T>(asked: Promise<T>, instead: T): Promise<T> =>
  asked.catch((error: unknown) => {
    if (error instanceof DOMException) throw error;
    return instead;
  });

/** Who would get it and what is like it, 250 ms after typing has stopped. Filing never waits for it. */
export function useAdvice(draft: ComputedRef<Draft>): Advised {
  const advice = shallowRef<Advice>(NONE);
  const busy = ref(false);
  const waiting = ref(false);
  const held = new Held<Advice>((found) => (advice.value = found));
  let control = new AbortController();
  let pause: ReturnType<typeof setTimeout> | undefined;

  const asked = computed<Question>(() => {
    const { text, address, area, category, urgency } = draft.value;
    const some = { text: text.trim(), address: address.trim(), grid_code: area, category, urgency };
    return Object.fromEntries(Object.entries(some).filter(([, value]) => value !== ""));
  });
  const enough = computed(() => draft.value.text.trim().length >= LEAST);
  const about = computed(() => JSON.stringify([asked.value, draft.value.phone, draft.value.kind, draft.value.id, language.value]));

  async function ask(): Promise<void> {
    control = new AbortController();
    const { signal } = control;
    const { kind, phone } = draft.value;
    const alike: Question = { ...asked.value, urgency: undefined, kind, limit: SHOWN, ...(isPhone(phone) ? { phone: phone.trim() } : {}) };
    busy.value = true;
    try {
      const [routed, found] = await Promise.all([
        or(askRoutings(asked.value, signal), { items: [], reason: "" }),
        or(askDuplicates(alike, signal), { items: [] }),
      ]);
      held.offer({ routings: routed.items, away: routed.reason ?? "", duplicates: found.items });
      waiting.value = held.waiting;
    } catch {
      return; // a newer question is on its way
    }
    busy.value = false;
  }

  function stop(): void {
    clearTimeout(pause);
    control.abort();
  }

  function hold(pointed: boolean): void {
    held.hold(pointed);
    waiting.value = held.waiting;
  }

  watch(about, () => {
    stop();
    if (!enough.value) {
      busy.value = false;
      held.offer(NONE);
      waiting.value = held.waiting;
      return;
    }
    pause = setTimeout(() => void ask(), AFTER_MS);
  }, { immediate: true });
  // Another call's advice is nothing to hold on to.
  watch(() => draft.value.id, () => (advice.value = NONE));
  onScopeDispose(stop);
  return { advice, busy, waiting, hold, enough };
}
