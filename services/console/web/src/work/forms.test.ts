import { expect, test } from "vitest";

import { data, inOrder, missing, TICKET_FORMS } from "./forms";

const handle = TICKET_FORMS.handle ?? [];

test("a hand-in needs a photo or the reason why there is none", () => {
  expect(missing(handle, {})).toEqual(["result", "note", "no_proof"]);
  expect(missing(handle, { result: "solved", note: "x", proof: ["a"] })).toEqual([]);
  expect(missing(handle, { result: "solved", note: "x", no_proof: "y" })).toEqual([]);
  expect(missing(handle, { result: "solved", note: "  ", no_proof: "y" })).toEqual(["note"]);
});

test("a refusal says why, an approval need not", () => {
  const form = TICKET_FORMS["approve-hold"] ?? [];
  expect(missing(form, { approved: true })).toEqual([]);
  expect(missing(form, { approved: false })).toEqual(["reason"]);
});

test("what is empty is not sent, nor an excuse beside a photo", () => {
  expect(data({ note: " ", result: "solved", proof: ["a"], no_proof: "late" })).toEqual({ result: "solved", proof: ["a"] });
  expect(data({ proof: [], no_proof: "dark", approved: false })).toEqual({ no_proof: "dark", approved: false });
});

test("the next step comes first; the hand-in once somebody was in touch", () => {
  expect(inOrder(["return", "accept"], false)).toEqual(["accept", "return"]);
  expect(inOrder(["contact", "handle", "hold"], false)).toEqual(["contact", "handle", "hold"]);
  expect(inOrder(["contact", "handle", "hold"], true)).toEqual(["handle", "contact", "hold"]);
});

test("a day of review is the end of its office hours in the city", () => {
  expect(data({ review_at: "2026-12-01" })).toEqual({ review_at: "2026-12-01T18:00:00+08:00" });
});
