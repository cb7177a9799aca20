import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defineComponent, h, nextTick, ref, shallowRef } from "vue";

import { AGAIN_MS, useAlarmSound, type AlarmSound } from "@/pages/hall/sound";
import type { Escalation } from "@/pages/hall/wall";

const rung = (id: string, state: Escalation["state"] = "raised", level = 3): Escalation => ({
  escalation_id: id, ticket_id: id, number: id, level, state, at: "2026-11-23T02:00:00Z",
  round: 1, clock: "result", reason: "overdue", unit: "U", area: "370105", urgency: "normal", due_at: "", repeat: 0,
});
const param = { value: 0, setValueAtTime: vi.fn(), exponentialRampToValueAtTime: vi.fn() };
const started = vi.fn();
class Silent {
  state = "suspended";
  currentTime = 0;
  destination = {};
  resume = (): Promise<void> => Promise.resolve(void (this.state = "running"));
  close = (): Promise<void> => Promise.resolve();
  createGain = (): object => ({ gain: param, connect: () => undefined });
  createOscillator = (): object => ({ frequency: param, connect: (to: object) => to, start: started, stop: vi.fn() });
}
const NOTES = 4;
const rows = shallowRef<Escalation[]>([]);
const told = ref(false);
let sound: AlarmSound;
let wall: ReturnType<typeof mount>;
const rings = (): number => started.mock.calls.length / NOTES;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", Silent);
  started.mockClear();
  rows.value = [];
  told.value = false;
  wall = mount(defineComponent(() => {
    sound = useAlarmSound(() => rows.value, () => told.value);
    return () => h("div");
  }));
});
afterEach(() => {
  wall.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a wall is silent until it is switched on, and then again until somebody touched it", async () => {
  rows.value = [rung("a")];
  await nextTick();
  expect([sound.state.value, rings()]).toEqual(["off", 0]);
  told.value = true;
  await nextTick();
  expect([sound.state.value, rings()]).toEqual(["waits", 0]);
  dispatchEvent(new Event("keydown"));
  await vi.advanceTimersByTimeAsync(0);
  expect([sound.state.value, rings()]).toEqual(["on", 1]);
});

test("each new high escalation rings, and as long as nobody knows of one it rings again", async () => {
  sound.toggle();
  await vi.advanceTimersByTimeAsync(0);
  rows.value = [rung("low", "raised", 2), rung("known", "acknowledged")];
  await nextTick();
  expect(rings()).toBe(0);
  rows.value = [rung("a")];
  await nextTick();
  expect(rings()).toBe(1);
  rows.value = [rung("a"), rung("low", "raised", 1)];
  await nextTick();
  expect(rings()).toBe(1);
  rows.value = [rung("a"), rung("b", "raised", 5)];
  await nextTick();
  expect(rings()).toBe(2);
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(rings()).toBe(3);
  rows.value = [rung("a", "acknowledged"), rung("b", "acknowledged", 5)];
  await vi.advanceTimersByTimeAsync(3 * AGAIN_MS);
  expect(rings()).toBe(3);
});

test("the last word counts, of the wall or of the tablet", async () => {
  sound.toggle();
  expect(sound.on.value).toBe(true);
  sound.toggle();
  expect(sound.on.value).toBe(false);
  told.value = true;
  await nextTick();
  expect(sound.on.value).toBe(true);
});
