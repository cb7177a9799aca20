/** What changed between two sets of rows: cells to mark, and numbers for one polite sentence now and then. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { valueOf, type Column } from "./columns";

export const MARK_MS = 3_000;
export const POLITE_MS = 5_000;
const GATHER_MS = 1_000;

export interface Counts {
  fresh: number;
  gone: number;
  changed: number;
  total: number;
}

export interface Changes {
  /** "<row id> <column key>" of cells that changed within the last three seconds. */
  marks: Readonly<ShallowRef<ReadonlySet<string>>>;
  said: Readonly<Ref<string>>;
}

function same(left: unknown, right: unknown): boolean {
  return left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right));
}

/** Rows are compared by identity first: a stream gives an unchanged row as the same object. */
export function useChanges<R extends object>(
  rows: () => readonly R[],
  columns: () => readonly Column<R>[],
  idOf: (row: R) => string,
  sentence: (counts: Counts) => string,
): Changes {
  const marks = shallowRef<ReadonlySet<string>>(new Set());
  const said = ref("");
  const until = new Map<string, number>();
  let before = new Map<string, R>();
  let counts: Counts = { fresh: 0, gone: 0, changed: 0, total: 0 };
  let saidAt = -Infinity;
  let fading: ReturnType<typeof setTimeout> | undefined;
  let speaking: ReturnType<typeof setTimeout> | undefined;

  function compare(now: readonly R[]): void {
    const known = before;
    before = new Map(now.map((row) => [idOf(row), row]));
    counts.total = now.length;
    if (known.size === 0) return;
    const marked = until.size;
    for (const [id, row] of before) {
      const old = known.get(id);
      if (old === undefined) counts.fresh += 1;
      else if (old !== row && markCells(id, old, row)) counts.changed += 1;
    }
    for (const id of known.keys()) if (!before.has(id)) counts.gone += 1;
    if (until.size !== marked || marked > 0) show();
    if (counts.fresh + counts.gone + counts.changed > 0) speakSoon();
  }

  function markCells(id: string, old: R, row: R): boolean {
    let touched = false;
    for (const column of columns()) {
      if (same(valueOf(column, old), valueOf(column, row))) continue;
      until.set(`${id} ${column.key}`, performance.now() + MARK_MS);
      touched = true;
    }
    return touched;
  }

  function show(): void {
    const now = performance.now();
    for (const [cell, end] of until) if (end <= now) until.delete(cell);
    marks.value = new Set(until.keys());
    clearTimeout(fading);
    if (until.size) fading = setTimeout(show, Math.max(100, Math.min(...until.values()) - now));
  }

  function speakSoon(): void {
    speaking ??= setTimeout(speak, Math.max(GATHER_MS, saidAt + POLITE_MS - performance.now()));
  }

  function speak(): void {
    speaking = undefined;
    saidAt = performance.now();
    said.value = sentence(counts);
    counts = { fresh: 0, gone: 0, changed: 0, total: counts.total };
  }

  watch(rows, compare, { immediate: true });
  onScopeDispose(() => {
    clearTimeout(fading);
    clearTimeout(speaking);
  });
  return { marks, said };
}
