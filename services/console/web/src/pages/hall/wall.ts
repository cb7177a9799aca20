/** What a wall is told: the documents of the view `wall`, and what is read out of them. */

import type { Counters as CountersDocument, EscalationRow } from "@/api/schema/console";
import type { Figures } from "@/maps/areas";

export interface Counters extends CountersDocument {
  today: Record<"received" | "closed" | "declined" | "withdrawn" | "merged", number>;
}

/** What the counters of a wall and its categories are read from, of now or of an earlier time. */
export interface Standing extends Figures {
  today: Record<"received" | "closed", number>;
  category: Record<string, number>;
}

export type Escalation = EscalationRow;

export interface WallExtra {
  counters: Counters | null;
  areas: Record<string, Figures | undefined>;
}

export interface Sample extends Figures {
  at: string;
  received: number;
  closed: number;
}

export interface Trend {
  area: string;
  now: string;
  day: Sample[];
  week: Sample[];
  yesterday: Sample | null;
}

export interface Rate {
  rate: number | null;
  numerator: number;
  denominator: number;
  excluded: number;
}
type InBoth = Record<"zh" | "en", string>;
export interface Rates {
  from: string;
  to: string;
  as_of: string;
  total: { rates: Record<string, Rate> };
  items: { key: string; rates: Record<string, Rate> }[];
  definitions: Record<string, { name: InBoth; formula: InBoth; period: InBoth }>;
}

/** The three rates a district is judged by. */
export const THREE = ["response", "solve", "satisfaction"] as const;

export interface Counter {
  name: "received" | "closed" | "open" | "near_due" | "overdue" | "queue";
  value: number;
  /** Against the same time yesterday; null: nobody looked then. */
  change: number | null;
  /** True where more is worse. */
  burden: boolean;
}

export function sixCounters(now: Standing, before: Sample | null): Counter[] {
  const one = (name: Counter["name"], value: number, burden: boolean): Counter => ({
    name, value, burden, change: before ? value - before[name] : null,
  });
  return [
    one("received", now.today.received, false),
    one("closed", now.today.closed, false),
    one("open", now.open, true),
    one("near_due", now.near_due, true),
    one("overdue", now.overdue, true),
    one("queue", now.queue, true),
  ];
}

/** From this rung on somebody above the holder is called upon: the wall says so until it is known. */
const ALARM_LEVEL = 3;
const SHOWN = 60;

/** Newest first; as many as a wall ever shows, so that a long night does not fill it. */
export function newest(rows: readonly Escalation[]): Escalation[] {
  return [...rows].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, SHOWN);
}

/** High rungs that are not cleared: first those nobody knows of yet. */
export function alarms(rows: readonly Escalation[]): Escalation[] {
  const open = newest(rows.filter((row) => row.level >= ALARM_LEVEL && row.state !== "cleared"));
  return [...open.filter((row) => row.state === "raised"), ...open.filter((row) => row.state === "acknowledged")];
}

/** The largest of a table of counts, largest first. */
export function largest(counts: Readonly<Record<string, number>>, most: number): { code: string; n: number }[] {
  return Object.entries(counts)
    .map(([code, n]) => ({ code, n }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n || (a.code < b.code ? -1 : 1))
    .slice(0, most);
}

/** `94.8%`; a dash while nothing is counted. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)}%`;
