import { computed, type ComputedRef, type Ref } from "vue";

import { ticker, useView, type LiveView } from "@/live";
import { boxed, entry, matches, type Boxed, type Entry } from "./boxes";
import { settle } from "./sent";
import type { InboxRow, WhistleRow } from "./types";

export interface Extra {
  whistles: WhistleRow[];
  /** More rows than one list holds. */
  more: boolean;
}

export interface Inbox {
  view: LiveView<InboxRow, Extra>;
  /** Everything, by tab: what the counts are of. */
  all: ComputedRef<Boxed>;
  /** What is looked for. */
  found: ComputedRef<Boxed>;
}

/** How often rows move by time alone from "in time" to "late", ms. */
const STEP_MS = 5_000;

/** A unit's tickets, live, sorted into tabs by the server's clock. */
export function useInbox(unit: Ref<string>, words: Ref<string>, urgency: Ref<string>): Inbox {
  const view = useView<InboxRow, Extra>("inbox", () => (unit.value ? { unit: unit.value } : null), {
    kinds: ["ticket"],
    fold: (extra, { kind, id, row }) => {
      if (kind !== "whistle") return extra;
      const others = extra.whistles.filter((each) => each.whistle_id !== id);
      return { ...extra, whistles: row ? [...others, row as unknown as WhistleRow] : others };
    },
  });
  const now = computed(() => Math.floor(ticker.value / STEP_MS) * STEP_MS);
  const whistles = computed(() => new Map((view.extra.value?.whistles ?? []).map((each) => [each.whistle_id, each])));
  /** Made anew only where a row changed: the grid tells rows apart by identity. */
  const known = computed(() => (void whistles.value, void unit.value, new WeakMap<InboxRow, Entry>()));

  const entries = computed(() => {
    const cache = known.value;
    settle(view.rows.value);
    return view.rows.value.map((row) => {
      const made = cache.get(row) ?? entry(row, unit.value, whistles.value);
      cache.set(row, made);
      return made;
    });
  });
  const all = computed(() => boxed(entries.value, now.value));
  const found = computed(() => {
    if (!words.value.trim() && !urgency.value) return all.value;
    return boxed(entries.value.filter(({ row }) => matches(row, words.value, urgency.value)), now.value);
  });
  return { view, all, found };
}
