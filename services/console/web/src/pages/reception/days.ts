import type { Proposed, SessionLine } from "@/pages/reception/types";

/** A day on the strip: one that is set up, or one the office's rhythm proposes. */
export type Day = { id: string; starts_at: string; kind: string; place: string | null; cap: number } & (
  | { proposed: true }
  | { proposed: false; session: SessionLine }
);

/** Both in order of time; a proposal for the hour of a session was left out by the server already. */
export function days(sessions: readonly SessionLine[], proposed: readonly Proposed[]): Day[] {
  const all: Day[] = [
    ...sessions.map((session): Day => ({ id: session.session_id, ...session, proposed: false, session })),
    ...proposed.map((day): Day => ({ id: `proposed ${day.starts_at}`, ...day, proposed: true })),
  ];
  return all.sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
}

/** The day to show first: the one that is being held, else the next that is set up, else none. */
export function firstDay(all: readonly Day[]): string | null {
  const held = all.filter((day) => !day.proposed);
  const of = (state: string): Day | undefined => held.find((day) => !day.proposed && day.session.state === state);
  return (of("open") ?? of("planned") ?? held.at(-1))?.id ?? null;
}
