/** Which rows a reader sees while the list stands still under hand or eye. */

export interface Shown<R> {
  rows: readonly R[];
  /** Rows that left the list but still hold their place. */
  gone: ReadonlySet<string>;
  /** How many rows wait behind the bar. */
  fresh: number;
}

/** Everything as it is now. */
export function released<R>(rows: readonly R[]): Shown<R> {
  return { rows, gone: new Set(), fresh: 0 };
}

/**
 * The rows of before in their order of before, with what they say now. New ones wait; one that left keeps its place
 * (as it was) where `keepGone` says so, so that nothing moves under the pointer.
 */
export function held<R>(before: readonly R[], now: readonly R[], idOf: (row: R) => string, keepGone: (id: string) => boolean): Shown<R> {
  const left = new Map(now.map((row) => [idOf(row), row]));
  const gone = new Set<string>();
  const rows: R[] = [];
  for (const old of before) {
    const id = idOf(old);
    const row = left.get(id);
    if (row !== undefined) rows.push(row);
    else if (keepGone(id)) {
      rows.push(old);
      gone.add(id);
    }
    left.delete(id);
  }
  return { rows, gone, fresh: left.size };
}
