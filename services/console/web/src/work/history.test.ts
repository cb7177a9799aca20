import { expect, it } from "vitest";

import { changesSince, moments } from "./history";
import type { HistoryLine, Ticket } from "./types";

const line = (version: number, event: string, reason: string, unit = "SZ"): HistoryLine =>
  ({ version, event, reason, at: `2026-11-23T02:0${version}:00Z`, actor: "P1", unit, round: 1, detail: { reason } }) as unknown as HistoryLine;

it("says a reason that is a code in words of the glossary, and what somebody wrote as it was written", () => {
  const history = [line(1, "reassigned", "reception_decision"), line(2, "reassigned", "They have to go there.")];
  const [written, decided] = moments({ history, whistles: [] } as unknown as Ticket);
  expect([written?.code, written?.words]).toEqual([null, "They have to go there."]);
  expect([decided?.code, decided?.words]).toEqual(["terms.reason.reception_decision", null]);
});

it("tells a step once, with all the units it was said to", () => {
  const said = { ...line(3, "closed", ""), at: "2026-11-23T02:00:00Z" };
  const history = [said, { ...said, version: 4, unit: "CG" }, line(5, "reopened", ""), line(6, "closed", "")];
  const told = moments({ history, whistles: [] } as unknown as Ticket);
  expect(told.map((one) => [one.what.split(".").at(-1), one.units])).toEqual([
    ["closed", ["SZ"]],
    ["reopened", ["SZ"]],
    ["closed", ["SZ", "CG"]],
  ]);
  expect(changesSince(history, 2, (key, named) => `${key} ${String(named?.what)}`)).toHaveLength(3);
});

it("tells what happened at one moment in the order in which it happened", () => {
  const at = "2026-11-23T02:00:00Z";
  const history = [{ ...line(9, "reassigned", ""), at }, { ...line(10, "dispatched", ""), at }];
  const told = moments({ history, whistles: [] } as unknown as Ticket);
  expect(told.map((one) => one.id)).toEqual(["t10", "t9"]);
});

it("tells how a whistle ended", () => {
  const told = (status: string, more: object): unknown => {
    const whistle = { whistle_id: "w", status, blower: "SQ", office: "JD", outcome: "Why", units: [], blown_at: null, issued_at: null, resolved_at: null, closed_at: null, ...more };
    return moments({ history: [], whistles: [whistle] } as unknown as Ticket).map((one) => [one.what.split(".").at(-1), one.units, one.words]);
  };
  const at = "2026-11-23T02:00:00Z";
  expect(told("issued", {})).toEqual([]);
  expect(told("closed", { resolved_at: at, closed_at: at })).toEqual([["resolved", ["SQ"], "Why"]]);
  expect(told("cancelled", { closed_at: at })).toEqual([["cancelled", ["SQ"], "Why"]]);
  expect(told("refused", { closed_at: at })).toEqual([["refused", ["JD"], "Why"]]);
});
