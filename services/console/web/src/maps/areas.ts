/** Areas of the directory as maps draw them. */

export type Position = readonly [number, number];
export interface Polygon {
  type: "Polygon";
  coordinates: Position[][];
}
export interface MultiPolygon {
  type: "MultiPolygon";
  coordinates: Position[][][];
}

export interface AreaItem {
  code: string;
  parent: string | null;
  level: string;
  name: string;
  geometry: Polygon | MultiPolygon | null;
  /** Codes of what lies inside and is not listed itself: their figures belong to it. */
  covers?: string[];
}

export interface Atlas {
  version: number;
  area: string;
  items: AreaItem[];
}

/** What is counted in an area. */
export interface Figures {
  open: number;
  overdue: number;
  near_due: number;
  queue: number;
}

export type FiguresByArea = Readonly<Record<string, Figures | undefined>>;

const NONE: Figures = { open: 0, overdue: 0, near_due: 0, queue: 0 };

/** Figures of an area with those of what lies inside it unlisted. */
export function figuresOf(item: AreaItem, figures: FiguresByArea): Figures {
  const own = figures[item.code] ?? NONE;
  if (!item.covers?.length) return own;
  const sum = { ...own };
  for (const code of item.covers) {
    const more = figures[code];
    if (!more) continue;
    for (const key of Object.keys(sum) as (keyof Figures)[]) sum[key] += more[key];
  }
  return sum;
}

const LEVELS = ["district", "subdistrict", "community", "compound", "building", "grid"];

/** The areas of the deepest level of which no more than `most` lie below the map's own area. */
export function deepest(atlas: Atlas, most: number): AreaItem[] {
  const below = atlas.items.filter((item) => item.code !== atlas.area);
  for (const level of [...LEVELS].reverse()) {
    const found = below.filter((item) => item.level === level);
    if (found.length > 0 && found.length <= most) return found;
  }
  return below.slice(0, most);
}

/** The areas of the first level below on which there are several to compare. */
export function siblings(atlas: Atlas): AreaItem[] {
  let at = atlas.area;
  for (;;) {
    const found = atlas.items.filter((item) => item.parent === at);
    const only = found[0];
    if (found.length !== 1 || !only) return found;
    at = only.code;
  }
}

/** Rings of a shape, the outer ones first of each part. */
export function rings(shape: Polygon | MultiPolygon): Position[][] {
  return shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
}
