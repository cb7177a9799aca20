/** What a grid shows of a row. */

export interface Column<R> {
  key: string;
  label: string;
  /** A track of CSS grid: "7rem", "minmax(12rem, 1fr)". */
  width: string;
  align?: "start" | "end" | "center";
  /** Slot `cell-<slot>`, else `cell-<key>`, else the value as text. */
  slot?: string;
  /** What is shown and compared; the row's field of this name when left out. */
  value?: (row: R) => unknown;
}

export function valueOf<R extends object>(column: Column<R>, row: R): unknown {
  return column.value ? column.value(row) : (row as Record<string, unknown>)[column.key];
}
