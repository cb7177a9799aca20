/** What the notifier answers about secretaries' tables. What its document leaves open is named here. */

import type { DecisionView, ItemView, LegacyView, SessionLine as SessionDocument } from "@/api/schema/notifier";

export interface ScoreParts {
  rule: number;
  days_open: number;
  requesters: number;
  care: number;
}

export interface Entry {
  rule: string;
  round: number;
  at: string;
  by: string;
  reason: string | null;
  withdrawn_at: string | null;
}

export interface Item extends Omit<ItemView, "score_parts" | "unit" | "rules"> {
  score_parts: ScoreParts;
  unit: string;
  category: string | null;
  care: { kind: string; by: string } | null;
  session_id: string | null;
  rules?: Entry[];
}

export interface SessionLine extends SessionDocument {
  place: string;
  state: "planned" | "open" | "closed";
  opened_at?: string;
  closed_at?: string;
  minutes?: string;
  /** How many matters are on its agenda. */
  items: number;
}

export type { ProposedView as Proposed } from "@/api/schema/notifier";

export interface DecisionClock {
  kind: string;
  unit: string;
  state: "running" | "overdue" | "stopped";
  started_at: string;
  near_at: string;
  due_at: string;
  sentence: string;
}

export interface Refusal {
  at: string;
  by: string;
  reason: string;
  report: string | null;
}

export interface Decision extends DecisionView {
  owner: string;
  post?: string;
  confirmer: string;
  whistle_id?: string;
  report?: string;
  reported_by?: string;
  reported_at?: string;
  confirmed_by?: string;
  confirmed_at?: string;
  refusals: Refusal[];
  due_at?: string | null;
  overdue?: boolean;
  clocks: DecisionClock[];
}

export interface AgendaLine extends Item {
  position: number;
  form: string | null;
  note: string | null;
  heard_by: string | null;
  heard_at: string | null;
  /** Decided, carried over or taken off; null while it is open. */
  outcome: string | null;
  reason: string | null;
  /** The state in which it left by itself, without an outcome. */
  left: string | null;
  present: string[];
  decisions: Decision[];
}

export interface Figures {
  items: number;
  heard: number;
  decided: number;
  carried_over: number;
  solved_on_the_spot: number;
  average_days_open: number | null;
}

export interface Meeting extends SessionLine {
  agenda: AgendaLine[];
  figures: Figures;
  names: Record<string, string>;
  now: string;
}

export interface TicketWords {
  unit: string;
  title: string | null;
  text: string | null;
  address: string | null;
  status: string;
  category: string | null;
  urgency: string;
  round: number;
  channel: string;
}

export interface TimelineEntry {
  at: string;
  what: string;
  units: string[];
  actor: string | null;
  reason: string | null;
  rule?: string;
  round: number | null;
}

export interface PostName {
  unit: string;
  role: string;
  /** Who holds it today, where the reader may know that. */
  holder: string | null;
}

export interface CalledUnit {
  unit: string;
  state: string;
  seen_at: string | null;
  checked_in_at: string | null;
  due_at: string | null;
}

export interface Whistle {
  whistle_id: string;
  status: string;
  issued_at: string | null;
  text: string;
  units: CalledUnit[];
}

export interface Dossier {
  made_at: string;
  item: Item & { rules: Entry[]; closed_at: string | null };
  ticket: TicketWords | null;
  holders: { unit: string; from: string; to: string | null; seconds: number; share: number }[];
  clocks: { kind: string; unit: string; due_at: string; state: string; sentence: string }[];
  escalations: { at: string; level: number; reason: string; cleared_at: string | null }[];
  timeline: TimelineEntry[];
  /** The posts in it, by code. */
  posts: Record<string, PostName>;
  whistles: Whistle[];
  callbacks: { at: string; round: number; solved?: boolean; satisfied?: boolean; reason: string | null }[];
  photos: { attachment_id: string; kept_by: string; media_type?: string; file_name?: string }[];
  decisions: Decision[];
  earlier: (Item & { why: string; closed_at: string | null })[];
  receipt: string | null;
  missing: { part: string; why: string }[];
}

export interface Legacy extends Omit<LegacyView, "reviews"> {
  outcome: string | null;
  reviews: { at: string; by: string; plan?: string | null; cause?: string | null; steps?: string | null; explanation?: string | null }[];
}

export interface Listed<T> {
  items: T[];
  next: string | null;
}
