/** How strongly an area is coloured: a step from 0 (nothing) to 5, by size, so that neighbours can be told apart. */
export const STEPS = 5;

/** Upper bounds of the steps for these numbers: round, growing, the last one holds the largest. */
export function bounds(values: readonly number[]): number[] {
  const top = Math.max(0, ...values);
  if (top <= STEPS) return Array.from({ length: Math.max(1, top) }, (_, i) => i + 1);
  const found: number[] = [];
  for (let i = 1; i <= STEPS; i += 1) {
    const at = nice((top * i) / STEPS);
    if (at > (found.at(-1) ?? 0)) found.push(at);
  }
  if ((found.at(-1) ?? 0) < top) found[found.length - 1] = Math.ceil(top);
  return found;
}

function nice(n: number): number {
  const size = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / size) * size;
}

/** The step of a number, 0 for none; a few cases are no alarm: with less than five steps the strongest is kept back. */
export function step(value: number, steps: readonly number[]): number {
  if (value <= 0) return 0;
  const at = steps.findIndex((bound) => value <= bound);
  const found = (at < 0 ? steps.length - 1 : at) + 1;
  return steps.length < STEPS ? found + 1 : found;
}

/** The step of a share: full at 1, in fifths of what lies between `low` and 1; null: not known. */
export function shareStep(share: number | null, low = 0.5): number | null {
  if (share === null) return null;
  return Math.min(STEPS, Math.max(1, Math.ceil(((share - low) / (1 - low)) * STEPS)));
}
