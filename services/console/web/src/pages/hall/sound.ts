import { computed, onBeforeUnmount, onMounted, ref, watch, type ComputedRef } from "vue";

import { alarms, type Escalation } from "@/pages/hall/wall";

/** As long as nobody knows of a high escalation it is heard again so often. */
export const AGAIN_MS = 60_000;
const NOTES_HZ = [880, 660, 880, 660] as const;
const NOTE_S = 0.28;

export interface AlarmSound {
  on: ComputedRef<boolean>;
  /** `waits`: browsers are silent until somebody touched this page once. */
  state: ComputedRef<"off" | "waits" | "on">;
  toggle: () => void;
}

function chime(context: AudioContext): void {
  NOTES_HZ.forEach((pitch, i) => {
    const at = context.currentTime + i * NOTE_S;
    const note = context.createOscillator();
    const loud = context.createGain();
    note.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.4, at + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_S);
    note.connect(loud).connect(context.destination);
    note.start(at);
    note.stop(at + NOTE_S);
  });
}

/** The sound of alarms nobody knows of yet: off until the tablet (`told`) or this wall itself switches it on. */
export function useAlarmSound(rows: () => readonly Escalation[], told: () => boolean): AlarmSound {
  const own = ref<boolean | null>(null);
  const on = computed(() => own.value ?? told());
  const allowed = ref(false);
  const raised = computed(() => alarms(rows()).filter((row) => row.state === "raised").map((row) => row.escalation_id));
  const state = computed(() => (!on.value ? "off" : allowed.value ? "on" : "waits"));
  let context: AudioContext | null = null;
  let known = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;

  async function allow(): Promise<void> {
    if (!on.value || allowed.value) return;
    context ??= new AudioContext();
    await context.resume();
    allowed.value = context.state === "running";
  }
  function ring(): void {
    clearInterval(timer);
    if (state.value !== "on" || !raised.value.length || !context) return;
    chime(context);
    timer = setInterval(ring, AGAIN_MS);
  }
  function toggle(): void {
    own.value = !on.value;
    void allow();
  }

  watch(told, () => {
    own.value = null;
  });
  watch(state, ring);
  watch(raised, (ids) => {
    const fresh = ids.some((id) => !known.has(id));
    known = new Set(ids);
    if (fresh || !ids.length) ring();
  }, { immediate: true });
  const touched = (): void => void allow();
  onMounted(() => {
    addEventListener("pointerdown", touched);
    addEventListener("keydown", touched);
  });
  onBeforeUnmount(() => {
    removeEventListener("pointerdown", touched);
    removeEventListener("keydown", touched);
    clearInterval(timer);
    void context?.close();
  });
  return { on, state, toggle };
}
