const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Span {
  /** Text key below `shell.span`. */
  key: "days" | "hours" | "minutes" | "moment";
  big: number;
  small: number;
}

/** The two largest parts of a span of milliseconds: days and hours, hours and minutes, or minutes. */
export function span(ms: number): Span {
  const size = Math.abs(ms);
  if (size >= DAY) return { key: "days", big: Math.floor(size / DAY), small: Math.floor((size % DAY) / HOUR) };
  if (size >= HOUR) return { key: "hours", big: Math.floor(size / HOUR), small: Math.floor((size % HOUR) / MINUTE) };
  if (size >= MINUTE) return { key: "minutes", big: Math.floor(size / MINUTE), small: 0 };
  return { key: "moment", big: 0, small: 0 };
}

const whole = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false,
});
const clock = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/** `11-22 15:04` of an RFC 3339 time, in the city's time, 24 hours; empty for none. */
export function when(at: string | number | null | undefined): string {
  if (!at) return "";
  const part = Object.fromEntries(whole.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  return `${part.month}-${part.day} ${part.hour}:${part.minute}`;
}

/** `15:04:05` in the city's time. */
export const timeOfDay = (at: string | number): string => clock.format(new Date(at));
