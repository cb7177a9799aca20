import { expect, test } from "vitest";

import { span, when } from "@/ui/duration";

const HOUR = 3_600_000;

test.each([
  [30_000, "moment", 0, 0],
  [59 * 60_000, "minutes", 59, 0],
  [HOUR, "hours", 1, 0],
  [-(25 * HOUR + 60_000), "days", 1, 1],
])("a span of %d ms is told by its two largest parts", (ms, key, big, small) => {
  expect(span(ms)).toEqual({ key, big, small });
});

test("a time is told as the city's clocks show it, wherever the reader is", () => {
  expect(when("2026-11-21T18:30:00Z")).toBe("11-22 02:30");
  expect(when(null)).toBe("");
});
