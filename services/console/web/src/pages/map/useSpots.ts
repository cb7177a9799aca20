import { computed, type ComputedRef } from "vue";

import { query } from "@/api/http";
import { usePolled, type Polled } from "@/api/usePolled";
import { serverNow } from "@/live/clock";
import { useView, type LiveView } from "@/live/view";
import { deepest, siblings, type AreaItem, type Atlas } from "@/maps/areas";
import { spots, type Spot } from "@/pages/map/spots";
import { has, session, unit } from "@/session/session";
import type { InboxRow } from "@/work/types";

const MOST = 400;
const ATLAS_MS = 600_000;

export interface Spots {
  /** Whole areas are followed; else what a unit has in hand. */
  wide: ComputedRef<boolean>;
  atlas: Polled<Atlas>;
  view: LiveView<InboxRow, Record<string, unknown>>;
  all: ComputedRef<Spot[]>;
  /** Codes of the smallest areas, which the map draws. */
  smallest: ComputedRef<Set<string>>;
  frames: ComputedRef<AreaItem[]>;
}

/** Open tickets by area, live: of whole areas for those who oversee them, of the own unit for all others. */
export function useSpots(): Spots {
  const wide = computed(() => has("dispatcher", "admin", "secretary"));
  const own = computed(() => (wide.value && !has("dispatcher", "admin") ? (session.value?.areas[0] ?? "") : ""));
  const atlas = usePolled<Atlas>(() => `/api/v1/outlines${query({ area: own.value, levels: 3 })}`, ATLAS_MS);
  const view = useView<InboxRow>(
    () => (wide.value ? "area" : "inbox"),
    () => {
      if (!wide.value) return unit.value ? { unit: unit.value } : null;
      return atlas.data.value ? { area: atlas.data.value.area } : null;
    },
    { kinds: ["ticket"] },
  );
  return {
    wide, atlas, view,
    all: computed(() => spots(atlas.data.value?.items ?? [], view.rows.value, serverNow())),
    smallest: computed(() => new Set(atlas.data.value ? deepest(atlas.data.value, MOST).map((item) => item.code) : [])),
    frames: computed(() => (atlas.data.value ? siblings(atlas.data.value).filter((item) => item.geometry) : [])),
  };
}
