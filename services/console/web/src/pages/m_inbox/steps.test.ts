import { expect, test } from "vitest";

import type { Entry } from "@/work/boxes";
import type { InboxRow } from "@/work/types";
import { actionOf, come, done, open, sign } from "./steps";

const one = (status: string, call: Entry["call"] = null): Entry =>
  ({ row: { ticket_id: "t", number: "1", status } as InboxRow, part: call ? "called" : "lead", call, due: 0, dueAt: null, dueKind: null, warned: false });
const on = (entry: Entry, ...did: string[]): string => {
  const found = open(entry, new Set(did));
  return [found.sign && "sign", found.come && "come", found.done && "done"].filter(Boolean).join(" ");
};
const place = { lon: 117, lat: 36.7, datum: "wgs84" as const };

test("each state opens the buttons of its next steps", () => {
  expect(on(one("dispatched"))).toBe("sign");
  expect(on(one("accepted"))).toBe("come");
  expect(on(one("in_progress"))).toBe("come done");
  expect(on(one("callback"))).toBe("");
});

test("what waits in the queue counts as done: the whole way is possible without a network", () => {
  expect(on(one("dispatched"), "accept")).toBe("come");
  expect(on(one("dispatched"), "accept", "contact")).toBe("come done");
  expect(on(one("dispatched"), "accept", "contact", "handle")).toBe("");
});

test("a called department checks in, is there, and is done", () => {
  const called = (state: string): Entry => one("in_progress", { whistle_id: "w", state });
  expect(on(called("seen"))).toBe("come");
  expect(on(called("seen"), "check-in", "arrive")).toBe("done");
  expect(on(called("on_site"))).toBe("done");
  expect(on(called("done"))).toBe("");
  const came = { place, note: "", photos: [] };
  const steps = come(called("seen"), came, "P1", "SZ", () => "here");
  expect(steps.map(({ path, data }) => [path, data])).toEqual([
    ["/v1/whistles/w/check-in", { unit: "SZ", person: "P1" }],
    ["/v1/whistles/w/arrive", { unit: "SZ", point: place }],
  ]);
  expect(come(called("checked_in"), came, "P1", "SZ", () => "here").map(({ path }) => actionOf(path))).toEqual(["arrive"]);
  expect(done(called("on_site"), { data: { note: "n" }, photos: [] }, "SZ")[0]?.data).toEqual({ unit: "SZ", result: "n" });
});

test("a look at one's own ticket says where it was taken", () => {
  const [contact] = come(one("accepted"), { place, note: "x", photos: [] }, "P1", "GT", () => "here");
  expect(contact).toMatchObject({ path: "/v1/tickets/t/contact", data: { result: "site", note: "x\nhere" } });
  expect(sign(one("dispatched"))[0]?.path).toBe("/v1/tickets/t/accept");
});
