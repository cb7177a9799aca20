/** Which tab of an inbox a row lies in, and what comes first: by time left, on the server's clock. */

import type { InboxRow, WhistleRow } from "./types";

export const BOXES = ["sign", "check_in", "working", "near", "late", "returned", "done"] as const;
export type Box = (typeof BOXES)[number];

const WORKING = new Set(["accepted", "in_progress", "on_hold"]);
/** A helper has work from the dispatch on; only the lead signs. */
const HELPING = new Set(["dispatched", ...WORKING]);
const AWAY = new Set(["returned", "arbitration"]);
const OVER = new Set(["handled", "callback", "closed", "declined", "merged", "withdrawn"]);
const TO_COME = new Set(["pending", "seen", "no_show"]);
const CAME = new Set(["checked_in", "on_site"]);
const ENDLESS = Number.POSITIVE_INFINITY;

/** A row and what this unit has to do with it; made once a change, read by every tab. */
export interface Entry {
  row: InboxRow;
  /** `lead`, `called` by a whistle, or `helper`. */
  part: "lead" | "called" | "helper";
  call: { whistle_id: string; state: string } | null;
  /** What this unit must meet first, Unix ms. */
  due: number;
  dueAt: string | null;
  dueKind: string | null;
  warned: boolean;
}

/** What a row means for a unit; `whistles` by id tell until when a called department has to come. */
export function entry(row: InboxRow, unit: string, whistles: ReadonlyMap<string, WhistleRow>): Entry {
  const calls = row.calls.filter((each) => each.unit === unit && each.state !== "excused");
  const call = calls.find((each) => TO_COME.has(each.state)) ?? calls.find((each) => CAME.has(each.state)) ?? calls[0] ?? null;
  const part = row.unit === unit ? "lead" : call ? "called" : "helper";
  const own = part === "lead" ? row.clocks.filter((each) => each.state !== "paused") : [];
  const called = call && TO_COME.has(call.state) ? (whistles.get(call.whistle_id)?.clocks ?? []) : [];
  const comes = called.filter((each) => each.kind === "check_in" && each.unit === unit);
  const clocks = [...own, ...comes].sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
  const first = clocks[0];
  return {
    row,
    part,
    call,
    due: first ? Date.parse(first.due_at) : ENDLESS,
    dueAt: first?.due_at ?? null,
    dueKind: first?.kind ?? null,
    warned: clocks.some((each) => each.state === "near_due" || each.state === "breached"),
  };
}

const open = ({ row, part, call }: Entry): boolean =>
  part === "called" ? call !== null && (TO_COME.has(call.state) || CAME.has(call.state)) : !OVER.has(row.status) && !AWAY.has(row.status);

/** Every tab a row lies in at a time; some lie in two: what is late is also being worked on. */
export function boxesOf(one: Entry, now: number): Box[] {
  const { row, part, call } = one;
  const found: Box[] = [];
  if (part === "lead" && row.status === "dispatched") found.push("sign");
  if (call && TO_COME.has(call.state)) found.push("check_in");
  const working = part === "lead" ? WORKING.has(row.status) : part === "helper" && HELPING.has(row.status);
  if (working || (call && CAME.has(call.state))) found.push("working");
  if (open(one) && one.due !== ENDLESS) {
    if (one.due <= now) found.push("late");
    else if (one.warned) found.push("near");
  }
  if (part === "lead" && AWAY.has(row.status)) found.push("returned");
  if ((part === "lead" && OVER.has(row.status)) || call?.state === "done") found.push("done");
  return found;
}

export type Boxed = Record<Box, Entry[]>;

/** All tabs, each in its order: least time left first, what is over by when it ended. */
export function boxed(entries: Iterable<Entry>, now: number): Boxed {
  const found = Object.fromEntries(BOXES.map((box) => [box, [] as Entry[]])) as Boxed;
  for (const one of entries) for (const box of boxesOf(one, now)) found[box].push(one);
  for (const box of BOXES) found[box].sort(box === "done" ? latest : mostPressing);
  return found;
}

function mostPressing(a: Entry, b: Entry): number {
  return (a.due === b.due ? 0 : a.due - b.due) || compare(a.row.number, b.row.number);
}

function latest(a: Entry, b: Entry): number {
  return compare(b.row.changed_at ?? "", a.row.changed_at ?? "") || compare(a.row.number, b.row.number);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a row is about what somebody looks for: part of the number, the words or the place. */
export function matches(row: InboxRow, words: string, urgency: string): boolean {
  if (urgency && row.urgency !== urgency) return false;
  const wanted = words.trim().toLowerCase();
  if (!wanted) return true;
  return [row.number, row.title, row.text, row.address].some((text) => text?.toLowerCase().includes(wanted));
}
