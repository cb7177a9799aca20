/** What the console's inbox and the router's ticket documents say; fields we do not show are left out. */

export interface DueClock {
  kind: string;
  due_at: string;
  state: string;
  /** Of a whistle's clock: the called department it runs for. */
  unit?: string;
}

export interface Call {
  whistle_id: string;
  unit: string;
  state: string;
  required?: boolean;
  late?: boolean;
}

/** A ticket as a list shows it (GET /api/v1/inbox, /api/v1/area). */
export interface InboxRow {
  ticket_id: string;
  number: string;
  status: string;
  unit: string | null;
  coordinator?: string | null;
  assists: string[];
  calls: Call[];
  area: string;
  category: string | null;
  urgency: string;
  kind: string | null;
  channel: string | null;
  round: number;
  version: number;
  level: number;
  confidential: boolean;
  received_at: string | null;
  dispatched_at: string | null;
  due: { kind: string; due_at: string } | null;
  clocks: DueClock[];
  reason_code: string | null;
  result: string | null;
  asked?: string | null;
  queue: { org: string; level: string; state: string } | null;
  changed_at: string;
  title?: string | null;
  text?: string | null;
  address?: string | null;
}

/** A whistle as a list shows it, kind `whistle` of the same topic. */
export interface WhistleRow {
  whistle_id: string;
  ticket_id: string | null;
  status: string;
  clocks: DueClock[];
}

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
  outcome: string | null;
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

/** One ticket with all that was ever done about it (GET /v1/tickets/{id}). */
export interface Ticket {
  ticket_id: string;
  number: string;
  status: string;
  unit: string;
  post: string | null;
  coordinator: string | null;
  assists: string[];
  grid: string | null;
  category: string | null;
  urgency: string;
  round: number;
  version: number;
  escalation_level: number;
  pending: Pending | null;
  outcome: string | null;
  channel: string;
  kind: string;
  title: string | null;
  address: string | null;
  text: string | null;
  attachments: string[];
  received_at: string;
  due: Record<string, string>;
  issue_id: string | null;
  history: HistoryLine[];
  held: { unit: string; round: number; from: string; to: string | null }[];
  receipt: Receipt | null;
  receipt_text: string | null;
  clocks: ClockLine[];
  whistles: Whistle[];
  proofs: Proof[];
  merged: string[];
  merged_into: string | null;
  /** What the asker may do now; `whistle`: blow one. */
  may: string[];
}
