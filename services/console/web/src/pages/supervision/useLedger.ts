import { computed, onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref } from "vue";

import { get } from "@/api/http";
import { ticker } from "@/live/clock";
import { useView } from "@/live";
import type { TicketTold } from "@/pages/meeting/order";
import { all, office } from "@/pages/reception/tables";
import type { Decision, Dossier } from "@/pages/reception/types";
import { byUrgency, light, united, type Light } from "@/pages/supervision/light";
import { has, session } from "@/session/session";
import { useLoaded, type Loaded } from "@/ui/useLoaded";

/** A ticket with the files that show what was done. */
export interface TicketProved extends TicketTold {
  proofs: { attachment_id: string; media_type?: string; file_name?: string }[];
}

export interface Filters {
  org: string;
  unit: string;
  state: string;
  light: Light | "";
}

export interface Ledger {
  filters: Filters;
  found: Loaded<Decision[]>;
  shown: ComputedRef<Decision[]>;
  counts: ComputedRef<Record<Light, number>>;
  selected: Ref<string | null>;
  current: ComputedRef<Decision | null>;
  ticket: Loaded<TicketProved>;
  /** Of the matter, for what was decided in like cases; null for who may not read dossiers. */
  dossier: Loaded<Dossier | null>;
}

export const LIGHTS: readonly Light[] = ["late", "near", "calm", "reported", "done", "superseded"];
const AGAIN_MS = 60_000;

/** The ledger of decisions: what is overdue is always there, the rest as far as a screen ever needs. */
export function useLedger(): Ledger {
  const filters = reactive<Filters>({ org: "", unit: "", state: "", light: "" });
  const asked = computed(() => JSON.stringify([filters.org, filters.unit, filters.state]));
  const found = useLoaded(asked, async () => {
    const wanted = { org: filters.org, unit: filters.unit, state: filters.state };
    const path = "/v1/reception/decisions";
    const [late, latest] = await Promise.all([
      all<Decision>(path, { ...wanted, overdue: true }),
      all<Decision>(path, wanted),
    ]);
    return united(late, latest);
  });

  const sorted = computed(() => byUrgency(found.data.value ?? []));
  const shown = computed(() => sorted.value.filter((one) => !filters.light || light(one, ticker.value) === filters.light));
  const counts = computed(() => {
    const sums = Object.fromEntries(LIGHTS.map((name) => [name, 0])) as Record<Light, number>;
    for (const one of sorted.value) sums[light(one, ticker.value)] += 1;
    return sums;
  });

  const selected = ref<string | null>(null);
  const current = computed(() => shown.value.find((one) => one.decision_id === selected.value) ?? null);
  watch(shown, (now) => {
    if (!current.value) selected.value = now[0]?.decision_id ?? null;
  });
  const ticket = useLoaded(
    () => current.value?.ticket_id ?? null,
    (id) => get<TicketProved>(`/v1/tickets/${id}`),
  );
  const dossier = useLoaded(
    () => current.value?.item_id ?? null,
    (id) => (has("secretary", "admin", "auditor", "dispatcher") ? get<Dossier>(`/v1/reception/items/${id}/dossier`) : Promise.resolve(null)),
  );

  function again(): void {
    found.soon();
    ticket.soon();
  }
  const table = computed(() => (session.value?.topics.includes(`queue.${office.value}`) ? office.value : null));
  const news = useView("queue", () => (table.value ? { org: table.value } : null));
  watch(news.rows, again);
  // What other tables decide is told on their topics alone.
  const timer = setInterval(() => document.visibilityState === "visible" && again(), AGAIN_MS);
  onScopeDispose(() => clearInterval(timer));
  return { filters, found, shown, counts, selected, current, ticket, dossier };
}
