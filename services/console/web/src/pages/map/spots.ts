/** Open matters by the areas of a map. */

import type { AreaItem } from "@/maps/areas";
import type { InboxRow } from "@/work/types";

/** An area and what is open there. */
export interface Spot {
  item: AreaItem;
  rows: InboxRow[];
  overdue: number;
}

const OVER = new Set(["handled", "callback", "closed", "declined", "merged", "withdrawn"]);

export const isOpen = (row: InboxRow): boolean => !OVER.has(row.status);

/** Past its limit by the service's own word, or by the server's clock since. */
export const isLate = (row: InboxRow, now: number): boolean =>
  row.clocks.some((clock) => clock.state === "breached" || (clock.state !== "paused" && Date.parse(clock.due_at) < now));

/** Open matters by area: of each listed area its own and what lies inside it unlisted; most overdue first. */
export function spots(items: readonly AreaItem[], rows: readonly InboxRow[], now: number): Spot[] {
  const of = new Map<string, Spot>();
  for (const item of items) {
    const spot: Spot = { item, rows: [], overdue: 0 };
    of.set(item.code, spot);
    for (const code of item.covers ?? []) of.set(code, spot);
  }
  for (const row of rows) {
    const spot = isOpen(row) ? of.get(row.area) : undefined;
    if (!spot) continue;
    spot.rows.push(row);
    if (isLate(row, now)) spot.overdue += 1;
  }
  return [...new Set(of.values())].sort(
    (a, b) => b.overdue - a.overdue || b.rows.length - a.rows.length || (a.item.code < b.item.code ? -1 : 1),
  );
}

/** The smallest areas on the map, and those larger ones to which something is tied directly. */
export function worthListing(all: readonly Spot[], smallest: ReadonlySet<string>): Spot[] {
  return all.filter((spot) => smallest.has(spot.item.code) || spot.rows.length > 0);
}
