import { expect, test } from "vitest";

import { deepest, figuresOf, siblings, type AreaItem, type Atlas } from "@/maps/areas";
import { clear, draw, middle } from "@/maps/project";
import { heat } from "@/maps/heat";
import { bounds, shareStep, step } from "@/maps/shade";

const square = (west: number, south: number, side: number): AreaItem["geometry"] => ({
  type: "Polygon",
  coordinates: [[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]],
});
const item = (code: string, parent: string | null, level: string, geometry = square(0, 0, 1)): AreaItem => ({
  code, parent, level, name: code, geometry,
});

test("an area counts what lies inside it unlisted", () => {
  const one = { ...item("C", null, "compound"), covers: ["B1", "B2"] };
  const figures = { C: { open: 1, overdue: 0, near_due: 0, queue: 0 }, B2: { open: 2, overdue: 1, near_due: 0, queue: 0 } };
  expect(figuresOf(one, figures)).toEqual({ open: 3, overdue: 1, near_due: 0, queue: 0 });
});

test("the map shows the deepest level that fits; rankings the first with several", () => {
  const items = [item("d", null, "district"), item("s", "d", "subdistrict"), item("c1", "s", "community"), item("c2", "s", "community")];
  const atlas: Atlas = { version: 1, area: "d", items };
  expect(deepest(atlas, 10).map((one) => one.code)).toEqual(["c1", "c2"]);
  expect(deepest(atlas, 1).map((one) => one.code)).toEqual(["s"]);
  expect(siblings(atlas).map((one) => one.code)).toEqual(["c1", "c2"]);
});

test("a picture keeps its proportions and puts north up", () => {
  const picture = draw([item("a", null, "community", square(0, 0, 1)), item("b", null, "community", square(0, 1, 1))], [], 100, 400);
  expect(picture.width).toBe(100);
  expect(picture.height).toBeCloseTo(200, 0);
  expect(picture.drawn[0]!.y).toBeGreaterThan(picture.drawn[1]!.y);
});

test("a name stands at the centre of gravity", () => {
  expect(middle([[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]])).toEqual([1, 1]);
  expect(middle([])).toEqual([0, 0]);
});

test("steps are round, cover the largest, and none is nothing", () => {
  expect(bounds([1, 2, 3])).toEqual([1, 2, 3]);
  expect(bounds([7, 43])).toEqual([9, 18, 26, 35, 43]);
  expect(step(0, [9, 18])).toBe(0);
  expect([step(1, [1]), step(1, [1, 2, 3]), step(3, [1, 2, 3]), step(40, [9, 18, 26, 35, 43])]).toEqual([2, 2, 4, 5]);
  expect([shareStep(null), shareStep(0.3), shareStep(0.75), shareStep(1)]).toEqual([null, 1, 3, 5]);
});

test("the name of an area makes way for a number", () => {
  const [name] = draw([item("name", null, "community", square(0, 0, 1))], [], 100, 100).drawn;
  const number = { ...name!, item: item("n", null, "compound") };
  expect(clear([name!], [], 10)[0]!.y).toBe(name!.y);
  expect(Math.abs(clear([name!], [number], 10)[0]!.y - number.y)).toBeGreaterThan(10.5);
});

test("it is hottest where most lies, neighbours add up, and far away it is dark", () => {
  expect(heat([], 320, 160)).toEqual([]);
  expect(heat([{ x: 80, y: 80, weight: 0 }], 320, 160)).toEqual([]);
  const cells = heat([{ x: 40, y: 72, weight: 1 }, { x: 280, y: 72, weight: 3 }, { x: 296, y: 72, weight: 3 }], 640, 160);
  const at = (x: number, y: number): number => cells.find((cell) => cell.x === x && cell.y === y)?.step ?? 0;
  expect([at(32, 64), at(288, 64), at(160, 64), at(624, 144)]).toEqual([1, 5, 1, 0]);
});
