import { expect, test } from "vitest";

import type { Whistle } from "@/work/types";
import { sourceOf } from "./follow";

const ticket = { unit: "SZ", assists: ["HW"], grid: "370105001008001", whistles: [] as Whistle[] };

test("the own unit's list is followed where it shows the ticket, else another one that may be", () => {
  expect(sourceOf(ticket, ["inbox.SZ", "inbox.HW"], "HW")).toEqual({ view: "inbox", params: { unit: "HW" } });
  expect(sourceOf(ticket, ["inbox.SZ", "inbox.SQ-001"], "SQ-001")).toEqual({ view: "inbox", params: { unit: "SZ" } });
});

test("a called department hears of it in its own list", () => {
  const whistles = [{ blower: "SQ-001", units: [{ unit: "GD" }] }] as unknown as Whistle[];
  expect(sourceOf({ ...ticket, whistles }, ["inbox.GD"], "GD")).toEqual({ view: "inbox", params: { unit: "GD" } });
});

test("who follows areas takes the community, who follows nothing is told nothing", () => {
  const community = { view: "area", params: { area: "370105001008" } };
  expect(sourceOf(ticket, ["desk", "area.*"], "")).toEqual(community);
  expect(sourceOf(ticket, ["area.370105001"], "")).toEqual(community);
  expect(sourceOf(ticket, ["area.370106"], "")).toBeNull();
  expect(sourceOf({ ...ticket, grid: null }, ["area.*"], "")).toBeNull();
  expect(sourceOf(ticket, ["callbacks"], "")).toBeNull();
});
