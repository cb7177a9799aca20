import { expect, test } from "vitest";

import { offered } from "@/pages/supervision/useAct";
import type { Decision } from "@/pages/reception/types";

const decision = (fields: Partial<Decision>): Decision => ({
  decision_id: "d", session_id: "s", item_id: "i", ticket_id: "t", number: "1", area: "", org: "JD", kind: "assign",
  owner: "CG", confirmer: "SQ", text: "", state: "open", version: 1, decided_by: "", decided_at: "2026-11-23T02:00:00Z",
  refusals: [], clocks: [], ...fields,
});
const secretary = { secretary: true, desk: false };
const unit = { secretary: false, desk: false };

test("the owner reports, the confirming secretary judges what was reported, others above urge", () => {
  expect(offered(decision({}), ["CG"], unit)).toEqual(["report"]);
  expect(offered(decision({}), ["JD"], secretary)).toEqual(["urge"]);
  expect(offered(decision({ state: "reported" }), ["SQ"], secretary)).toEqual(["confirm", "refuse"]);
  expect(offered(decision({ state: "reported" }), ["SQ"], unit)).toEqual([]);
  expect(offered(decision({ state: "done" }), ["CG", "SQ"], secretary)).toEqual([]);
  expect(offered(decision({ kind: "send_upward" }), ["CG"], unit)).toEqual([]);
});
