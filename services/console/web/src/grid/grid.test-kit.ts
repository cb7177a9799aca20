/** A mounted grid under the test's hand; the document of the tests has no layout, so it gets measures here. */

import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeAll, beforeEach, vi } from "vitest";
import { effectScope, nextTick, type EffectScope } from "vue";

import { useSingleKeys } from "@/keys/keys";
import type { Column } from "./columns";
import VirtualGrid from "./VirtualGrid.vue";

export interface Row {
  id: string;
  status: string;
  due: { at: number };
}

export const HEIGHT = 40;
export const ROOM = 400;
const columns: Column<Row>[] = [
  { key: "id", label: "Number", width: "8rem" },
  { key: "status", label: "Status", width: "1fr" },
  { key: "due", label: "Due", width: "6rem", align: "end", value: (each) => each.due },
];
export const row = (id: number | string, status = "open"): Row => ({ id: `t${id}`, status, due: { at: 1 } });
export const many = (count: number): Row[] => Array.from({ length: count }, (_, n) => row(n));

export let grid: VueWrapper;
/** Lives as long as a test: for what a page would register. */
export let page: EffectScope;

export function useGrid(): void {
  beforeAll(() => {
    // A head of the height of the room, and a list of twice that.
    const size = (name: string, px: number): unknown => Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => px });
    size("offsetHeight", ROOM);
    size("clientHeight", 2 * ROOM);
    size("clientWidth", 800);
  });
  beforeEach(() => {
    vi.useFakeTimers();
    page = effectScope();
  });
  afterEach(() => {
    page.stop();
    grid.unmount();
    useSingleKeys().value = true;
    vi.useRealTimers();
  });
}

export async function show(rows: Row[], props: Record<string, unknown> = {}): Promise<void> {
  // The generic component's props are not known to the test utilities.
  grid = mount(VirtualGrid as never, { attachTo: document.body, props: { rows, columns, label: "Tickets", ...props } as never }) as VueWrapper;
  await nextTick();
  await nextTick();
}

export const set = (props: Record<string, unknown>): Promise<void> => grid.setProps(props as never);
export const box = (): HTMLElement => grid.get("[role=grid]").element as HTMLElement;
export const ids = (): string[] => grid.findAll(".vg-body [role=row]").map((each) => each.find("[role=gridcell]:not(.vg-mark)").text());
export const bar = (): string => (grid.find(".vg-bar").exists() ? grid.get(".vg-bar").text() : "");
export const active = (): string => document.getElementById(box().getAttribute("aria-activedescendant") ?? "")?.querySelector("[role=gridcell]:not(.vg-mark)")?.textContent ?? "";

export async function focus(): Promise<void> {
  box().focus();
  await nextTick();
}

export async function press(key: string, init: KeyboardEventInit & { keyCode?: number } = {}): Promise<KeyboardEvent> {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  if (init.keyCode) Object.defineProperty(event, "keyCode", { value: init.keyCode });
  box().dispatchEvent(event);
  await nextTick();
  await nextTick();
  return event;
}

export async function keys(...names: string[]): Promise<void> {
  for (const name of names) await press(name);
}
