import { expect, test } from "vitest";

import { begun, decisionBody, emptyDecision, emptyDraft, hearingBody } from "@/pages/meeting/draft";

const assign = { ...emptyDecision("1"), owner: "CG", text: " repair it " };

test("a decision tells one time at most: a limit, a date, or none for the usual one", () => {
  expect(decisionBody(assign)).toEqual({ kind: "assign", owner: "CG", text: "repair it" });
  expect(decisionBody({ ...assign, limit: "3wd" })).toMatchObject({ limit: "3wd" });
  const dated = decisionBody({ ...assign, limit: "until", date: "2026-12-01" });
  expect(dated).toMatchObject({ due_at: "2026-12-01T18:00:00+08:00" });
  expect(dated).not.toHaveProperty("limit");
});

test("what was done at the table needs no limit, and what is sent upward needs no owner", () => {
  expect(decisionBody({ ...assign, limit: "3wd", done: "done" })).toEqual({ kind: "assign", owner: "CG", text: "repair it", done: "done" });
  expect(decisionBody({ ...assign, kind: "send_upward", limit: "3wd" })).toEqual({ kind: "send_upward", text: "repair it" });
});

test("a date that was not chosen is for the server to refuse, never silently the usual limit", () => {
  expect(decisionBody({ ...assign, limit: "until" })).toHaveProperty("due_at", "");
});

test("an empty note is not sent; a draft that holds words is begun", () => {
  expect(hearingBody(emptyDraft())).toEqual({ form: "report", present: [] });
  expect(hearingBody({ ...emptyDraft(), note: " x " })).toEqual({ form: "report", present: [], note: "x" });
  expect(begun(emptyDraft())).toBe(false);
  expect(begun({ ...emptyDraft(), decisions: [assign] })).toBe(true);
});
