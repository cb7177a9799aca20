/** Page shortcuts, and the list of what is active for the sheet. */

import { computed, onScopeDispose, shallowReactive, watch, type ComputedRef, type Ref, ref } from "vue";
import { inModal, isComposing, isSingle, keyName, takesText } from "./match";

export interface Shortcut {
  /** Key of the text that says what it does. */
  text: string;
  /** False: not mine, ask whoever registered before. */
  run: (event: KeyboardEvent) => void | false;
  when?: () => boolean;
  /** Heading of the sheet, as the end of a text key: `keys.group.<group>`. */
  group?: string;
  /** Acts inside an open dialog too; all others rest while there is one. */
  modal?: boolean;
}

/** By key: "/", "?", "Esc", "Ctrl+Enter", "Alt+1", or two in a row: "g i". */
export type Shortcuts = Record<string, Shortcut>;

export interface Active {
  keys: string;
  text: string;
  group: string;
}

interface Entry extends Active {
  /** Null: the grid runs it itself, it is here to be listed. */
  shortcut: Shortcut | null;
  when: (() => boolean) | undefined;
}

const CHORD_MS = 1_500;
const STORED = "chuishao.single-keys";

const entries = shallowReactive<Entry[]>([]);
const singles = ref(stored());
let first = "";
let chordTimer: ReturnType<typeof setTimeout> | undefined;

function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

watch(singles, (on) => {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // A browser that stores nothing still lets them be switched off for this page.
  }
}, { flush: "sync" });

/** Whether single letters are shortcuts; kept in this browser. Speech input needs them off. */
export function useSingleKeys(): Ref<boolean> {
  return singles;
}

/** The first key of two was pressed: the next one belongs to the pair, not to a grid. */
export function chordOpen(): boolean {
  return first !== "";
}

/** What works now, the newest registration of each key, in order of registration. */
export function useActiveKeys(): ComputedRef<Active[]> {
  return computed(() => {
    const shown = new Map<string, Active>();
    for (const { keys, text, group, when, shortcut } of entries) {
      if (!singles.value && isSingle(keys.split(" ")[0]!)) continue;
      if (shortcut === null || when?.() !== false) shown.set(`${shortcut ? "" : "grid "}${keys}`, { keys, text, group });
    }
    return [...shown.values()];
  });
}

function register(added: Entry[]): void {
  entries.push(...added);
  onScopeDispose(() => added.forEach((entry) => entries.splice(entries.indexOf(entry), 1)));
}

/** Shortcuts for as long as the component lives. Of two for the same key the newer runs. */
export function useKeys(shortcuts: Shortcuts): void {
  document.addEventListener("keydown", onKeydown);
  register(
    Object.entries(shortcuts).map(([keys, shortcut]) => {
      return { keys, text: shortcut.text, group: shortcut.group ?? "page", shortcut, when: shortcut.when };
    }),
  );
}

export interface GridKeyPress<R> {
  key: string;
  row: R;
  /** Ids of the marked rows; the selected row's id when none is marked. */
  ids: string[];
  event: KeyboardEvent;
}

export type GridKeys<R> = Record<string, { text: string; run: (row: R, ids: string[]) => void }>;

/** Single keys of a grid: give the result to its `@key`. They are listed with the others. */
export function useGridKeys<R>(keys: GridKeys<R>): (press: GridKeyPress<R>) => void {
  listGridKeys(Object.entries(keys).map(([key, { text }]) => [key, text]));
  return ({ key, row, ids, event }) => {
    const found = keys[key];
    if (!found) return;
    event.preventDefault();
    found.run(row, ids);
  };
}

/** List keys a grid handles by itself. */
export function listGridKeys(pairs: [keys: string, text: string][]): void {
  register(pairs.map(([keys, text]) => ({ keys, text, group: "grid", shortcut: null, when: undefined })));
}

function onKeydown(event: KeyboardEvent): void {
  if (isComposing(event) || /^(Shift|Control|Alt|Meta|CapsLock)$/.test(event.key)) return;
  const before = first;
  endChord();
  if (event.defaultPrevented) return;
  const name = keyName(event);
  if (isSingle(name) && (!singles.value || takesText(event.target))) return;
  if (before && run(`${before} ${name}`, event)) return;
  if (run(name, event)) return;
  if (entries.some((entry) => entry.shortcut && entry.keys.startsWith(`${name} `))) startChord(name);
}

function run(keys: string, event: KeyboardEvent): boolean {
  const modal = inModal(event.target);
  for (const { keys: mine, shortcut } of [...entries].reverse()) {
    if (mine !== keys || !shortcut || (modal && !shortcut.modal) || shortcut.when?.() === false) continue;
    if (shortcut.run(event) === false) continue;
    event.preventDefault();
    return true;
  }
  return false;
}

function startChord(name: string): void {
  first = name;
  chordTimer = setTimeout(endChord, CHORD_MS);
}

function endChord(): void {
  first = "";
  clearTimeout(chordTimer);
}
