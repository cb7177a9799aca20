import { describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import type { GridKeyPress } from "@/keys/keys";
import { active, bar, box, focus, grid, HEIGHT, ids, keys, many, press, row, set, show, useGrid, type Row } from "./grid.test-kit";

useGrid();

describe("rows that come and go", () => {
  it("holds new ones behind the bar while the list has the focus, and says what the others say now", async () => {
    await show([row(1), row(2)], { newLabel: (count: number) => `${count} new` });
    await focus();
    await set({ rows: [row(9), row(2, "signed"), row(1), row(8)] });
    expect([ids(), bar()]).toEqual([["t1", "t2"], "2 new"]);
    expect(grid.text()).toContain("signed");
    (grid.get(".vg-bar").element as HTMLElement).focus();
    await grid.get(".vg-bar").trigger("click");
    expect([ids(), bar()]).toEqual([["t9", "t2", "t1", "t8"], ""]);
    expect(document.activeElement).toBe(box());
    expect(active()).toBe("t1");
  });

  it("lets them in by itself when the focus leaves", async () => {
    await show([row(1)]);
    await focus();
    await set({ rows: [row(2), row(1)] });
    expect(ids()).toEqual(["t1"]);
    box().blur();
    await nextTick();
    await nextTick();
    expect(ids()).toEqual(["t2", "t1"]);
  });

  it("moves nothing under the pointer: who left keeps the place, and takes no keys", async () => {
    const pressed: string[] = [];
    await show([row(1), row(2), row(3)], { onKey: ({ row: at }: GridKeyPress<Row>) => pressed.push(at.id) });
    await grid.trigger("pointerenter");
    await set({ rows: [row(3), row(2)] });
    expect(ids()).toEqual(["t1", "t2", "t3"]);
    expect(grid.findAll(".is-gone").map((each) => each.attributes("aria-disabled"))).toEqual(["true"]);
    await focus();
    await keys("a", "j", "a");
    expect(pressed).toEqual(["t2"]);
    await grid.trigger("pointerleave");
    expect(ids()).toEqual(["t2", "t3"]);
  });

  it("keeps the selected row that left until the selection moves on, so that a key hits no other", async () => {
    await show([row(1), row(2), row(3)]);
    await focus();
    await keys("j");
    await set({ rows: [row(3)] });
    expect([ids(), active()]).toEqual([["t2", "t3"], "t2"]);
    await keys("j");
    expect([ids(), active()]).toEqual([["t3"], "t3"]);
  });

  it.each([
    ["never", ["t2", "t1"], ["t2", "t1"]],
    ["pointer", ["t2", "t1"], ["t1"]],
    ["focus", ["t1"], ["t2", "t1"]],
    ["both", ["t1"], ["t1"]],
  ])("holds by %s as told", async (hold, underFocus, underPointer) => {
    await show([row(1)], { hold });
    await focus();
    await set({ rows: [row(2), row(1)] });
    expect(ids()).toEqual(underFocus);
    grid.unmount();
    await show([row(1)], { hold });
    await grid.trigger("pointerenter");
    await set({ rows: [row(2), row(1)] });
    expect(ids()).toEqual(underPointer);
  });

  it("shows another list at once, from its top", async () => {
    await show(many(100), { viewKey: "waiting" });
    await focus();
    await keys("End");
    await set({ rows: [row("a"), row("b")], viewKey: "done" });
    await nextTick();
    expect([ids(), bar(), box().scrollTop]).toEqual([["ta", "tb"], "", 0]);
  });

  it("stays where the reader has scrolled to when rows come above", async () => {
    await show(many(100));
    box().scrollTop = 20 * HEIGHT;
    box().dispatchEvent(new Event("scroll"));
    await set({ rows: [row("a"), row("b"), ...many(100)] });
    await nextTick();
    expect(box().scrollTop).toBe(22 * HEIGHT);
  });

  it("goes on with the neighbour when the selected row left unseen", async () => {
    await show([row(1), row(2), row(3)], { selected: "t2", "onUpdate:selected": (selected: string) => set({ selected }) });
    await set({ rows: [row(1), row(3)] });
    await nextTick();
    expect(grid.emitted("update:selected")!.at(-1)).toEqual(["t3"]);
  });

  it("keeps focus, selection and place over a thousand rows at fifty changes a second", async () => {
    await show(many(1_000));
    await focus();
    await press("End");
    await press("PageUp");
    const at = active();
    const place = box().scrollTop;
    let rows = many(1_000);
    for (let batch = 0; batch < 40; batch += 1) {
      const touched = Array.from({ length: 12 }, (_, n) => (batch * 131 + n * 83) % 980);
      rows = rows.map((each, n) => (touched.includes(n) ? row(each.id.slice(1), `s${batch}`) : each));
      rows = [row(`new${batch}`), ...rows.filter((_, n) => n !== touched[0])];
      await set({ rows });
      await vi.advanceTimersByTimeAsync(250);
      expect(document.activeElement).toBe(box());
      expect(active()).toBe(at);
    }
    expect([bar(), grid.findAll(".vg-body [role=row]").length < 60]).toEqual([
      `+${rows.filter((each) => each.id.startsWith("tnew")).length}`,
      true,
    ]);
    await grid.get(".vg-bar").trigger("click");
    await nextTick();
    expect([active(), document.activeElement === box(), bar()]).toEqual([at, true, ""]);
    expect(place).toBeGreaterThan(0);
  });
});
