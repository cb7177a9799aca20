import { computed, onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref } from "vue";

import { newKey } from "@/api/http";
import { emptyDraft, isBlank, type Draft } from "./draft";
import { forget, load, MOST, save } from "./keep";

const PAUSE_MS = 400;
const LOOK_MS = 600_000;

export interface Drafts {
  all: Draft[];
  current: ComputedRef<Draft>;
  currentId: Ref<string>;
  /** False when this browser keeps nothing: a reload would lose what is typed. */
  kept: Ref<boolean>;
  /** Begin another call beside those that wait. */
  park: () => void;
  close: (id: string) => void;
  /** Its content is filed: an empty form in its place. */
  clear: (id: string) => void;
  saveNow: () => void;
}

/** Several calls at once, saved at every pause and when the page goes, back after a reload or another sign-in. */
export function useDrafts(person: string): Drafts {
  forget(localStorage, Date.now());
  const all = reactive(load(localStorage, person, Date.now()));
  if (!all.length) all.push(emptyDraft());
  const currentId = ref(all[all.length - 1]!.id);
  const current = computed(() => all.find((each) => each.id === currentId.value) ?? all[0]!);
  const kept = ref(true);
  const gone = new Set<string>();
  let pause: ReturnType<typeof setTimeout> | undefined;

  function saveNow(): void {
    clearTimeout(pause);
    kept.value = save(localStorage, person, all, gone, Date.now());
  }

  function park(): void {
    const blank = all.find(isBlank);
    const next = blank ?? emptyDraft();
    if (!blank && all.length >= MOST) return;
    if (!blank) all.push(next);
    currentId.value = next.id;
  }

  /** There is always one to write in: what takes its place is chosen before it goes. */
  function close(id: string): void {
    const at = all.findIndex((each) => each.id === id);
    if (at < 0) return;
    if (all.length === 1) all.push(emptyDraft());
    if (id === currentId.value) currentId.value = all[at === all.length - 1 ? at - 1 : at + 1]!.id;
    gone.add(id);
    all.splice(at, 1);
    saveNow();
  }

  function clear(id: string): void {
    const found = all.find((each) => each.id === id);
    if (found) Object.assign(found, emptyDraft(), { id, touchedAt: Date.now() });
    saveNow();
  }

  watch(
    () => JSON.stringify({ ...current.value, touchedAt: 0, key: "" }),
    (_, before) => {
      if (JSON.parse(before).id === current.value.id) current.value.touchedAt = Date.now();
      clearTimeout(pause);
      pause = setTimeout(saveNow, PAUSE_MS);
    },
    { flush: "sync" },
  );
  const look = setInterval(() => forget(localStorage, Date.now()), LOOK_MS);
  window.addEventListener("pagehide", saveNow);
  onScopeDispose(() => {
    saveNow();
    clearInterval(look);
    window.removeEventListener("pagehide", saveNow);
  });
  return { all, current, currentId, kept, park, close, clear, saveNow };
}

/** A refused filing was not stored under its key: what is sent next is another intention. */
export function anew(draft: Draft): void {
  draft.key = newKey();
}
