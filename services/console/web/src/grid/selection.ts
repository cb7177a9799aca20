/** Movement and marks of a grid, without any DOM. */

/** Where a key leads from `index` (-1: nowhere yet) among `count` rows; null for a key that does not move. */
export function moved(name: string, index: number, count: number, page: number): number | null {
  const step = STEPS[name];
  if (step === undefined || count === 0) return null;
  const [pages, rows] = step;
  if (rows === Infinity) return count - 1;
  if (rows === -Infinity || index < 0) return 0;
  return Math.max(0, Math.min(count - 1, index + pages * Math.max(1, page) + rows));
}

const STEPS: Record<string, [pages: number, rows: number]> = {
  j: [0, 1],
  ArrowDown: [0, 1],
  k: [0, -1],
  ArrowUp: [0, -1],
  PageDown: [1, 0],
  PageUp: [-1, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/** Marks after `x` on a row, or after shift+x: all rows from the last marked one to this. */
export function toggled(marked: readonly string[], ids: readonly string[], at: number, anchor: string | null): string[] {
  const id = ids[at];
  if (id === undefined) return [...marked];
  const from = anchor === null ? -1 : ids.indexOf(anchor);
  if (from < 0) return marked.includes(id) ? marked.filter((each) => each !== id) : [...marked, id];
  const range = ids.slice(Math.min(from, at), Math.max(from, at) + 1);
  return [...new Set([...marked, ...range])];
}

/** The scroll position that shows the row, as near as possible to the present one. */
export function scrollFor(index: number, height: number, top: number, room: number): number {
  const start = index * height;
  if (start < top) return start;
  return start + height > top + room ? start + height - room : top;
}
