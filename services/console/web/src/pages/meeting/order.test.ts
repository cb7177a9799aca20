import { expect, test } from "vitest";

import { steps, type TicketTold } from "@/pages/meeting/order";
import type { Decision } from "@/pages/reception/types";

const decision = (fields: Partial<Decision>): Decision => ({
  decision_id: "d", session_id: "s", item_id: "i", ticket_id: "t", number: "1", area: "", org: "JD", kind: "assign",
  owner: "CG", confirmer: "SQ", text: "", state: "open", version: 1, decided_by: "", decided_at: "2026-11-23T02:00:00Z",
  refusals: [], clocks: [], ...fields,
});
const line = (event: string, unit: string, at: string, detail = {}): TicketTold["history"][number] => ({ event, unit, at, detail });
const told: TicketTold = {
  history: [
    line("accepted", "CG", "2026-11-20T02:00:00Z"),
    line("dispatched", "CG", "2026-11-23T02:00:01Z", { decision_id: "d" }),
    line("accepted", "CG", "2026-11-23T03:00:00Z"),
  ],
  whistles: [],
};

test("an order's way: delivered by the decision itself, signed for only after it", () => {
  expect(steps(decision({}), told)).toEqual([
    { name: "delivered", at: "2026-11-23T02:00:01Z", next: false },
    { name: "signed", at: "2026-11-23T03:00:00Z", next: false },
    { name: "reported", at: null, next: true },
    { name: "confirmed", at: null, next: false },
  ]);
});

test("a report that was refused waits again: nobody has confirmed", () => {
  const refused = decision({ state: "open", confirmed_at: undefined, reported_at: undefined });
  expect(steps(refused, null).map((step) => step.at)).toEqual([null, null, null, null]);
  expect(steps(refused, null).findIndex((step) => step.next)).toBe(0);
});

test("a whistle's way has the owner's own check-in, from the whistle issued after the decision", () => {
  const unit = { unit: "CG", state: "checked_in", seen_at: "2026-11-23T04:00:00Z", checked_in_at: "2026-11-23T05:00:00Z", due_at: null };
  const whistle = { whistle_id: "w", status: "issued", issued_at: "2026-11-23T03:30:00Z", text: "", units: [unit] };
  const early = { ...whistle, whistle_id: "old", issued_at: "2026-11-01T03:30:00Z", units: [{ ...unit, checked_in_at: null }] };
  const way = steps(decision({ kind: "whistle" }), { history: [], whistles: [early, whistle] });
  expect(way.map((step) => [step.name, step.at])).toEqual([
    ["delivered", null], ["signed", unit.seen_at], ["checked_in", unit.checked_in_at], ["reported", null], ["confirmed", null],
  ]);
});

test("what was done without being signed for waits for its confirmation alone", () => {
  const reported = decision({ state: "reported", reported_at: "2026-11-24T02:00:00Z" });
  expect(steps(reported, null).find((step) => step.next)?.name).toBe("confirmed");
  const done = decision({ state: "done", reported_at: "2026-11-24T02:00:00Z", confirmed_at: "2026-11-25T02:00:00Z" });
  expect(steps(done, null).some((step) => step.next)).toBe(false);
});

test("a superseded order waits for nothing", () => {
  expect(steps(decision({ state: "superseded" }), null).some((step) => step.next)).toBe(false);
});
