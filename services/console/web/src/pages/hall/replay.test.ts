import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";

import { figuresAt, momentAt, position, trendAt, type Moment, type Replay } from "@/pages/hall/replay";
import WallReplay from "@/pages/hall/WallReplay.vue";
import type { Sample, Trend } from "@/pages/hall/wall";
import { texts } from "@/texts";

const NOW = Date.parse("2026-11-23T08:00:00Z");
const iso = (ms: number): string => new Date(ms).toISOString();
const order = (pace: number): Replay => ({ at: iso(NOW - 7_200_000), pace, since: iso(NOW), until: iso(NOW + 60_000) });
const moment = (at: number, open = 0): Moment => ({
  at: iso(at), open, overdue: 0, near_due: 0, queue: 0, today: { received: 0, closed: 0 }, category: {},
  areas: { "370105": { open } },
});
const sample = (at: number, open: number): Sample => ({ at: iso(at), open, overdue: 0, near_due: 0, queue: 0, received: 0, closed: 0 });

test("a replay runs from the ordered time at its pace, and is over by itself", () => {
  expect(position(null, NOW)).toBeNull();
  expect(position(order(120), NOW + 10_000)).toBe(NOW - 7_200_000 + 1_200_000);
  expect(position(order(0), NOW + 10_000)).toBe(NOW - 7_200_000);
  expect(position(order(120), NOW - 500)).toBe(NOW - 7_200_000);
  expect(position(order(120), NOW + 60_000)).toBeNull();
});

test("shown is what was kept last before that time, never anything later", () => {
  const kept = [moment(NOW - 3_600_000), moment(NOW - 2_700_000), moment(NOW - 900_000)];
  expect(momentAt(kept, NOW - 2_700_000)).toBe(1);
  expect(momentAt(kept, NOW - 900_001)).toBe(1);
  expect(momentAt(kept, NOW)).toBe(2);
  expect(momentAt(kept, NOW - 9_000_000)).toBe(0);
});

test("figures that were 0 are left out on the way and stand again on the map", () => {
  expect(figuresAt(moment(NOW, 3))).toEqual({ "370105": { open: 3, overdue: 0, near_due: 0, queue: 0 } });
});

test("trends end at the time that is shown, and yesterday is the day before it", () => {
  const then = NOW - 3_600_000;
  const trend: Trend = {
    area: "370105", now: iso(NOW), yesterday: null,
    day: [sample(then, 1), sample(NOW, 2)],
    week: [sample(then - 88_000_000, 7), sample(then - 86_000_000, 8), sample(NOW, 9)],
  };
  const shown = trendAt(trend, iso(then));
  expect([shown.day.map((one) => one.open), shown.week.map((one) => one.open), shown.yesterday?.open]).toEqual([[1], [7, 8], 8]);
});

test("the wall says that it is no present, which time it shows, and when it is live again", () => {
  const band = mount(WallReplay, { props: { past: { moment: moment(NOW), share: 0.5, left: 90 } }, global: { plugins: [texts] } });
  expect(band.get("time").text()).toBe("11-23 16:00");
  expect(band.get("[role=status]").text()).toBe("hall.replay_not_live");
  expect(band.text()).toContain("hall.replay_left");
});
