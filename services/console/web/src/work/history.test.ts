import { expect, it } from "vitest";

import { moments } from "./history";
import type { HistoryLine, Ticket } from "./types";

const line = (version: number, event: string, reason: string): HistoryLine =>
  ({ version, event, reason, at: "2026-11-23T02:00:00Z", actor: "P1", unit: "SZ", round: 1, detail: { reason } }) as unknown as HistoryLine;

it("says a reason that is a code in words of the glossary, and what somebody wrote as it was written", () => {
  const history = [line(1, "reassigned", "reception_decision"), line(2, "reassigned", "They have to go there.")];
  const [written, decided] = moments({ history, whistles: [] } as unknown as Ticket);
  expect([written?.code, written?.words]).toEqual([null, "They have to go there."]);
  expect([decided?.code, decided?.words]).toEqual(["terms.reason.reception_decision", null]);
});
