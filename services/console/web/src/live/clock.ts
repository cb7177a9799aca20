/**
 * The server's clock. Countdowns never use the PC's: it may be wrong by hours, either way, and be set while we run.
 * Between two samples the time goes on by the monotonic clock.
 */

import { customRef, type Ref } from "vue";

/** How far a monotonic clock may run off: the held time yields by so much, so that frames can always mend it. */
const DRIFT = 2e-4;
const SLEEP_MS = 30_000;

let heldServer = Date.now();
let heldAt = performance.now();
let known = false;
let assumed = 0;
let askedAt = heldAt;
let askedAtWall = heldServer;
let shown = heldServer;

function estimate(drift: number): number {
  return heldServer + (performance.now() - heldAt) * (1 - drift);
}

function hold(server: number): void {
  heldServer = server;
  heldAt = performance.now();
  known = true;
  shown = server;
}

function ms(now: string | number): number {
  return typeof now === "number" ? now : Date.parse(now);
}

/** A fresh answer of the server (snapshot): the newest wins. */
export function setServerTime(now: string | number): void {
  const server = ms(now);
  if (!Number.isFinite(server)) return;
  hold(server);
  askedAt = performance.now();
  askedAtWall = Date.now();
}

/** A frame's time: it may have been kept for a while, so it can only say that it is later than we thought. */
export function hearServerTime(now: string | number): void {
  const server = ms(now);
  if (Number.isFinite(server) && (!known || server > estimate(DRIFT))) hold(server);
}

/**
 * True when this machine slept: its clock went on, the monotonic one did not. Frames may take long to mend that on a
 * quiet topic, so whoever can ask the server does.
 */
export function slept(): boolean {
  return Math.abs(Date.now() - askedAtWall - (performance.now() - askedAt)) > SLEEP_MS;
}

/** How far off this machine's clock was when the server could be asked last; counts until it can be again. */
export function assumeOffset(ms: number): void {
  assumed = Number.isFinite(ms) ? ms : 0;
}

/** Unix ms by the server's clock. */
export function serverNow(): number {
  return known ? Math.round(estimate(0)) : Date.now() + assumed;
}

/** Ms to add to the PC's clock; negative when the PC is ahead. */
export function clockOffset(): number {
  return serverNow() - Date.now();
}

let timer: ReturnType<typeof setInterval> | undefined;

/** `serverNow()` as a ref, once a second: one timer for all countdowns, from the first look on. */
export const ticker: Readonly<Ref<number>> = customRef((track, trigger) => ({
  get() {
    track();
    if (timer === undefined) {
      shown = serverNow();
      timer = setInterval(() => {
        shown = serverNow();
        trigger();
      }, 1_000);
    }
    return shown;
  },
  set: () => undefined,
}));
