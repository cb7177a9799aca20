import { expect, it } from "vitest";

import { held, lines, share, type Node } from "./parts";

const NODES: Node[] = [
  { code: "a", name: "A", kind: "x" },
  { code: "a1", name: "A1", kind: "x", parent: "a" },
  { code: "a2", name: "A2", kind: "x", parent: "a" },
  { code: "a1x", name: "A1X", kind: "x", parent: "a1" },
  { code: "b", name: "B", kind: "x", parent: "not here" },
];
const shown = (...opened: string[]): string[] => lines(NODES, new Set(opened)).map(({ code, depth }) => `${depth}${code}`);

it("shows roots, those whose parent is elsewhere, and what lies below opened ones", () => {
  expect(shown()).toEqual(["0a", "0b"]);
  expect(shown("a")).toEqual(["0a", "1a1", "1a2", "0b"]);
  expect(shown("a1")).toEqual(["0a", "0b"]);
  expect(shown("a", "a1")).toEqual(["0a", "1a1", "2a1x", "1a2", "0b"]);
});

it("may be opened where there is more to fetch", () => {
  const [, b] = lines(NODES, new Set(), (code) => code === "b");
  expect(b?.children).toBe(1);
});

it("knows the first day without somebody in a post", () => {
  expect(held({}, "2026-11-23")).toBe("held");
  expect(held({ valid_to: "2026-11-23" }, "2026-11-23")).toBe("vacant");
  expect(held({ valid_to: "2026-11-24" }, "2026-11-23")).toBe("ending");
  expect(held({ valid_to: "2026-12-24" }, "2026-11-23")).toBe("held");
});

it("says all and none only where it is so", () => {
  expect([share(0, 9), share(9, 9), share(1, 100_000), share(99_999, 100_000)]).toEqual([100, 0, 99, 1]);
});
