/** Periods people ask for, as days of the city: `from` is part of it, `to` is not. */

export const PERIODS = ["week", "days30", "month", "last_month", "own"] as const;
export type PeriodName = (typeof PERIODS)[number];

export interface Period {
  from: string;
  to: string;
}

const CITY_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The day after, for a last day that people mean to be part of it. */
export const after = (day: string): string => iso(Date.parse(day) + DAY_MS);

/** The days of a named period at this time. */
export function days(name: Exclude<PeriodName, "own">, now: number): Period {
  const today = iso(now + CITY_MS);
  const tomorrow = after(today);
  const [year, month] = today.split("-").map(Number) as [number, number];
  switch (name) {
    case "week": {
      const weekday = (new Date(Date.parse(today)).getUTCDay() + 6) % 7;
      return { from: iso(Date.parse(today) - weekday * DAY_MS), to: tomorrow };
    }
    case "days30":
      return { from: iso(Date.parse(today) - 29 * DAY_MS), to: tomorrow };
    case "month":
      return { from: `${today.slice(0, 7)}-01`, to: tomorrow };
    case "last_month":
      return { from: iso(Date.UTC(year, month - 2, 1)), to: `${today.slice(0, 7)}-01` };
  }
}
