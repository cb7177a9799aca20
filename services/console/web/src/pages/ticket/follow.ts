import { computed, onScopeDispose, ref, type Ref } from "vue";

import { useView } from "@/live";
import { session, unit } from "@/session/session";
import type { Ticket } from "@/work/types";

const COMMUNITY_DIGITS = 12;
const ASK_MS = 10_000;

export interface Source {
  view: "inbox" | "area";
  params: Record<string, string>;
}

/** Where to hear of a ticket, of what somebody may follow: the smallest topic that shows it; null: nowhere. */
export function sourceOf(ticket: Pick<Ticket, "unit" | "assists" | "grid" | "whistles">, topics: readonly string[], own: string): Source | null {
  const called = ticket.whistles.flatMap((whistle) => [whistle.blower, ...whistle.units.map((call) => call.unit)]);
  const units = [ticket.unit, ...ticket.assists, ...called];
  const followed = [own, ...units].find((each) => units.includes(each) && topics.includes(`inbox.${each}`));
  if (followed) return { view: "inbox", params: { unit: followed } };
  const area = (ticket.grid ?? "").slice(0, COMMUNITY_DIGITS);
  const mine = topics.some((topic) => topic === "area.*" || (topic.startsWith("area.") && area.startsWith(topic.slice(5))));
  return area.length === COMMUNITY_DIGITS && mine ? { view: "area", params: { area } } : null;
}

/** Counts up whenever something was heard of a ticket; who may follow nothing asks now and then. */
export function useHeard(ticket: () => Ticket | null): Ref<number> {
  const heard = ref(0);
  const source = computed(() => {
    const found = ticket();
    return found && session.value ? sourceOf(found, session.value.topics, unit.value) : null;
  });
  /** As text, so that another document of the same ticket begins no new list. */
  const named = computed(() => JSON.stringify(source.value));
  const asked = computed(() => JSON.parse(named.value) as Source | null);
  useView<{ ticket_id?: string | null }>(
    () => asked.value?.view ?? null,
    () => asked.value?.params ?? null,
    {
      heard: (changes) => {
        const id = ticket()?.ticket_id;
        if (id === undefined) return;
        if (changes.some((change) => change.id === id || change.row?.ticket_id === id)) heard.value += 1;
      },
    },
  );
  const timer = setInterval(() => {
    if (ticket() && !source.value && document.visibilityState === "visible") heard.value += 1;
  }, ASK_MS);
  onScopeDispose(() => clearInterval(timer));
  return heard;
}
