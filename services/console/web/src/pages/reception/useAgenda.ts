import { computed, ref, watch, type ComputedRef, type Ref } from "vue";

import { get } from "@/api/http";
import { carried, change, moved } from "@/pages/reception/agenda";
import type { Day } from "@/pages/reception/days";
import type { Item, Meeting } from "@/pages/reception/types";
import { useLoaded, type Loaded } from "@/ui/useLoaded";
import { useSending, type Sender } from "@/ui/useSending";

export interface Agenda {
  meeting: Loaded<Meeting>;
  /** Matters of the day as they are arranged on the screen. */
  items: ComputedRef<Item[]>;
  ids: ComputedRef<string[]>;
  changed: ComputedRef<boolean>;
  sent: Ref<boolean>;
  sender: Sender;
  add: (item: Item) => void;
  off: (id: string) => void;
  move: (id: string, step: 1 | -1) => void;
  undo: () => void;
  save: () => Promise<void>;
  fill: () => Promise<void>;
  /** What was refused, about the agenda as it is now. */
  again: () => Promise<void>;
}

const SENT_MS = 4_000;

/** The agenda of the chosen day: arranged here, told to the server in one step. */
export function useAgenda(day: ComputedRef<Day | null>, queue: Ref<Item[] | null>, after: () => void): Agenda {
  const held = computed(() => (day.value && !day.value.proposed ? day.value.session.session_id : null));
  const meeting = useLoaded(held, (id) => get<Meeting>(`/v1/reception/sessions/${id}`));
  const sender = useSending();
  const draft = ref<string[] | null>(null);
  const sent = ref(false);

  const here = computed(() => (meeting.data.value?.agenda ?? []).filter((line) => line.outcome !== "taken_off" && !line.left));
  const now = computed(() => here.value.map((line) => line.item_id));
  const ids = computed(() => draft.value ?? now.value);
  const known = computed(() => new Map<string, Item>([...(queue.value ?? []), ...here.value].map((item) => [item.item_id, item])));
  const items = computed(() => ids.value.flatMap((id) => known.value.get(id) ?? []));
  const changed = computed(() => draft.value !== null && draft.value.join() !== now.value.join());

  watch(held, () => {
    draft.value = null;
    sender.clear();
  });

  watch(now, (theirs, before) => {
    if (draft.value) draft.value = carried(before, draft.value, theirs);
  });

  const save = (): Promise<void> => schedule({ ...change(now.value, ids.value) });
  const fill = (): Promise<void> => schedule({});

  async function schedule(body: Record<string, unknown>): Promise<void> {
    const of = meeting.data.value;
    if (!of) return;
    const answer = await sender.send<Meeting>(`/v1/reception/sessions/${of.session_id}/schedule`, { ...body, version: of.version });
    if (!answer) {
      void meeting.reload(); // so that a second try is about what is there now
      return;
    }
    meeting.data.value = answer;
    draft.value = null;
    sent.value = true;
    setTimeout(() => (sent.value = false), SENT_MS);
    after();
  }

  return {
    meeting,
    items,
    ids,
    changed,
    sent,
    sender,
    add: (item) => (draft.value = [...ids.value, item.item_id]),
    off: (id) => (draft.value = ids.value.filter((one) => one !== id)),
    move: (id, step) => (draft.value = moved(ids.value, id, step)),
    undo: () => (draft.value = null),
    save,
    fill,
    again: () => (changed.value ? save() : fill()),
  };
}
