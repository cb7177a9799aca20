import { expect, test } from "vitest";

import type { Case } from "./answers";
import { answer, ordered, OUTCOMES, wantsWords } from "./outcome";

const CASE: Case = {
  complaint_id: "c", number: "261121480271", kind: "complaint", channel: "hotline", under: "261121480271", round: 1,
  version: 7, since: "2026-11-22T01:00:00Z", reachable: true, tries: 0,
};

test("each key says one answer, with the version that was seen", () => {
  expect(OUTCOMES.map((each) => answer(CASE, each))).toEqual([
    { contacted: true, solved: true, satisfied: true, version: 7 },
    { contacted: true, solved: true, satisfied: false, version: 7 },
    { contacted: true, solved: false, version: 7 },
    { contacted: false, version: 7 },
  ]);
});

test("what was not asked is not said, words go along, and who left no phone cannot be reached", () => {
  expect(answer(CASE, "unsolved", " still broken ", "no")).toEqual({
    contacted: true, solved: false, satisfied: false, note: "still broken", version: 7,
  });
  expect(answer({ ...CASE, reachable: false }, "unreached")).toEqual({
    contacted: false, reason: "no_contact_possible", version: 7,
  });
  expect(OUTCOMES.filter(wantsWords)).toEqual(["unsatisfied", "unsolved"]);
});

test("who was just tried comes last, the others keep their order", () => {
  const cases = ["1", "2", "3"].map((number) => ({ ...CASE, number }));
  expect(ordered(cases, new Map([["1", "14:00"]])).map((each) => each.number)).toEqual(["2", "3", "1"]);
});
