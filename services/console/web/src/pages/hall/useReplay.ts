import { computed, type ComputedRef } from "vue";

import { query } from "@/api/http";
import { usePolled } from "@/api/usePolled";
import { ticker } from "@/live/clock";
import { momentAt, position, type Moment, type Moments, type Replay } from "@/pages/hall/replay";

const AGAIN_MS = 5 * 60_000;

export interface Past {
  moment: Moment;
  /** How far through the last day, 0 to 1. */
  share: number;
  /** Seconds until everything is live again. */
  left: number;
}

/** What to show instead of the present while a replay runs; null as soon as it is over, or while nothing is kept. */
export function useReplay(replay: ComputedRef<Replay | null>, area: ComputedRef<string | null>): ComputedRef<Past | null> {
  const at = computed(() => position(replay.value, ticker.value));
  const runs = computed(() => at.value !== null);
  const kept = usePolled<Moments>(
    () => (runs.value && area.value ? `/api/v1/hall/replay${query({ area: area.value })}` : null), AGAIN_MS,
  );
  return computed(() => {
    const moments = kept.data.value?.moments;
    if (!replay.value || at.value === null || !moments?.length) return null;
    const i = momentAt(moments, at.value);
    const left = Math.max(0, Math.round((Date.parse(replay.value.until) - ticker.value) / 1_000));
    return { moment: moments[i]!, share: (i + 1) / moments.length, left };
  });
}
