/** What tabs and the stream's owner say to each other. */

import type { Frame } from "./frames";

export type LinkState = "live" | "connecting" | "lost";

/** `since`: Unix ms of this machine; while not live, when the stream was last heard. */
export interface Link {
  state: LinkState;
  since: number;
}

export type FromTab =
  | { kind: "want"; id: number; topic: string; since: number }
  | { kind: "drop"; id: number }
  | { kind: "alive" }
  | { kind: "wake" }
  /** Signed in again: go on where the stream ended. */
  | { kind: "resume" }
  /** Signed out by hand: forget everything. */
  | { kind: "end" }
  | { kind: "bye" };

export type ToTab =
  /** `to`: only for that subscription (what it missed before it came). */
  | { kind: "frames"; frames: Frame[]; to?: number }
  | { kind: "reset"; topics: string[] }
  | { kind: "forbidden"; topics: string[] }
  | { kind: "link"; link: Link }
  | { kind: "signed-out" }
  /** The tab slept so long that it was forgotten: say again what you want. */
  | { kind: "again" };

export interface Port {
  post(message: ToTab): void;
}
