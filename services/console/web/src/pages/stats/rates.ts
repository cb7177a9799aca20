import type { ExclusionView } from "@/api/schema/notifier";
import { areaName, categoryName, unitName } from "@/names";
import type { Rate, Rates } from "@/pages/hall/wall";

export const GROUPS = ["unit", "subdistrict", "community", "grid", "category", "day", "week", "month"] as const;
export type Group = (typeof GROUPS)[number];

export type Exclusion = ExclusionView;

export type Figures = Rates & { exclusions: Exclusion[] };

/** Columns of the table: the three rates a district is judged by, and what stands beside them. */
export const SHOWN = ["response", "solve", "satisfaction", "on_time", "whistle", "return"] as const;

const OF_TIME = new Set<string>(["day", "week", "month"]);
export const overTime = (by: string): boolean => OF_TIME.has(by);

/** What a group is called; days, weeks and months are called as they are written. */
export function groupName(by: string, key: string): string {
  if (by === "unit") return unitName(key);
  if (by === "category") return categoryName(key);
  return overTime(by) ? key : areaName(key);
}

export interface Line {
  key: string;
  rates: Record<string, Rate>;
}

/** Groups in the order they are read in: times as they follow, others by the size of what is counted. */
export function ordered(rates: Rates, by: string, rate: string): Line[] {
  const size = (line: Line): number => line.rates[rate]?.denominator ?? 0;
  const lines = rates.items.map((item) => ({ key: String(item.key ?? ""), rates: item.rates }));
  if (overTime(by)) return lines.sort((a, b) => (a.key < b.key ? -1 : 1));
  return lines.sort((a, b) => size(b) - size(a) || (a.key < b.key ? -1 : 1));
}
