/** A limit as the city writes it, as a text key below `intake.span` and its number; null where there is none. */
export interface LimitSpan {
  key: "minutes" | "hours" | "days" | "work_hours" | "work_days";
  many: number;
}

const KEYS: Readonly<Record<string, LimitSpan["key"]>> = {
  m: "minutes", h: "hours", d: "days", wh: "work_hours", wd: "work_days", bd: "work_days",
};

export function spanOf(limit: string | undefined): LimitSpan | null {
  const found = /^([0-9]+)(m|h|d|wh|wd|bd)$/.exec(limit ?? "");
  const key = KEYS[found?.[2] ?? ""];
  return found && key ? { key, many: Number(found[1]) } : null;
}
