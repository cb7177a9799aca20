import { beforeEach, expect, test } from "vitest";

import { insert, matching, typed } from "./blocks";
import { counted } from "./counts";
import { emptyDraft, filing, isPhone, maskedPhone, readable, tabTitle } from "./draft";
import { forget, keyOf, KEPT_MS, load, save } from "./keep";
import { Held } from "./held";
import { spanOf } from "./limits";

const NOW = 1_780_000_000_000;
beforeEach(() => localStorage.clear());

test("a filing holds what was said and nothing that was not", () => {
  const draft = { ...emptyDraft(), text: " lift stands still ", phone: "13800004321", anonymous: true, spokenWith: "left over" };
  expect(filing(draft)).toEqual({
    channel: "hotline", kind: "complaint", text: "lift stands still",
    requester: { phone: "13800004321", anonymous: true },
  });
  expect(filing(emptyDraft(), "", "261121480271")).toEqual({ channel: "hotline", kind: "complaint", repeat_of: "261121480271" });
});

test("for somebody else everything about it is sent, and declining says why and where to", () => {
  const draft = { ...emptyDraft(), behalf: true, onBehalfOf: "A", spokenWith: "A", consent: true, declining: true, declineDoor: "court" };
  expect(filing(draft, "in court")).toMatchObject({
    requester: { on_behalf_of: "A", spoken_with: "A", consent: true },
    decline: { reason: "in court", door: "court" },
  });
});

test("parked calls survive, by person, and are gone a day after their last change, whoever looks", () => {
  const mine = { ...emptyDraft(), text: "lift", touchedAt: NOW };
  expect(save(localStorage, "op-1", [mine, emptyDraft()], new Set(), NOW)).toBe(true);
  expect(load(localStorage, "op-1", NOW + 1000)).toEqual([mine]);
  expect(load(localStorage, "op-2", NOW + 1000)).toEqual([]);
  forget(localStorage, NOW + KEPT_MS - 1);
  expect(localStorage.getItem(keyOf("op-1"))).not.toBeNull();
  forget(localStorage, NOW + KEPT_MS);
  expect(localStorage.getItem(keyOf("op-1"))).toBeNull();
});

test("two windows of one person do not overwrite each other's calls", () => {
  const one = { ...emptyDraft(), text: "one", touchedAt: NOW };
  const two = { ...emptyDraft(), text: "two", touchedAt: NOW };
  save(localStorage, "op-1", [one], new Set(), NOW);
  save(localStorage, "op-1", [two], new Set(), NOW);
  save(localStorage, "op-1", [{ ...one, text: "one more", touchedAt: NOW + 5 }], new Set(), NOW);
  save(localStorage, "op-1", [one, two], new Set(), NOW);
  expect(load(localStorage, "op-1", NOW).map((each) => each.text).sort()).toEqual(["one more", "two"]);
  save(localStorage, "op-1", [{ ...emptyDraft(), id: one.id, touchedAt: NOW + 9 }], new Set([two.id]), NOW);
  expect(load(localStorage, "op-1", NOW)).toEqual([]);
});

test("what is no draft any more is nothing, and fields that came later are filled in", () => {
  localStorage.setItem(keyOf("op-1"), "{broken");
  expect(load(localStorage, "op-1", NOW)).toEqual([]);
  localStorage.setItem(keyOf("op-1"), JSON.stringify([{ id: "x", text: "lift", touchedAt: NOW }]));
  expect(load(localStorage, "op-1", NOW)[0]).toMatchObject({ id: "x", text: "lift", channel: "hotline", consent: false });
});

test("a store that refuses stops nobody", () => {
  const refusing = { getItem: () => null, setItem: () => { throw new Error("full"); } } as unknown as Storage;
  expect(save(refusing, "op-1", [{ ...emptyDraft(), text: "lift" }], new Set(), NOW)).toBe(false);
});

test("phones are shown as far as anybody needs to know them", () => {
  expect(maskedPhone("138 0000 4321")).toBe("138****4321");
  expect(maskedPhone("0531-88881234")).toBe("053*****1234");
  expect(maskedPhone("123456")).toBe("****56");
  expect(maskedPhone("")).toBe("");
  expect(isPhone("138 0000 4321")).toBe(true);
  expect(isPhone("12")).toBe(false);
});

test("a number is read out in groups, a tab is called by its first words", () => {
  expect(readable("261121480271")).toBe("2611 2148 0271");
  expect(tabTitle({ ...emptyDraft(), text: "a lift that has been broken" })).toBe("a lift that …");
});

test("a block is found by what follows the two colons and put in their place", () => {
  const blocks = [{ name: "noise", text: "It is loud at night." }, { name: "night", text: "At night." }];
  const text = "Hello ::ni there";
  const at = typed(text, 10);
  expect(at).toEqual({ start: 6, words: "ni" });
  expect(typed(text, 16)).toBeNull();
  expect(matching(blocks, "ni").map((each) => each.name)).toEqual(["night", "noise"]);
  expect(insert(text, at!, 10, blocks[1]!)).toEqual({ text: "Hello At night. there", cursor: 15 });
});

test("counters begin anew with the city's day", () => {
  localStorage.setItem("chuishao.counts.op-1", JSON.stringify({ day: "2026-11-22", filed: 3 }));
  expect(counted(localStorage, "op-1", Date.parse("2026-11-22T15:59:00Z")).filed).toBe(3);
  expect(counted(localStorage, "op-1", Date.parse("2026-11-22T16:00:00Z")).filed).toBe(0);
});

test("what is pointed at does not move: news wait until the pointer has left", () => {
  const seen: string[] = [];
  const held = new Held<string>((shown) => seen.push(shown));
  held.offer("first");
  held.hold(true);
  held.offer("second");
  held.offer("third");
  expect([seen, held.waiting]).toEqual([["first"], true]);
  held.hold(false);
  expect([seen, held.waiting]).toEqual([["first", "third"], false]);
});

test.each([
  ["15m", "minutes", 15], ["24h", "hours", 24], ["7d", "days", 7], ["4wh", "work_hours", 4], ["1wd", "work_days", 1],
  ["10bd", "work_days", 10],
])("the limit %s is said in words", (limit, key, many) => {
  expect(spanOf(limit)).toEqual({ key, many });
});

test("a step without a limit is left out", () => {
  expect([spanOf("none"), spanOf(undefined), spanOf("?")]).toEqual([null, null, null]);
});
