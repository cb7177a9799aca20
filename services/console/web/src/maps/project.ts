import { rings, type AreaItem, type Position } from "@/maps/areas";

/** An area on a flat picture: an SVG path, and where its name stands. */
export interface Drawn {
  item: AreaItem;
  path: string;
  x: number;
  y: number;
  /** Largest sides of the room for words, in units of the picture. */
  width: number;
  height: number;
}

export interface Picture {
  width: number;
  height: number;
  drawn: Drawn[];
}

interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Draw areas into a picture of the given width and at most the given height; degrees are narrowed by the latitude. */
export function draw(items: readonly AreaItem[], frame: readonly AreaItem[], width: number, height: number): Picture {
  const shapes = frame.filter((item) => item.geometry);
  const box = boxOf((shapes.length ? shapes : items.filter((item) => item.geometry)).flatMap(points));
  const narrow = Math.cos((((box.south + box.north) / 2) * Math.PI) / 180);
  const wide = Math.max((box.east - box.west) * narrow, 1e-9);
  const high = Math.max(box.north - box.south, 1e-9);
  const scale = Math.min(width / wide, height / high);
  const place = ([lon, lat]: Position): [number, number] => [
    round((lon - box.west) * narrow * scale),
    round((box.north - lat) * scale),
  ];
  return {
    width: round(wide * scale),
    height: round(high * scale),
    drawn: items.filter((item) => item.geometry).map((item) => one(item, place)),
  };
}

function one(item: AreaItem, place: (at: Position) => [number, number]): Drawn {
  const placed = item.geometry ? rings(item.geometry).map((ring) => ring.map(place)) : [];
  const path = placed.map((ring) => `M${ring.map((at) => at.join(" ")).join("L")}Z`).join("");
  const largest = placed.reduce((best, ring) => (size(ring) > size(best) ? ring : best), placed[0] ?? []);
  const [x, y] = middle(largest);
  const xs = largest.map((at) => at[0]);
  const ys = largest.map((at) => at[1]);
  return { item, path, x, y, width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
}

const points = (item: AreaItem): Position[] => (item.geometry ? rings(item.geometry).flat() : []);
const round = (n: number): number => Math.round(n * 10) / 10;

function boxOf(all: readonly Position[]): Box {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const [lon, lat] of all) {
    box.west = Math.min(box.west, lon);
    box.east = Math.max(box.east, lon);
    box.south = Math.min(box.south, lat);
    box.north = Math.max(box.north, lat);
  }
  return box;
}

function size(ring: readonly (readonly [number, number])[]): number {
  return Math.abs(doubled(ring));
}

function doubled(ring: readonly (readonly [number, number])[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [a, b] = [ring[i]!, ring[i + 1]!];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum;
}

/** The centre of gravity of a closed ring; of a ring without a surface its first point. */
export function middle(ring: readonly (readonly [number, number])[]): [number, number] {
  const twice = doubled(ring);
  if (!twice) return [ring[0]?.[0] ?? 0, ring[0]?.[1] ?? 0];
  let [x, y] = [0, 0];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [a, b] = [ring[i]!, ring[i + 1]!];
    const cross = a[0] * b[1] - b[0] * a[1];
    x += (a[0] + b[0]) * cross;
    y += (a[1] + b[1]) * cross;
  }
  return [round(x / (3 * twice)), round(y / (3 * twice))];
}

/** Where names of larger areas stand so that they cover no number: each a little above or below its own middle. */
export function clear(names: readonly Drawn[], numbers: readonly Drawn[], size: number): Drawn[] {
  const taken = numbers.map(({ x, y }) => ({ x, y, half: size }));
  return names.map((one) => {
    const half = (one.item.name.length * size) / 2;
    const free = (y: number): boolean =>
      taken.every((at) => Math.abs(at.x - one.x) > half + at.half || Math.abs(at.y - y) > size * 1.05);
    const away = [0, -1, 1, -2, 2, -3, 3].map((by) => one.y + by * size).find(free);
    const y = away ?? one.y;
    taken.push({ x: one.x, y, half });
    return { ...one, y };
  });
}
