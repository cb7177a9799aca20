import { expect, test } from "vitest";

import { after, days } from "@/pages/stats/period";

const SUNDAY_NIGHT = Date.parse("2026-11-22T15:59:00Z");
const MONDAY = Date.parse("2026-11-22T16:00:00Z");
const NEW_YEAR = Date.parse("2026-12-31T16:00:00Z");

test.each([
  ["week", SUNDAY_NIGHT, "2026-11-16", "2026-11-23"],
  ["week", MONDAY, "2026-11-23", "2026-11-24"],
  ["days30", SUNDAY_NIGHT, "2026-10-24", "2026-11-23"],
  ["month", SUNDAY_NIGHT, "2026-11-01", "2026-11-23"],
  ["last_month", SUNDAY_NIGHT, "2026-10-01", "2026-11-01"],
  ["last_month", NEW_YEAR, "2026-12-01", "2027-01-01"],
] as const)("%s at %d goes from %s until before %s, by the city's days", (name, now, from, to) => {
  expect(days(name, now)).toEqual({ from, to });
});

test("the day after the last of a month is the first of the next", () => {
  expect(after("2026-02-28")).toBe("2026-03-01");
});
