import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watch } from "vue";

const PC = Date.parse("2026-11-22T09:00:00Z");
const at = (ms: number): string => new Date(PC + ms).toISOString();
let clock: typeof import("./clock");

beforeEach(async () => {
  vi.useFakeTimers({ now: PC });
  vi.resetModules();
  clock = await import("./clock");
});
afterEach(() => vi.useRealTimers());

describe("the server's clock", () => {
  it("may be behind the PC's: the offset is negative and countdowns go by it", () => {
    clock.setServerTime(at(-7_200_000));
    expect(clock.clockOffset()).toBe(-7_200_000);
    vi.advanceTimersByTime(1_500);
    expect(clock.serverNow()).toBe(PC - 7_200_000 + 1_500);
  });

  it("follows the newest answer, earlier or later", () => {
    for (const ms of [5_000, -3_000, 60_000]) {
      clock.setServerTime(at(ms));
      expect(clock.clockOffset()).toBe(ms);
    }
  });

  it("is not set back by a frame that was kept for a while, but forward by a fresh one", () => {
    clock.setServerTime(at(0));
    vi.advanceTimersByTime(60_000);
    clock.hearServerTime(at(-600_000));
    clock.hearServerTime(at(59_000));
    expect(clock.serverNow()).toBe(PC + 60_000);
    clock.hearServerTime(at(60_400));
    expect(clock.serverNow()).toBe(PC + 60_400);
  });

  it("goes by what was known last until the server says more", () => {
    clock.assumeOffset(-7_200_000);
    expect([clock.serverNow(), clock.clockOffset()]).toEqual([PC - 7_200_000, -7_200_000]);
    clock.setServerTime(at(500));
    expect(clock.serverNow()).toBe(PC + 500);
  });

  it("does not mind somebody setting the PC's clock", () => {
    clock.setServerTime(at(0));
    vi.setSystemTime(PC + 3_600_000);
    expect(clock.serverNow()).toBe(PC);
    expect(clock.clockOffset()).toBe(-3_600_000);
  });

  it("mends itself by frames when this machine's clock runs fast", () => {
    clock.setServerTime(at(0));
    for (let second = 1; second <= 3_600; second += 1) {
      vi.advanceTimersByTime(1_000);
      clock.hearServerTime(at(second * 1_000 * (1 - 1e-4) - 120));
    }
    expect(Math.abs(clock.serverNow() - (PC + 3_600_000 * (1 - 1e-4)))).toBeLessThan(300);
  });

  it("knows that the machine slept, and takes no time it cannot read", () => {
    clock.setServerTime(at(0));
    vi.advanceTimersByTime(3_600_000);
    clock.setServerTime("soon");
    expect([clock.serverNow() - PC, clock.slept()]).toEqual([3_600_000, false]);
    vi.setSystemTime(PC + 30_000_000);
    expect(clock.slept()).toBe(true);
    clock.setServerTime(at(30_000_000));
    expect([clock.serverNow() - PC, clock.slept()]).toEqual([30_000_000, false]);
  });

  it("ticks once a second for all that look", () => {
    clock.setServerTime(at(-1_000));
    const seen: number[] = [];
    watch(clock.ticker, (now) => seen.push(now - PC), { flush: "sync", immediate: true });
    vi.advanceTimersByTime(3_000);
    expect(seen).toEqual([-1_000, 0, 1_000, 2_000]);
    expect(vi.getTimerCount()).toBe(1);
  });
});
