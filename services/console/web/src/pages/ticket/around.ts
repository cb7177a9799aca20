import type { AreaItem } from "@/maps/areas";

const COMMUNITY = 12;
const SUBDISTRICT = 9;

/** Of which area a picture shows a ticket's place among its neighbours; null where there is no area to show. */
export function aroundOf(grid: string | null): string | null {
  if (!grid) return null;
  if (grid.length > COMMUNITY) return grid.slice(0, COMMUNITY);
  return grid.length > SUBDISTRICT ? grid.slice(0, SUBDISTRICT) : null;
}

export interface Around {
  /** Right below the area around: what is told by name. */
  own: AreaItem;
  all: AreaItem[];
  /** The ticket's own place where that is smaller still. */
  spot: AreaItem | null;
}

/** The ticket's own area and those beside it; null where nothing is drawn. */
export function neighbours(items: readonly AreaItem[], around: string, grid: string): Around | null {
  const drawn = items.filter(({ code, geometry }) => geometry && code !== around);
  const holding = drawn.filter(({ code, covers }) => code === grid || grid.startsWith(code) || covers?.includes(grid));
  const own = holding.sort((a, b) => b.code.length - a.code.length)[0];
  if (!own) return null;
  let top = own;
  for (let above = parentOf(top, drawn); above; above = parentOf(top, drawn)) top = above;
  return { own: top, all: drawn.filter(({ level }) => level === top.level), spot: top === own ? null : own };
}

const parentOf = (item: AreaItem, all: readonly AreaItem[]): AreaItem | undefined => all.find(({ code }) => code === item.parent && code !== item.code);
