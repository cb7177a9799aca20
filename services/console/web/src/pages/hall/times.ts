const part = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hourCycle: "h23", ...options });
const hour = part({ hour: "2-digit", minute: "2-digit" });
const day = part({ month: "2-digit", day: "2-digit" });

/** `15:04` in the city. */
export const hourOf = (at: string | number): string => hour.format(new Date(at));

/** `11-22` in the city. */
export const monthDay = (at: string | number): string =>
  day.formatToParts(new Date(at)).filter(({ type }) => type !== "literal").map(({ value }) => value).join("-");

/** `11-22-1504` in the city, for the name of a file. */
export const stamp = (at: string | number): string => `${monthDay(at)}-${hourOf(at).replace(":", "")}`;

/** How old something is, as its text key below `hall` and the numbers in it. */
export function age(seconds: number): [key: string, parts: { n: number; m: number }] {
  if (seconds < 60) return ["seconds", { n: seconds, m: 0 }];
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return ["minutes", { n: minutes, m: 0 }];
  return ["hours", { n: Math.floor(minutes / 60), m: minutes % 60 }];
}
