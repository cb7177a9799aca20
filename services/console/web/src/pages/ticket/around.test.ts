import { expect, test } from "vitest";

import type { AreaItem } from "@/maps/areas";
import { aroundOf, neighbours } from "./around";

const shape = { type: "Polygon" as const, coordinates: [] };
const area = (code: string, level: string, drawn = true, parent: string | null = null): AreaItem => ({ code, parent, level, name: code, geometry: drawn ? shape : null });

test("a grid is shown in its community, a community in its street, more is no place", () => {
  expect(aroundOf("370105001008001")).toBe("370105001008");
  expect(aroundOf("370105001008")).toBe("370105001");
  expect(aroundOf("370105001")).toBeNull();
  expect(aroundOf(null)).toBeNull();
});

test("the smallest that is drawn stands for the ticket, beside its like", () => {
  const items = [area("370105001008", "community"), area("370105001008001", "compound"), area("370105001008002", "compound"), area("370105001008101", "building", false)];
  const found = neighbours(items, "370105001008", "370105001008001");
  expect(found?.own.code).toBe("370105001008001");
  expect(found?.all.map(({ code }) => code)).toEqual(["370105001008001", "370105001008002"]);
  expect(neighbours([area("370105001008001", "compound", false)], "370105001008", "370105001008001")).toBeNull();
});

test("a building is a spot in its compound", () => {
  const garden = area("370105001008001", "compound", true, "370105001008");
  const items = [garden, area("370105001008002", "compound"), area("370105001008101", "building", true, garden.code)];
  const found = neighbours(items, "370105001008", "370105001008101");
  expect([found?.own.code, found?.spot?.code, found?.all.length]).toEqual([garden.code, "370105001008101", 2]);
});
