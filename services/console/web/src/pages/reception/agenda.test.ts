import { describe, expect, test } from "vitest";

import { carried, change, moved } from "@/pages/reception/agenda";

/** What the server does with a change: takes off, then appends. */
function applied(current: string[], { items, off }: { items: string[]; off: string[] }): string[] {
  return [...current.filter((id) => !off.includes(id)), ...items];
}

describe("an arrangement is told with as little as possible", () => {
  test.each([
    ["nothing", "abc", "abc", "", ""],
    ["one more", "abc", "abcd", "d", ""],
    ["one less in the middle keeps the rest untouched", "abc", "ac", "", "b"],
    ["the last becomes the first", "abc", "cab", "ab", "ab"],
    ["two change places", "abcd", "acbd", "bd", "bd"],
    ["all new", "ab", "xy", "xy", "ab"],
    ["emptied", "ab", "", "", "ab"],
  ])("%s", (_, current, wanted, items, off) => {
    const told = change([...current], [...wanted]);
    expect(told).toEqual({ items: [...items], off: [...off] });
    expect(applied([...current], told).join("")).toBe(wanted);
  });
});

test("an entry moves by one and never over the ends", () => {
  expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "b", 1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "x", 1)).toEqual(["a", "b"]);
});

describe("an arrangement outlives what others do to the agenda meanwhile", () => {
  test.each([
    ["nothing of the day was known yet", "", "e", "abcd", "abcde"],
    ["a colleague added", "a", "ac", "ab", "abc"],
    ["a colleague took off", "abc", "acb", "ac", "ac"],
    ["what was moved up stays there", "ab", "xab", "abc", "xabc"],
    ["both added the same", "a", "ab", "ab", "ab"],
    ["what was taken off here does not come back", "abc", "ac", "abc", "ac"],
  ])("%s", (_, base, wanted, now, together) => {
    expect(carried([...base], [...wanted], [...now]).join("")).toBe(together);
  });
});
