const ZONE = "Asia/Shanghai";

export interface DayParts {
  /** Month and day: `Dec 3`. */
  date: string;
  /** Day of the week, short: `Thu`. */
  weekday: string;
  /** `14:30`. */
  time: string;
}

/** A time as a calendar shows it, in the city's time and the reader's language. */
export function dayParts(at: string, locale: string): DayParts {
  const moment = new Date(at);
  const said = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options }).format(moment);
  return {
    date: said({ month: locale === "en" ? "short" : "long", day: "numeric" }),
    weekday: said({ weekday: "short" }),
    time: said({ hour: "2-digit", minute: "2-digit", hour12: false }),
  };
}

/** `2026-12-03` of a time, in the city's time. */
export const dateKey = (at: string | number): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(new Date(at));

/** What a date and a time of day, as people choose them here, are as RFC 3339. */
export const cityTime = (date: string, time: string): string => `${date}T${time}:00+08:00`;
