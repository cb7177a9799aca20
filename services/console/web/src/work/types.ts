/** What the console's inbox and the router's ticket documents say. What the API leaves open is named here. */

import type { TicketView } from "@/api/schema/router";

export type { CallLine as Call, ClockLine as DueClock, TicketRow as InboxRow, WhistleRow } from "@/api/schema/console";

export interface HistoryLine {
  version: number;
  event: string;
  status: string;
  unit: string;
  round: number;
  actor: string | null;
  reason: string | null;
  detail: Record<string, unknown>;
  at: string;
}

export interface ClockLine {
  kind: string;
  round: number;
  state: string;
  unit: string;
  due_at: string;
  sentence: string;
}

export interface Proof {
  attachment_id: string;
  content_type: string;
  taken_at?: string | null;
  uploaded_by?: string;
}

export interface CalledUnit {
  unit: string;
  required: boolean;
  state: string;
  late: boolean;
  person: string | null;
  due_at: string | null;
  checked_in_at: string | null;
  arrived_at: string | null;
  done_at: string | null;
  declined_at: string | null;
  no_show_at: string | null;
  result: string | null;
  reason: string | null;
  proof: string[];
  may?: string[];
}

export interface Whistle {
  whistle_id: string;
  kind: string;
  status: string;
  version: number;
  blower: string;
  office: string | null;
  reason: string;
  text: string;
  place: string | null;
  meet_at: string | null;
  blown_at: string | null;
  issued_at: string | null;
  resolved_at: string | null;
  closed_at: string | null;
  outcome: string | null;
  /** When the whistle as a whole is due, by kind of clock; only what still runs. */
  due: Record<string, string>;
  units: CalledUnit[];
  may?: string[];
}

export interface Pending {
  kind: string;
  by: string;
  at: string;
  reason: string | null;
  reason_code?: string | null;
  review_at?: string | null;
}

export interface NearMiss {
  rule: { category: string | null; area: string | null };
  lead: string;
  why: string;
}

export interface Receipt {
  outcome: string;
  reason: string;
  duty: { near_misses: NearMiss[] } | null;
}

type Open = "pending" | "history" | "held" | "receipt" | "clocks" | "whistles" | "proofs";

/** One ticket with all that was ever done about it (GET /v1/tickets/{id}). */
export interface Ticket extends Omit<TicketView, Open> {
  pending: Pending | null;
  history: HistoryLine[];
  held: { unit: string; round: number; from: string; to: string | null }[];
  receipt: Receipt | null;
  clocks: ClockLine[];
  whistles: Whistle[];
  proofs: Proof[];
  merged: string[];
  merged_into: string | null;
}
