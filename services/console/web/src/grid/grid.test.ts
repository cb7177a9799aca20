import { describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { useGridKeys, useKeys, useSingleKeys, type GridKeyPress } from "@/keys/keys";
import { active, box, focus, grid, HEIGHT, ids, keys, many, page, press, ROOM, row, set, show, useGrid, type Row } from "./grid.test-kit";

useGrid();

describe("what assistive tools see", () => {
  it("is a grid of all rows, of which only a window is in the document", async () => {
    await show(many(1_000), { markLabel: "Marked" });
    const rows = grid.findAll(".vg-body [role=row]");
    expect(rows.length).toBeGreaterThan(9);
    expect(rows.length).toBeLessThan(40);
    expect(box().getAttribute("aria-rowcount")).toBe("1001");
    expect(box().getAttribute("aria-colcount")).toBe("4");
    expect(rows[0]!.attributes("aria-rowindex")).toBe("2");
    expect(grid.findAll("[role=columnheader]").map((each) => each.text())).toEqual(["Marked", "Number", "Status", "Due"]);
    expect(grid.findAll("[role=grid] [aria-live]")).toEqual([]);
  });

  it("keeps the active row in the document wherever the list is scrolled to", async () => {
    await show(many(1_000));
    await focus();
    box().scrollTop = 20_000;
    box().dispatchEvent(new Event("scroll"));
    await nextTick();
    await nextTick();
    expect(ids()).toContain("t500");
    expect(active()).toBe("t0");
  });
});

describe("keys", () => {
  it("moves by row, by page, to the ends, and scrolls after", async () => {
    await show(many(100));
    await focus();
    expect(active()).toBe("t0");
    await keys("j", "j", "ArrowDown", "k", "ArrowUp");
    expect(active()).toBe("t1");
    await keys("PageDown");
    expect(active()).toBe(`t${ROOM / HEIGHT}`);
    expect(box().scrollTop).toBe(HEIGHT);
    await keys("End", "j");
    expect([active(), box().scrollTop]).toEqual(["t99", 100 * HEIGHT - ROOM]);
    await keys("PageUp", "Home", "k");
    expect([active(), box().scrollTop]).toEqual(["t0", 0]);
    expect(grid.emitted("update:selected")!.at(-1)).toEqual(["t0"]);
  });

  it("opens with Enter, marks with x and a range with shift+x", async () => {
    await show(many(20), { markLabel: "Marked" });
    await focus();
    await keys("Enter", "j", "x", "j", "j", "j");
    await press("X", { shiftKey: true });
    await keys("k", "x");
    expect(grid.emitted("open")).toEqual([[row(0)]]);
    expect(grid.emitted("update:marked")!.at(-1)).toEqual([["t1", "t2", "t4"]]);
    expect(grid.findAll(".vg-body [aria-selected=true]")).toHaveLength(3);
  });

  it("hands other keys to the page with the row and the marks", async () => {
    const ran: string[] = [];
    const onKey = page.run(() => useGridKeys<Row>({ a: { text: "inbox.sign", run: (at, marked) => ran.push(`${at.id} of ${marked.join("+")}`) } }));
    await show(many(20), { markLabel: "Marked", onKey });
    await focus();
    const event = await press("a");
    await keys("x", "j", "x", "j", "a", "z");
    expect(ran).toEqual(["t0 of t0", "t2 of t0+t1"]);
    expect(event.defaultPrevented).toBe(true);
  });

  it("does nothing during composition, in a cell's own button, or for the second of two keys", async () => {
    const pressed: string[] = [];
    await show(many(20), { onKey: ({ key }: GridKeyPress<Row>) => pressed.push(key) });
    page.run(() => useKeys({ "g j": { text: "keys.go", run: () => void pressed.push("went") } }));
    await focus();
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      await press("Enter", init);
      await press("j", init);
      await press("a", init);
    }
    const button = document.createElement("button");
    grid.get("[role=gridcell]").element.append(button);
    for (const key of ["Enter", "j", "a"]) button.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await nextTick();
    expect([pressed, active(), grid.emitted("open")]).toEqual([[], "t0", undefined]);
    button.remove();
    await keys("g", "j");
    expect([pressed, active()]).toEqual([["g", "went"], "t0"]);
  });

  it("rests its letters when single keys are off, not its arrows", async () => {
    await show(many(20), { markLabel: "Marked" });
    await focus();
    useSingleKeys().value = false;
    await keys("j", "x", "a");
    expect([active(), grid.emitted("update:marked"), grid.emitted("key")]).toEqual(["t0", undefined, undefined]);
    await keys("ArrowDown", " ");
    expect([active(), grid.emitted("update:marked")]).toEqual(["t1", [[["t1"]]]]);
  });
});

describe("what changed", () => {
  it("marks changed cells for three seconds, by value and not by object", async () => {
    await show([row(1), row(2)]);
    await set({ rows: [row(1, "signed"), row(2)] });
    await nextTick();
    expect(grid.findAll(".is-changed").map((each) => each.text())).toEqual(["signed"]);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(grid.findAll(".is-changed")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect([grid.findAll(".is-changed").length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("says one polite sentence at most every five seconds", async () => {
    const said: string[] = [];
    await show([row(0)], { summary: ({ fresh, changed, total }: { fresh: number; changed: number; total: number }) => `${fresh} new, ${changed} changed, ${total} in all` });
    let rows = [row(0)];
    for (let second = 0; second < 12; second += 1) {
      rows = [...rows.slice(0, -1), row(rows.length - 1, `s${second}`), row(rows.length)];
      await set({ rows });
      await vi.advanceTimersByTimeAsync(1_000);
      const text = grid.get("[aria-live=polite]").text();
      if (text && text !== said.at(-1)) said.push(text);
    }
    expect(said).toEqual(["1 new, 1 changed, 2 in all", "5 new, 5 changed, 7 in all", "5 new, 5 changed, 12 in all"]);
  });

  it("has no style attribute in its template: the CSP would refuse it", async () => {
    const source = await vi.importActual<{ default: string }>("./VirtualGrid.vue?raw");
    expect(source.default).not.toMatch(/\sstyle="/);
    expect(source.default).toContain(':style="');
  });
});
