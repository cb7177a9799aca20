import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef } from "vue";
import { useRoute } from "vue-router";

import { useView } from "@/live/view";
import type { Replay } from "@/pages/hall/replay";
import { FIRST, fromAddress, next, type Picture } from "@/pages/hall/turning";
import { session } from "@/session/session";

/** What the stream says: nothing of a picture before the first one was sent. */
export type Told = Partial<Picture> & { id: string; replay?: Replay | null };

interface Shown {
  picture: ComputedRef<Picture>;
  replay: ComputedRef<Replay | null>;
  turn: () => void;
}

/** What this wall shows: as its address says, from the control page's first word on as that says; turning by itself. */
export function usePicture(): Shown {
  const route = useRoute();
  const told = useView<Told>(() => (session.value?.topics.includes("hall") ? "hall" : null), {});
  const word = computed(() => told.rows.value[0]);
  const replay = computed(() => word.value?.replay ?? null);
  const base = computed<Picture>(() => (word.value?.page ? { ...FIRST, ...word.value } : fromAddress(route.query)));
  const page = ref(base.value.page);
  const picture = computed(() => ({ ...base.value, page: page.value }));
  const timer = shallowRef<ReturnType<typeof setInterval>>();
  const turn = (): void => {
    page.value = next(picture.value);
  };

  watch(base, (now) => {
    page.value = now.page;
    clearInterval(timer.value);
    if (now.rotate_s > 0 && now.pages.length > 1) timer.value = setInterval(turn, now.rotate_s * 1_000);
  }, { immediate: true });
  onScopeDispose(() => clearInterval(timer.value));
  return { picture, replay, turn };
}
