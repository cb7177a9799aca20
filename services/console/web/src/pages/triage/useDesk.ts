import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";

import { get } from "@/api/http";
import { useView, type LiveView } from "@/live";
import { all } from "@/pages/reception/tables";
import { oldestFirst, TABS, type DeskRow, type DeskTicket, type Tab, type Waiting } from "@/pages/triage/desk";
import { has } from "@/session/session";
import { useLoaded, type Loaded } from "@/ui/useLoaded";

/** A row with the words that are shown beside it, as far as they are known yet. */
export interface Shown extends DeskRow {
  title: string;
  address: string;
  /** Why the router would not decide, as it says itself. */
  reason: string | null;
}

export interface Desk {
  view: LiveView<DeskRow, Record<string, unknown>>;
  tab: Ref<Tab>;
  counts: ComputedRef<Record<Tab, number>>;
  rows: ComputedRef<Shown[]>;
  /** The row at hand in the list. */
  selected: Ref<string | null>;
  /** The ticket beside the list. */
  at: Ref<string | null>;
  /** Something is written about it: it stays there, also when its row leaves the list. */
  writing: Ref<boolean>;
  gone: ComputedRef<boolean>;
  current: ComputedRef<Shown | null>;
  waiting: ComputedRef<Waiting | null>;
  ticket: Loaded<DeskTicket>;
  refresh: () => void;
}

type Words = Pick<Waiting, "ticket_id" | "title" | "text" | "address"> & Partial<Pick<Waiting, "reason">>;

/** The desk: who waits is told by the stream, words and suggestions by the router. */
export function useDesk(): Desk {
  const view = useView<DeskRow>("desk");
  const tab = ref<Tab>(has("dispatcher", "admin") ? "triage" : "arbitration");
  const selected = ref<string | null>(null);
  const at = ref<string | null>(null);
  const writing = ref(false);
  const last = shallowRef<Shown | null>(null);

  const waiting = useLoaded(() => true, () => all<Waiting>("/v1/triage", {}));
  const returned = useLoaded(() => true, () => all<Words>("/v1/tickets", { status: "returned" }));
  const disputed = useLoaded(() => true, () => all<Words>("/v1/tickets", { status: "arbitration" }));
  const lists = { triage: waiting, returned, arbitration: disputed };

  const words = computed(() => {
    const found = new Map<string, Words>();
    for (const list of [returned.data.value, disputed.data.value, waiting.data.value]) for (const one of list ?? []) found.set(one.ticket_id, one);
    return found;
  });
  const counts = computed(() => {
    const sums: Record<Tab, number> = { triage: 0, returned: 0, arbitration: 0 };
    for (const row of view.rows.value) if (row.status in sums) sums[row.status as Tab] += 1;
    return sums;
  });
  const rows = computed(() =>
    oldestFirst(view.rows.value.filter((row) => row.status === tab.value)).map((row): Shown => {
      const said = words.value.get(row.ticket_id);
      const reason = said?.reason?.code ?? row.reason_code;
      return { ...row, title: said?.title || said?.text || "", address: said?.address ?? "", reason };
    }),
  );
  const here = computed(() => rows.value.find((row) => row.ticket_id === at.value) ?? null);
  const gone = computed(() => here.value === null && writing.value && last.value?.ticket_id === at.value);
  const current = computed(() => (gone.value ? last.value : here.value));
  const ticket = useLoaded(
    () => current.value?.ticket_id ?? null,
    (id) => get<DeskTicket>(`/v1/tickets/${id}`),
  );
  const suggested = computed(() => (waiting.data.value ?? []).find((one) => one.ticket_id === at.value) ?? null);

  watch(here, (now) => {
    if (now) last.value = now;
  });
  watch(gone, (now) => now && refresh());
  watch(rows, (now) => {
    if (!now.some((row) => row.ticket_id === selected.value)) selected.value = now[0]?.ticket_id ?? null;
    // Rows come without words: who is new, or was changed, is asked about.
    if (now.some((row) => !words.value.has(row.ticket_id))) lists[tab.value].soon();
  });
  watch(tab, () => {
    writing.value = false;
    selected.value = rows.value[0]?.ticket_id ?? null;
  });
  watch(
    () => current.value?.version,
    (now, before) => {
      if (now === undefined || before === undefined || ticket.data.value?.version === now) return;
      refresh();
    },
  );

  function refresh(): void {
    lists[tab.value].soon();
    ticket.soon();
  }

  return { view, tab, counts, rows, selected, at, writing, gone, current, waiting: suggested, ticket, refresh };
}

export { TABS };
