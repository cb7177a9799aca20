import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";

import { get, newKey, Problem } from "@/api/http";
import { useView } from "@/live";
import { begun, decisionBody, emptyDecision, emptyDraft, hearingBody, type Draft } from "@/pages/meeting/draft";
import type { TicketTold } from "@/pages/meeting/order";
import type { AgendaLine, Dossier, Meeting } from "@/pages/reception/types";
import { session } from "@/session/session";
import { useKept } from "@/ui/useKept";
import { useLoaded, type Loaded } from "@/ui/useLoaded";
import { useSending, type Sender } from "@/ui/useSending";

const AGAIN_MS = 10_000;

export interface Sitting {
  meeting: Loaded<Meeting>;
  lines: ComputedRef<AgendaLine[]>;
  current: ComputedRef<AgendaLine | null>;
  chosen: Ref<string | null>;
  dossier: Loaded<Dossier>;
  /** Of the matters about which something was decided, by ticket. */
  tickets: Ref<ReadonlyMap<string, TicketTold>>;
  draft: Ref<Draft>;
  minutes: Ref<string>;
  over: ComputedRef<boolean>;
  sender: Sender;
  /** Take up again what was refused last, about the session as it is now. */
  again: () => Promise<boolean>;
  step: (by: 1 | -1) => void;
  newDecision: () => string;
  hear: () => Promise<boolean>;
  issue: () => Promise<boolean>;
  carryOver: () => Promise<boolean>;
  close: () => Promise<boolean>;
}

/** A session while it is being held: its agenda, the matter at hand, and what is written about it. */
export function useMeeting(id: Ref<string>): Sitting {
  const meeting = useLoaded(id, (one) => get<Meeting>(`/v1/reception/sessions/${one}`));
  const chosen = ref<string | null>(null);
  const lines = computed(() => (meeting.data.value?.agenda ?? []).filter((line) => line.outcome !== "taken_off"));
  const current = computed(() => lines.value.find((line) => line.item_id === chosen.value) ?? null);
  const over = computed(() => meeting.data.value?.state === "closed");
  const at = computed(() => current.value?.item_id ?? null);
  const dossier = useLoaded(at, (item) => get<Dossier>(`/v1/reception/items/${item}/dossier`));
  const draft = useKept<Draft>(() => `meeting.${id.value}.${chosen.value ?? ""}`, emptyDraft);
  const minutes = useKept(() => `minutes.${id.value}`, () => "");
  const sender = useSending();
  let refused: () => Promise<boolean> = () => Promise.resolve(false);

  watch(lines, (all) => {
    if (current.value) return;
    const open = all.find((line) => line.outcome === null && !line.left);
    chosen.value = (open ?? all[0])?.item_id ?? null;
  });
  watch(chosen, () => sender.clear());

  async function act(step: string, body: Record<string, unknown>, whole: () => Promise<boolean>): Promise<boolean> {
    const of = meeting.data.value;
    if (!of) return false;
    const answer = await sender.send<Meeting>(`/v1/reception/sessions/${of.session_id}/${step}`, { ...body, version: of.version });
    if (answer) meeting.data.value = answer;
    else {
      refused = whole;
      if (sender.error.value instanceof Problem && sender.error.value.conflict) await meeting.reload();
    }
    return answer !== null;
  }

  async function hear(): Promise<boolean> {
    return act("hear", { item: at.value, ...hearingBody(draft.value) }, hear);
  }

  async function issue(): Promise<boolean> {
    const decisions = draft.value.decisions.map(decisionBody);
    if (!decisions.length) return false;
    const item = { item: at.value };
    if (current.value?.state === "scheduled" && !(await act("hear", { ...item, ...hearingBody(draft.value) }, issue))) return false;
    if (!(await act("decide", { ...item, decisions }, issue))) return false;
    draft.value = emptyDraft();
    dossier.soon();
    return true;
  }

  async function carryOver(): Promise<boolean> {
    if (!(await act("carry-over", { item: at.value, reason: draft.value.carry.trim() }, carryOver))) return false;
    draft.value = emptyDraft();
    return true;
  }

  async function close(): Promise<boolean> {
    const said = minutes.value.trim();
    if (!(await act("close", said ? { minutes: said } : {}, close))) return false;
    minutes.value = "";
    return true;
  }

  function newDecision(): string {
    const made = emptyDecision(newKey());
    draft.value.decisions.push(made);
    return made.id;
  }

  function step(by: 1 | -1): void {
    const n = lines.value.findIndex((line) => line.item_id === chosen.value);
    chosen.value = lines.value[n + by]?.item_id ?? chosen.value;
  }

  const tickets = useOrders(lines, meeting);
  return {
    meeting, lines, current, chosen, dossier, tickets, draft, minutes, over, sender, again: () => refused(), step, newDecision, hear, issue,
    carryOver, close,
  };
}

/** Tickets of what was decided, asked for anew when the stream tells of one of them; the session as well. */
function useOrders(lines: ComputedRef<AgendaLine[]>, meeting: Loaded<Meeting>): Ref<ReadonlyMap<string, TicketTold>> {
  const decided = computed(() => [...new Set(lines.value.filter((line) => line.decisions.length).map((line) => line.ticket_id))]);
  const asked = computed(() => (decided.value.length ? decided.value.join(",") : null));
  const found = useLoaded(asked, async (ids) => {
    const told = await Promise.all(ids.split(",").map((one) => get<TicketTold>(`/v1/tickets/${one}`).catch(() => null)));
    return new Map(ids.split(",").flatMap((one, n) => (told[n] ? [[one, told[n]] as const] : [])));
  });
  const org = computed(() => meeting.data.value?.org ?? null);
  const table = useView("queue", () => (org.value ? { org: org.value } : null));
  watch(table.rows, () => {
    meeting.soon();
    found.soon();
  });
  const area = computed(() => session.value?.areas[0] ?? null);
  useView("area", () => (area.value && decided.value.length ? { area: area.value } : null), {
    heard: (changes) => {
      if (!changes.some((change) => lines.value.some((line) => line.ticket_id === change.id))) return;
      found.soon();
      meeting.soon();
    },
  });
  // A report and what is said of it change no row of the table: they are asked for while something is awaited.
  const awaited = computed(() => lines.value.some((line) => line.decisions.some((one) => one.state === "open" || one.state === "reported")));
  const timer = setInterval(() => awaited.value && document.visibilityState === "visible" && meeting.soon(), AGAIN_MS);
  onScopeDispose(() => clearInterval(timer));
  const tickets = shallowRef<ReadonlyMap<string, TicketTold>>(new Map());
  watch(found.data, (now) => {
    if (now) tickets.value = now;
  });
  return tickets;
}

export { begun };
