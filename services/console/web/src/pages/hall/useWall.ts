import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from "vue";

import { query } from "@/api/http";
import { useView, type LiveView } from "@/live/view";
import type { Atlas } from "@/maps/areas";
import { usePolled, type Polled } from "@/api/usePolled";
import type { Counters, Escalation, Rates, Trend, WallExtra } from "@/pages/hall/wall";
import type { Figures } from "@/maps/areas";
import { session } from "@/session/session";

const ATLAS_MS = 10 * 60_000;
const RATES_MS = 60_000;
const TREND_MS = 60_000;

export interface Wall {
  live: LiveView<Escalation, WallExtra>;
  area: ComputedRef<string | null>;
  atlas: Polled<Atlas>;
  /** By community, for map and ranking. */
  byArea: Polled<Rates>;
  byUnit: Polled<Rates>;
  byCategory: Polled<Rates>;
  trend: Polled<Trend>;
}

/** The area a wall shows when nothing else is said: the first the session may follow. */
function own(): string {
  const topic = session.value?.topics.find((name) => /^wall\.\d+$/.test(name));
  return topic?.slice("wall.".length) ?? session.value?.areas[0] ?? "";
}

/** Everything a wall shows, of one area. */
export function useWall(chosen: MaybeRefOrGetter<string>): Wall {
  const asked = computed(() => toValue(chosen) || own());
  const atlas = usePolled<Atlas>(() => `/api/v1/outlines${query({ area: asked.value, levels: 3 })}`, ATLAS_MS);
  const area = computed(() => asked.value || atlas.data.value?.area || null);
  const live = useView<Escalation, WallExtra>("wall", () => (area.value ? { area: area.value } : null), {
    id: (row) => row.escalation_id,
    kinds: ["escalation"],
    fold: (extra, { kind, id, row }) => {
      if (kind === "counters") return { ...extra, counters: row as unknown as Counters };
      // In place, for there may be thousands; the new wrapper says that something changed.
      if (kind === "area") extra.areas[id] = (row ?? undefined) as unknown as Figures | undefined;
      return { ...extra };
    },
  });
  const rates = (by: string) => (): string | null => (area.value ? `/v1/rates${query({ by, area: area.value })}` : null);
  return {
    live,
    area,
    atlas,
    byArea: usePolled<Rates>(rates("community"), RATES_MS),
    byUnit: usePolled<Rates>(rates("unit"), RATES_MS),
    byCategory: usePolled<Rates>(rates("category"), RATES_MS),
    trend: usePolled<Trend>(() => (area.value ? `/api/v1/hall/trend${query({ area: area.value })}` : null), TREND_MS),
  };
}
