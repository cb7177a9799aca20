/** What the desk shows, put together from what the stream tells and what the router knows of each ticket. */

import type { TicketRow } from "@/api/schema/console";

/** A ticket on the topic `desk`: codes and clocks, no words. */
export type DeskRow = TicketRow;

export interface Suggestion {
  choice: number;
  unit: string;
  unit_name: string;
  category: string | null;
  category_name: string | null;
  area: string | null;
  area_name: string | null;
  why: string;
  score: number;
}

interface Named {
  code: string;
  name: string | null;
}

/** A ticket in the router's list of what waits. */
export interface Waiting {
  ticket_id: string;
  number: string;
  version: number;
  title: string | null;
  text: string | null;
  address: string | null;
  confidential: boolean;
  reason: { code: string; words: string };
  receipt: {
    place: { area: string | null; area_name: string | null; score: number; names: string[]; runners_up: Named[]; near_border: boolean };
    category: { code: string | null; name: string | null; score: number; words: string[]; best: Named[] };
    owner: Named | null;
  };
  suggestions: Suggestion[];
}

export interface HistoryLine {
  version: number;
  event: string;
  status: string;
  unit: string;
  round: number;
  actor: string;
  reason: string | null;
  detail: Record<string, unknown>;
  at: string;
}

/** A ticket alone, as the router shows it to the desk. */
export interface DeskTicket {
  ticket_id: string;
  number: string;
  status: string;
  unit: string;
  grid: string | null;
  category: string | null;
  urgency: string;
  round: number;
  version: number;
  channel: string;
  title: string | null;
  text: string | null;
  address: string | null;
  received_at: string;
  history: HistoryLine[];
  receipt_text: string | null;
  merged: string[];
  /** What the person who asks may do with it now. */
  may: string[];
}

export type Tab = "triage" | "returned" | "arbitration";
export const TABS: readonly Tab[] = ["triage", "returned", "arbitration"];

/** The clock that ends first comes first; without a clock by when it was received. */
export function oldestFirst<R extends Pick<DeskRow, "due" | "received_at">>(rows: readonly R[]): R[] {
  const due = (row: R): number => (row.due ? Date.parse(row.due.due_at) : Number.MAX_SAFE_INTEGER);
  const since = (row: R): number => (row.received_at ? Date.parse(row.received_at) : 0);
  return [...rows].sort((a, b) => due(a) - due(b) || since(a) - since(b));
}

export interface Side {
  unit: string;
  at: string;
  by: string;
  code: string;
  words: string;
  /** Whose it is as they say. */
  suggested: string | null;
}

/** Each unit that gave the ticket back in this round, with its reason in its own words, oldest first. */
export function sides(ticket: Pick<DeskTicket, "history" | "round">): Side[] {
  const found = new Map<string, Side>();
  let holder = "";
  for (const line of ticket.history) {
    if (line.event === "dispatched") holder = line.unit;
    if (line.event !== "returned" || line.round !== ticket.round || line.unit !== holder) continue;
    found.set(line.unit, {
      unit: line.unit,
      at: line.at,
      by: line.actor,
      code: String(line.detail.reason_code ?? ""),
      words: line.reason ?? "",
      suggested: typeof line.detail.suggested === "string" ? line.detail.suggested : null,
    });
  }
  return [...found.values()];
}

/** What intake knows of who else spoke of the same matter. */
export interface Kin {
  number: string;
  /** The earlier matter that this one is about, as whoever filed it heard. */
  repeat_of?: string;
  /** Later ones that were filed as about this one. */
  repeats?: string[];
}

/** What is being written about a ticket, one part for each form. */
export interface Drafts {
  choose: { unit: string; category: string; area: string; reason: string };
  decline: { reason_code: string; door: string; reason: string };
  merge: { number: string; into: string; reason: string };
}

export const emptyDrafts = (row: Pick<DeskRow, "category" | "area">): Drafts => ({
  choose: { unit: "", category: row.category ?? "", area: row.area, reason: "" },
  decline: { reason_code: "", door: "", reason: "" },
  merge: { number: "", into: "", reason: "" },
});

/** What keeps the router from deciding, as parts a person can supply. */
export function lacking(waiting: Pick<Waiting, "receipt" | "reason">): ("place" | "category" | "owner")[] {
  const { place, category, owner } = waiting.receipt;
  const found: ("place" | "category" | "owner")[] = [];
  if (!place.area || place.near_border || ["place_unknown", "place_unsure", "near_border"].includes(waiting.reason.code)) found.push("place");
  if (!category.code || ["category_unknown", "category_unsure"].includes(waiting.reason.code)) found.push("category");
  if (!found.length && (!owner || waiting.reason.code === "no_owner")) found.push("owner");
  return found;
}
