import { describe, expect, it } from "vitest";

import { en, zh } from "./texts.test-kit";
import { bytes, durables, findings, streamLag, weightOf, type ServiceStanding, type Standing } from "./standing";

const well = (name: string, other: Partial<ServiceStanding> = {}): ServiceStanding => ({
  name, reached: true, ready: true, ms: 3, checks: { database: true, broker: true }, details: {},
  figures: { outbox: 0, dead_letters: 0 }, consumers: {}, ...other,
}); // prettier-ignore
const of = (...services: ServiceStanding[]): Standing => ({ now: "2026-11-22T20:00:00Z", services });
const keys = (standing: Standing): string[] => findings(standing).map(({ key }) => key);

const ILL: readonly [string, Partial<ServiceStanding>][] = [
  ["silent", { reached: false, ready: false, checks: {}, figures: {} }],
  ["database", { checks: { database: false } }],
  ["broker", { checks: { broker: false } }],
  ["directory", { checks: { directory: false } }],
  ["unready", { checks: { model: false } }],
  ["outbox", { figures: { outbox: 12, outbox_age_s: 61 } }],
  ["dead_letters", { figures: { dead_letters: 1 } }],
  ["audit", { details: { audit: { linked: 1, waiting: 9, lag_s: 11 } } }],
  ["rebuilding", { details: { projection: { seq: 9, floor: 0, rebuilding: "rows", untold: 90_000 } } }],
  ["projector", { details: { projection: { seq: 9, floor: 0, rebuilding: "", untold: 1_001 } } }],
  ["stream", { details: { projection: { seq: 900, floor: 0, rebuilding: "", untold: 0 } }, figures: { live_seq: 1 } }],
  ["waiting", { figures: { requests_waiting: 51 } }],
  ["slow", { ms: 1_001 }],
  ["coverage", { figures: { coverage_open: 4 } }],
  ["contacts", { figures: { contacts_stale: 2 } }],
  ["sign_in", { details: { sign_in: { provider: "away" } } }],
];

describe("what of the services' words is to be acted on", () => {
  it("is nothing where all is well, and before the first proof of coverage", () => {
    expect(findings(of(well("intake"), well("router", { figures: { coverage_open: -1 } })))).toEqual([]);
  });

  it.each(ILL)("%s, alone, with words and a remedy in both languages", (key, other) => {
    expect(keys(of(well("router"), well("intake", other)))).toEqual([key]);
    for (const texts of [zh, en]) {
      expect(texts.found[key]).toBeTruthy();
      expect(texts.remedy[key]).toBeTruthy();
    }
  });

  it("has texts for nothing that is never found", () => {
    const named = ILL.map(([key]) => key).sort();
    expect([Object.keys(zh.found).sort(), Object.keys(zh.remedy).sort()]).toEqual([named, named]);
  });

  it("begins with what stands still", () => {
    const ill = of(well("router", { figures: { dead_letters: 3 } }), well("intake", { reached: false, checks: {} }));
    expect(keys(ill)).toEqual(["silent", "dead_letters"]);
    expect(weightOf(findings(ill), "router")).toBe("care");
    expect(weightOf(findings(ill), "console")).toBe("well");
  });
});

it("counts frames that are made and not handed out, never below none", () => {
  const projection = { seq: 10, floor: 0, rebuilding: "", untold: 0 };
  expect(streamLag(well("console", { details: { projection }, figures: { live_seq: 7 } }))).toBe(3);
  expect(streamLag(well("console", { details: { projection }, figures: { live_seq: 11 } }))).toBe(0);
  expect(streamLag(well("console", { details: { projection }, figures: {} }))).toBe(0);
});

it("lists durables, those that buried something first", () => {
  const rows = durables(of(well("a", { consumers: { one: { applied: 2 } } }), well("b", { consumers: { two: { buried: 1 } } })));
  expect(rows.map(({ name, applied, buried }) => [name, applied, buried])).toEqual([["two", 0, 1], ["one", 2, 0]]);
});

it("says sizes as people do", () => {
  expect([bytes(97_517_568), bytes(1_288_490_188)]).toEqual(["93 MB", "1.2 GB"]);
});
