import { expect, test } from "vitest";

import type { AreaItem } from "@/maps/areas";
import { spots, worthListing } from "@/pages/map/spots";
import type { InboxRow } from "@/work/types";

const NOW = Date.parse("2026-11-22T08:00:00Z");
const area = (code: string, covers: string[] = []): AreaItem => ({ code, covers, parent: null, level: "compound", name: code, geometry: null });
const row = (id: string, where: string, due: string, state = "running", status = "accepted"): InboxRow =>
  ({ ticket_id: id, area: where, status, clocks: [{ kind: "result", due_at: due, state }] }) as unknown as InboxRow;

const LATER = "2026-11-23T08:00:00Z";
const BEFORE = "2026-11-21T08:00:00Z";

test("a matter counts where it is, a building's in its compound; what ended counts nowhere", () => {
  const found = spots([area("C1", ["B1"]), area("C2")], [row("1", "B1", LATER), row("2", "C1", LATER), row("3", "C2", LATER, "running", "closed")], NOW);
  expect(found.map((one) => [one.item.code, one.rows.length])).toEqual([["C1", 2], ["C2", 0]]);
});

test("what is overdue comes first: told so, or past its limit since; a paused clock is not", () => {
  const rows = [row("1", "A", LATER), row("2", "A", BEFORE, "paused"), row("3", "B", BEFORE), row("4", "C", LATER, "breached")];
  const found = spots([area("A"), area("B"), area("C")], rows, NOW);
  expect(found.map((one) => [one.item.code, one.overdue])).toEqual([["B", 1], ["C", 1], ["A", 0]]);
});

test("a larger area is listed only where something is tied to itself", () => {
  const found = spots([area("L"), area("M"), area("s")], [row("1", "L", LATER)], NOW);
  expect(worthListing(found, new Set(["s"])).map((one) => one.item.code)).toEqual(["L", "s"]);
});
