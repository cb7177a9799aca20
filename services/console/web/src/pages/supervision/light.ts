import type { Decision } from "@/pages/reception/types";

/** How a decision stands, for people who tell it by shape and word as well as by colour. */
export type Light = "late" | "near" | "calm" | "reported" | "done" | "superseded";

const OPEN: readonly string[] = ["open", "reported"];

export function light(decision: Decision, now: number): Light {
  if (decision.state === "done" || decision.state === "superseded") return decision.state;
  const clock = decision.clocks.find((one) => one.state !== "stopped");
  const late = clock !== undefined && Date.parse(clock.due_at) <= now;
  if (late) return "late";
  if (decision.state === "reported") return "reported";
  return clock && Date.parse(clock.near_at) <= now ? "near" : "calm";
}

/** When the running clock of a decision is due; null where none runs. */
export const dueAt = (decision: Decision): string | null =>
  decision.clocks.find((one) => one.state !== "stopped")?.due_at ?? null;

/** The longest overdue first, then by what is due soonest, then what has ended, the newest first. */
export function byUrgency(decisions: readonly Decision[]): Decision[] {
  const open = (one: Decision): number => Number(!OPEN.includes(one.state));
  const due = (one: Decision): number => Date.parse(dueAt(one) ?? "9999-12-31T00:00:00Z");
  return [...decisions].sort(
    (a, b) => open(a) - open(b) || (open(a) ? Date.parse(b.decided_at) - Date.parse(a.decided_at) : due(a) - due(b)),
  );
}

/** Each once, the later answer of two about the same decision. */
export function united(...lists: (readonly Decision[])[]): Decision[] {
  const found = new Map<string, Decision>();
  for (const one of lists.flat()) {
    const known = found.get(one.decision_id);
    if (!known || known.version <= one.version) found.set(one.decision_id, one);
  }
  return [...found.values()];
}
