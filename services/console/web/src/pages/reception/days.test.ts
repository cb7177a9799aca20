import { expect, test } from "vitest";

import { days, firstDay } from "@/pages/reception/days";
import type { SessionLine } from "@/pages/reception/types";

const session = (id: string, starts_at: string, state: SessionLine["state"]): SessionLine => ({
  session_id: id, org: "JD", level: "subdistrict", kind: "secretary_reception_day", starts_at, place: "", chair: "", participants: [],
  cap: 15, state, version: 1, items: 0,
});
const proposal = { starts_at: "2026-12-10T09:00:00+08:00", kind: "secretary_reception_day", org: "JD", cap: 15, place: null };

test("days set up and days proposed stand in order of time, whatever zone they were written in", () => {
  const all = days([session("b", "2026-12-11T01:00:00Z", "planned"), session("a", "2026-12-10T00:30:00Z", "closed")], [proposal]);
  expect(all.map((day) => day.id)).toEqual(["a", "proposed 2026-12-10T09:00:00+08:00", "b"]);
});

test("the day that is being held comes first, then the next one; a proposal never", () => {
  const closed = session("c", "2026-11-01T01:00:00Z", "closed");
  const planned = session("p", "2026-11-30T01:00:00Z", "planned");
  expect(firstDay(days([closed, planned, session("o", "2026-12-01T01:00:00Z", "open")], []))).toBe("o");
  expect(firstDay(days([closed, planned], [proposal]))).toBe("p");
  expect(firstDay(days([closed], [proposal]))).toBe("c");
  expect(firstDay(days([], [proposal]))).toBeNull();
});
