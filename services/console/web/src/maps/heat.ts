import { STEPS } from "@/maps/shade";

/** A place and how much lies there. */
export interface Spot {
  x: number;
  y: number;
  weight: number;
}

/** A square of the picture and how dense it is there, in fifths of the densest. */
export interface Cell {
  x: number;
  y: number;
  step: number;
}

/** Side of a square, and how far a place is felt, in units of the picture. */
export const SIDE = 16;
const REACH = 52;
/** Less than this share of the densest is left dark. */
const LEAST = 0.06;

/** Density over the picture: what lies near counts fully, less the farther away it is. */
export function heat(spots: readonly Spot[], width: number, height: number): Cell[] {
  const hot = spots.filter((spot) => spot.weight > 0);
  const found: (Cell & { density: number })[] = [];
  for (let y = 0; y < height; y += SIDE) {
    for (let x = 0; x < width; x += SIDE) found.push({ x, y, step: 0, density: density(hot, x + SIDE / 2, y + SIDE / 2) });
  }
  const top = Math.max(...found.map((cell) => cell.density), Number.MIN_VALUE);
  return found
    .filter((cell) => cell.density > top * LEAST)
    .map((cell) => ({ x: cell.x, y: cell.y, step: Math.max(1, Math.ceil((cell.density / top) * STEPS)) }));
}

function density(spots: readonly Spot[], x: number, y: number): number {
  let sum = 0;
  for (const spot of spots) {
    const far = ((spot.x - x) ** 2 + (spot.y - y) ** 2) / REACH ** 2;
    if (far < 9) sum += spot.weight * Math.exp(-far / 2);
  }
  return sum;
}
