import { expect, test } from "vitest";

import { byUrgency, light, united } from "@/pages/supervision/light";
import type { Decision, DecisionClock } from "@/pages/reception/types";

const NOW = Date.parse("2026-11-25T02:00:00Z");
const clock = (due_at: string, near_at: string, state: DecisionClock["state"] = "running"): DecisionClock => ({
  kind: "decision", unit: "CG", state, started_at: "2026-11-23T02:00:00Z", near_at, due_at, sentence: "",
});
const decision = (id: string, fields: Partial<Decision>): Decision => ({
  decision_id: id, session_id: "s", item_id: "i", ticket_id: "t", number: "1", area: "", org: "JD", kind: "assign",
  owner: "CG", confirmer: "SQ", text: "", state: "open", version: 1, decided_by: "", decided_at: "2026-11-23T02:00:00Z",
  refusals: [], clocks: [], ...fields,
});
const late = decision("late", { clocks: [clock("2026-11-24T02:00:00Z", "2026-11-23T22:00:00Z")] });
const near = decision("near", { clocks: [clock("2026-11-25T09:00:00Z", "2026-11-25T01:00:00Z")] });
const calm = decision("calm", { clocks: [clock("2026-12-01T02:00:00Z", "2026-11-29T02:00:00Z")] });

test("the light follows the clock that runs, and the last one counts when a report waits", () => {
  expect([late, near, calm].map((one) => light(one, NOW))).toEqual(["late", "near", "calm"]);
  const stopped = clock("2026-11-24T02:00:00Z", "2026-11-23T22:00:00Z", "stopped");
  const waits = decision("r", { state: "reported", clocks: [stopped, clock("2026-11-26T02:00:00Z", "2026-11-25T22:00:00Z")] });
  expect(light(waits, NOW)).toBe("reported");
  expect(light({ ...waits, clocks: [stopped, clock("2026-11-24T12:00:00Z", "2026-11-24T10:00:00Z")] }, NOW)).toBe("late");
  expect(light(decision("d", { state: "done", clocks: [stopped] }), NOW)).toBe("done");
});

test("overdue first, then the next due, what has no clock behind them, what has ended last", () => {
  const done = decision("done", { state: "done" });
  const upward = decision("upward", { kind: "send_upward" });
  expect(byUrgency([done, upward, calm, near, late]).map((one) => one.decision_id)).toEqual(["late", "near", "calm", "upward", "done"]);
});

test("of two answers about one decision the newer version is shown", () => {
  const newer = { ...late, version: 2, text: "newer" };
  expect(united([newer], [late, calm]).map((one) => [one.decision_id, one.version])).toEqual([["late", 2], ["calm", 1]]);
});
