import { beforeEach, expect, test } from "vitest";

import type { InboxRow } from "@/work/types";
import { keep, kept } from "./kept";

const rows = [{ ticket_id: "t" }] as InboxRow[];

beforeEach(() => localStorage.clear());

test("a list comes back as it was, for that person and unit alone", () => {
  keep("P1", "GT-1", { at: 5, offset: 0, rows, whistles: [] });
  expect(kept("P1", "GT-1")).toEqual({ at: 5, offset: 0, rows, whistles: [] });
  expect(kept("P1", "GT-2")).toBeNull();
  keep("P2", "GT-1", { at: 6, offset: 0, rows, whistles: [] });
  expect(kept("P1", "GT-1")).toBeNull();
});

test("what is no list is none", () => {
  localStorage.setItem("chuishao.kept.P1.GT-1", "{");
  expect(kept("P1", "GT-1")).toBeNull();
  localStorage.setItem("chuishao.kept.P1.GT-1", "{}");
  expect(kept("P1", "GT-1")).toBeNull();
});
