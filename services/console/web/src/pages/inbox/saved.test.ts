import { expect, test } from "vitest";

import { joined, read, type SavedView } from "./saved";

const view = (name: string): SavedView => ({ name, box: "late", words: "", urgency: "urgent" });

test("what was kept and is no view is left out", () => {
  expect(read(null)).toEqual([]);
  expect(read("{")).toEqual([]);
  expect(read(JSON.stringify([view("a"), { name: 1 }, { ...view("b"), box: "nowhere" }]))).toEqual([view("a")]);
});

test("a name is there once, and the oldest go", () => {
  expect(joined([view("a"), view("b")], { ...view("a"), words: "x" })).toEqual([view("b"), { ...view("a"), words: "x" }]);
  const many = Array.from({ length: 12 }, (_, n) => view(String(n)));
  expect(joined(many, view("new")).map(({ name }) => name)[0]).toBe("1");
});
