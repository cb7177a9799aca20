import type { InboxRow, WhistleRow } from "@/work/types";

/** A list as it was last seen, for when there is no network. */
export interface Kept {
  at: number;
  /** What had to be added to the phone's clock then, ms. */
  offset: number;
  rows: InboxRow[];
  whistles: WhistleRow[];
}

const MOST = 200;
const START = "chuishao.kept.";

const name = (person: string, unit: string): string => `${START}${person}.${unit}`;

/** Keep a list; those of other people who used this phone go. */
export function keep(person: string, unit: string, seen: Kept): void {
  const mine = name(person, unit);
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(START) && !key.startsWith(`${START}${person}.`)) localStorage.removeItem(key);
  }
  try {
    localStorage.setItem(mine, JSON.stringify({ ...seen, rows: seen.rows.slice(0, MOST) }));
  } catch {
    localStorage.removeItem(mine);
  }
}

/** The whistles of a kept list by id. */
export const whistlesOf = (seen: Kept): ReadonlyMap<string, WhistleRow> => new Map(seen.whistles.map((each) => [each.whistle_id, each]));

/** The list that was kept; null where there is none, or another program wrote something else there. */
export function kept(person: string, unit: string): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(name(person, unit)) ?? "null") as Kept | null;
    return found && Array.isArray(found.rows) && Array.isArray(found.whistles) ? found : null;
  } catch {
    return null;
  }
}
