import { expect, test } from "vitest";

import { lacking, oldestFirst, sides, type HistoryLine, type Waiting } from "@/pages/triage/desk";

const line = (event: string, unit: string, at: string, more: Partial<HistoryLine> = {}): HistoryLine => ({
  version: 1, event, status: "", unit, round: 1, actor: "P1", reason: null, detail: {}, at, ...more,
});
const returned = (unit: string, at: string, suggested: string, reason: string, round = 1): HistoryLine =>
  line("returned", unit, at, { reason, round, detail: { reason_code: "not_our_duty", suggested } });

test("both sides of a dispute are told once each, without what was said to the desk or in an earlier round", () => {
  const history = [
    line("dispatched", "A", "2026-11-01T00:00:00Z"),
    returned("A", "2026-11-01T01:00:00Z", "B", "old round"),
    line("dispatched", "A", "2026-11-02T00:00:00Z", { round: 2 }),
    returned("A", "2026-11-02T01:00:00Z", "B", "theirs", 2),
    returned("DESK", "2026-11-02T01:00:00Z", "B", "theirs", 2),
    line("reassigned", "A", "2026-11-02T02:00:00Z", { round: 2 }),
    line("dispatched", "B", "2026-11-02T02:00:00Z", { round: 2 }),
    returned("B", "2026-11-02T03:00:00Z", "A", "no, theirs", 2),
    returned("DESK", "2026-11-02T03:00:00Z", "A", "no, theirs", 2),
  ];
  expect(sides({ history, round: 2 }).map((side) => [side.unit, side.words, side.suggested])).toEqual([
    ["A", "theirs", "B"],
    ["B", "no, theirs", "A"],
  ]);
});

test("the clock that ends first comes first, and one without a clock last", () => {
  const row = (id: string, due: string | null, received_at: string): { id: string; due: { kind: string; due_at: string } | null; received_at: string } => ({
    id, due: due ? { kind: "dispatch", due_at: due } : null, received_at,
  });
  const rows = [
    row("none", null, "2026-11-01T00:00:00Z"),
    row("late", "2026-11-25T00:00:00Z", "2026-11-02T00:00:00Z"),
    row("soon", "2026-11-24T08:00:00+08:00", "2026-11-03T00:00:00Z"),
    row("older", null, "2026-10-01T00:00:00Z"),
  ];
  expect(oldestFirst(rows).map((one) => one.id)).toEqual(["soon", "late", "older", "none"]);
});

test("what is missing is what a person can supply: the owner only when nothing else is", () => {
  const receipt: Waiting["receipt"] = {
    place: { area: "37", area_name: "x", score: 1, names: [], runners_up: [], near_border: false },
    category: { code: "SZ", name: "x", score: 1, words: [], best: [] },
    owner: null,
  };
  expect(lacking({ receipt, reason: { code: "no_owner", words: "" } })).toEqual(["owner"]);
  const nowhere = { ...receipt, place: { ...receipt.place, area: null } };
  expect(lacking({ receipt: nowhere, reason: { code: "place_unknown", words: "" } })).toEqual(["place"]);
  expect(lacking({ receipt: { ...nowhere, category: { ...receipt.category, code: null } }, reason: { code: "category_unknown", words: "" } })).toEqual(["place", "category"]);
});
