import { computed, watch, type ComputedRef, type Ref } from "vue";

import { get, query } from "@/api/http";
import { serverNow, useView, type ViewState } from "@/live";
import { days, type Day } from "@/pages/reception/days";
import type { Item, Listed, Proposed, SessionLine } from "@/pages/reception/types";
import { session, unit } from "@/session/session";
import { useLoaded, type Loaded } from "@/ui/useLoaded";

const DAY_MS = 86_400_000;
const BACK_DAYS = 62;
const AHEAD_DAYS = 120;
const MOST_PAGES = 5;

/** All pages of a list, up to what a table ever holds. */
export async function all<T>(path: string, fields: Record<string, string | number | boolean | null>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: Listed<T> = await get(`${path}${query({ ...fields, limit: 100, cursor })}`);
    found.push(...answer.items);
    cursor = answer.next;
    if (cursor === null) break;
  }
  return found;
}

/** The office whose table is on the screen: the unit chosen above, where it has a table. */
export const office: ComputedRef<string | null> = computed(() => {
  const topics = session.value?.topics ?? [];
  const own = (session.value?.person_units ?? []).map((one) => one.unit);
  const tables = own.filter((code) => topics.includes(`queue.${code}`));
  if (tables.includes(unit.value)) return unit.value;
  return tables[0] ?? own[0] ?? null;
});

export interface Tables {
  queue: Loaded<Item[]>;
  days: Loaded<Day[]>;
  state: ComputedRef<ViewState>;
  /** Ask for both again, soon. */
  soon: () => void;
}

async function calendar(org: string): Promise<Day[]> {
  const from = new Date(serverNow() - BACK_DAYS * DAY_MS).toISOString();
  const to = new Date(serverNow() + AHEAD_DAYS * DAY_MS).toISOString();
  const [set, proposed] = await Promise.all([
    get<Listed<SessionLine>>(`/v1/reception/sessions${query({ org, from, to })}`),
    get<Listed<Proposed>>(`/v1/reception/sessions/proposed${query({ org })}`),
  ]);
  return days(set.items, proposed.items);
}

/** The table of an office and its days, asked for anew whenever the stream tells of a change on that table. */
export function useTables(org: Ref<string | null>): Tables {
  const queue = useLoaded(org, (code) => all<Item>("/v1/reception/queue", { org: code }));
  const calendarDays = useLoaded(org, calendar);
  const news = useView("queue", () => (org.value ? { org: org.value } : null));
  const soon = (): void => {
    queue.soon();
    calendarDays.soon();
  };
  watch(news.rows, soon);
  return { queue, days: calendarDays, state: news.state, soon };
}
