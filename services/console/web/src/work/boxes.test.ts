import { expect, test } from "vitest";

import { boxed, boxesOf, entry, matches } from "./boxes";
import type { InboxRow, WhistleRow } from "./types";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

function row(more: Partial<InboxRow> = {}): InboxRow {
  return {
    ticket_id: "t1", complaint_id: "c1", number: "261122345678", status: "dispatched", unit: "SZ", coordinator: null, assists: [], calls: [], area: "370105001008001",
    category: "c", urgency: "normal", kind: "complaint", channel: "hotline", round: 1, version: 1, level: 0, confidential: false,
    received_at: at(-60), dispatched_at: at(-59), due: null, clocks: [], reason_code: null, result: null, asked: null, attempts: 0, queue: null, changed_at: at(-59),
    ...more,
  }; // prettier-ignore
}
const call = (state: string): InboxRow["calls"][number] => ({ whistle_id: "w", unit: "SZ", state, required: true, late: false });
const whistle = (clocks: WhistleRow["clocks"]): WhistleRow => ({
  whistle_id: "w", ticket_id: "t1", number: "261122345678", kind: "emergency", status: "issued", version: 2, round: 1,
  blower: "SQ-1", office: null, area: "370105001008001", called: [], clocks, at: at(-9),
}); // prettier-ignore
const none = new Map<string, WhistleRow>();
const boxes = (more: Partial<InboxRow>, unit = "SZ", whistles = none): string[] => boxesOf(entry(row(more), unit, whistles), NOW);

test("each state of a ticket lies where its holder looks for it", () => {
  expect(boxes({})).toEqual(["sign"]);
  expect(boxes({ status: "in_progress" })).toEqual(["working"]);
  expect(boxes({ status: "returned" })).toEqual(["returned"]);
  expect(boxes({ status: "callback" })).toEqual(["done"]);
  expect(boxes({ status: "accepted" }, "GT-1")).toEqual(["working"]);
  expect(boxes({ status: "dispatched" }, "GT-1")).toEqual(["working"]);
  expect(boxes({ status: "closed" }, "GT-1")).toEqual([]);
});

test("what is late or warned of is so by the server's clock, not by what a clock was called last", () => {
  const clock = (due: number, state: string): Partial<InboxRow> => ({ status: "accepted", clocks: [{ kind: "contact", due_at: at(due), state }] });
  expect(boxes(clock(30, "running"))).toEqual(["working"]);
  expect(boxes(clock(30, "near_due"))).toEqual(["working", "near"]);
  expect(boxes(clock(-1, "running"))).toEqual(["working", "late"]);
  expect(boxes({ ...clock(-1, "paused") })).toEqual(["working"]);
  expect(boxes({ ...clock(-1, "breached"), status: "closed" })).toEqual(["done"]);
});

test("a called department has to come until its own check-in clock, whoever holds the ticket", () => {
  const calls = [call("seen")];
  const clocks = [
    { kind: "check_in", due_at: at(20), state: "near_due", unit: "SZ" },
    { kind: "check_in", due_at: at(-5), state: "breached", unit: "WY" },
  ];
  const whistles = new Map([["w", whistle(clocks)]]);
  const called = { unit: "GT-1", status: "in_progress", calls, clocks: [{ kind: "result", due_at: at(-9), state: "breached" }] };
  expect(boxes(called, "SZ", whistles)).toEqual(["check_in", "near"]);
  expect(entry(row(called), "SZ", whistles).dueAt).toBe(at(20));
  expect(boxes({ ...called, calls: [call("on_site")] }, "SZ", whistles)).toEqual(["working"]);
  expect(boxes({ ...called, calls: [call("done")] }, "SZ", whistles)).toEqual(["done"]);
});

test("least time left comes first, without a clock last, and the order of equals is kept", () => {
  const clock = (due: number) => [{ kind: "result", due_at: at(due), state: "running" }];
  const rows = [row({ number: "3" }), row({ number: "2", clocks: clock(50) }), row({ number: "1", clocks: clock(50) }), row({ number: "4", clocks: clock(-50) })];
  const found = boxed(rows.map((each) => entry(each, "SZ", none)), NOW);
  expect(found.sign.map((one) => one.row.number)).toEqual(["4", "1", "2", "3"]);
  expect(found.late.map((one) => one.row.number)).toEqual(["4"]);
});

test("words are looked for in number, words and place", () => {
  const one = row({ title: "A b", address: "East Road 5" });
  expect(matches(one, " east ", "")).toBe(true);
  expect(matches(one, "3456", "")).toBe(true);
  expect(matches(one, "west", "")).toBe(false);
  expect(matches(one, "", "urgent")).toBe(false);
});
