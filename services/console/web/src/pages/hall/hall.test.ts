import { expect, test } from "vitest";

import { FIRST, fromAddress, next, untilReload } from "@/pages/hall/turning";
import { alarms, largest, newest, percent, sixCounters, type Counters, type Escalation, type Sample } from "@/pages/hall/wall";

const rung = (id: string, level: number, state: Escalation["state"], at: string): Escalation => ({
  escalation_id: id, ticket_id: id, number: id, level, state, at,
  round: 1, clock: "result", reason: "overdue", unit: "U", area: "370105", urgency: "normal", due_at: at, repeat: 0,
});

test("an address says which page, layer and area, and what the wall turns through", () => {
  expect(fromAddress({ page: "map", layer: "overdue", area: "370105001" })).toEqual({
    ...FIRST, page: "map", layer: "overdue", area: "370105001",
  });
  expect(fromAddress({ rotate: "30", pages: "ranking,map,nonsense" })).toMatchObject({ page: "ranking", pages: ["ranking", "map"], rotate_s: 30 });
  expect(fromAddress({ rotate: "30" }).pages).toHaveLength(4);
  expect(fromAddress({ page: "<x>", layer: ["rate"], area: "12", rotate: "1" })).toEqual({ ...FIRST, layer: "rate" });
});

test("pages follow each other in a ring", () => {
  const picture = fromAddress({ rotate: "10", pages: "overview,map" });
  expect(next(picture)).toBe("map");
  expect(next({ ...picture, page: "map" })).toBe("overview");
  expect(next(FIRST)).toBe("overview");
});

test.each([
  ["2026-11-22T19:00:00Z", 3_600_000],
  ["2026-11-22T20:00:00Z", 86_400_000],
  ["2026-11-22T21:00:00Z", 23 * 3_600_000],
])("at %s the city's four o'clock is %d ms away", (at, ms) => {
  expect(untilReload(Date.parse(at))).toBe(ms);
});

test("counters are told against the same time yesterday, or without", () => {
  const now = { today: { received: 9, closed: 4 }, open: 5, overdue: 1, near_due: 2, queue: 0 } as Counters;
  expect(sixCounters(now, null).every((one) => one.change === null)).toBe(true);
  const before = { received: 7, closed: 4, open: 6, overdue: 0, near_due: 2, queue: 1 } as Sample;
  expect(sixCounters(now, before).map((one) => one.change)).toEqual([2, 0, -1, 0, 1, -1]);
});

test("alarms are high rungs, those nobody knows of first, cleared ones gone", () => {
  const rows = [rung("a", 3, "acknowledged", "3"), rung("b", 4, "raised", "1"), rung("c", 2, "raised", "4"), rung("d", 5, "cleared", "5")];
  expect(alarms(rows).map((one) => one.escalation_id)).toEqual(["b", "a"]);
});

test("a wall keeps a fixed number of lines, the newest", () => {
  const rows = Array.from({ length: 500 }, (_, i) => rung(`e${i}`, 1, "raised", String(i).padStart(4, "0")));
  expect(newest(rows)).toHaveLength(60);
  expect(newest(rows)[0]!.escalation_id).toBe("e499");
});

test("the largest come first, equal ones by their code", () => {
  expect(largest({ b: 2, a: 2, c: 5, d: 0 }, 2)).toEqual([{ code: "c", n: 5 }, { code: "a", n: 2 }]);
  expect([percent(null), percent(0.9478)]).toEqual(["–", "94.8%"]);
});
