/** The last day shown again: which moment a wall shows when, and what stood beside it then. Pure. */

import type { Figures } from "@/maps/areas";
import type { Sample, Standing, Trend } from "@/pages/hall/wall";

/** As the control page ordered it; times of the server's clock. */
export interface Replay {
  at: string;
  /** Seconds of that day for each second now; 0: the moment stands. */
  pace: number;
  since: string;
  until: string;
}

/** How a wall stood at a quarter of an hour. */
export interface Moment extends Standing {
  at: string;
  /** By area, only what was not 0. */
  areas: Record<string, Partial<Figures>>;
}

export interface Moments {
  area: string;
  now: string;
  moments: Moment[];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NONE: Figures = { open: 0, overdue: 0, near_due: 0, queue: 0 };

/** Where in the day a replay is now, Unix ms; null: there is none, or it is over. */
export function position(replay: Replay | null, now: number): number | null {
  if (!replay || now >= Date.parse(replay.until)) return null;
  return Date.parse(replay.at) + Math.max(0, now - Date.parse(replay.since)) * replay.pace;
}

/** Index of the last moment that had come by then; of the first one when records begin later. */
export function momentAt(moments: readonly Moment[], at: number): number {
  const later = moments.findIndex((one) => Date.parse(one.at) > at);
  return Math.max(0, (later < 0 ? moments.length : later) - 1);
}

export const figuresAt = (moment: Moment): Record<string, Figures> =>
  Object.fromEntries(Object.entries(moment.areas).map(([code, some]) => [code, { ...NONE, ...some }]));

/** Trends as they looked then, and the sample of the day before at that time: hours are kept longer than quarters. */
export function trendAt(trend: Trend, at: string): Pick<Trend, "day" | "week" | "yesterday"> {
  const then = Date.parse(at);
  const known = (one: Sample): boolean => Date.parse(one.at) <= then;
  const away = (one: Sample): number => Math.abs(Date.parse(one.at) - (then - DAY_MS));
  const near = trend.week.filter((one) => away(one) <= HOUR_MS).sort((a, b) => away(a) - away(b));
  return { day: trend.day.filter(known), week: trend.week.filter(known), yesterday: near[0] ?? null };
}
