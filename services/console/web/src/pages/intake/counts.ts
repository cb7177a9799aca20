import { reactive } from "vue";

/** What somebody did today at this workplace; no resident's data, only how many. */
export type Counted = "filed" | "urged" | "declined" | "called";

interface Counts {
  day: string;
  filed: number;
  urged: number;
  declined: number;
  called: number;
}

const keyOf = (person: string): string => `chuishao.counts.${person}`;
const city = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });
const none = (day: string): Counts => ({ day, filed: 0, urged: 0, declined: 0, called: 0 });

/** The city's day of a moment. */
export const dayOf = (now: number): string => city.format(now);

export function counted(store: Storage, person: string, now: number): Counts {
  const today = dayOf(now);
  try {
    const found = JSON.parse(store.getItem(keyOf(person)) ?? "null") as Counts | null;
    if (found?.day === today) return { ...none(today), ...found };
  } catch {
    // A broken note counts from nothing.
  }
  return none(today);
}

const shown = reactive(none(""));

/** The counters on the screen. */
export function todays(person: string, now = Date.now()): Counts {
  Object.assign(shown, counted(localStorage, person, now));
  return shown;
}

export function count(person: string, what: Counted, now = Date.now()): void {
  const next = counted(localStorage, person, now);
  next[what] += 1;
  Object.assign(shown, next);
  try {
    localStorage.setItem(keyOf(person), JSON.stringify(next));
  } catch {
    // Counted for as long as the page lives.
  }
}
