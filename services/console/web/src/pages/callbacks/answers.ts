import { get, post, query } from "@/api/http";

/** A resident still to be asked, as intake lists it: words masked, no identity. */
export interface Case {
  complaint_id: string;
  number: string;
  title?: string;
  excerpt?: string;
  kind: string;
  channel: string;
  grid_code?: string;
  category?: string;
  /** The ticket under which the work was done. */
  under: string;
  round: number;
  version: number;
  since: string;
  reachable: boolean;
  tries: number;
  last_at?: string;
}

export interface Whole {
  text: string;
  address?: string;
  received_at: string;
  later: { at: string; kind: string; text: string }[];
  callbacks: { at: string; attempt: number; outcome: string; note?: string }[];
}

/** A line of the ticket's history; only what the caller is asked about. */
export interface Line {
  event: string;
  unit: string;
  at: string;
  /** What was said with it, words masked. */
  detail: { note?: string; no_proof?: string };
  round: number;
}

export interface Work {
  unit: string;
  outcome?: string | null;
  history: Line[];
}

export interface Revealed {
  requester?: { name?: string; phone?: string; anonymous?: boolean };
  call?: { name?: string; phone?: string };
  original?: { text?: string; address?: string };
  mark: { code: string; zh: string; en: string };
}

/** A call-back that was recorded, as the desk's list of them tells it. */
export interface Call {
  callback_id: string;
  number: string;
  attempt: number;
  by: string;
  at: string;
  outcome: string;
  satisfied?: boolean;
  note?: string;
  final: boolean;
}

export interface Recorded {
  outcome: string;
  attempt: number;
  final: boolean;
  tries_left?: number;
  next_at?: string;
}

const AT_ONCE = 100;
const path = (number: string): string => `/v1/complaints/${encodeURIComponent(number)}`;

export const due = (signal: AbortSignal): Promise<{ items: Case[]; next: string | null }> =>
  get(`/v1/callbacks${query({ status: "due", limit: AT_ONCE })}`, { signal });
export const done = (cursor: string | null, signal: AbortSignal): Promise<{ items: Call[]; next: string | null }> =>
  get(`/v1/callbacks${query({ status: "done", limit: AT_ONCE, cursor })}`, { signal });
export const whole = (number: string, signal: AbortSignal): Promise<Whole> => get(path(number), { signal });
export const work = (number: string, signal: AbortSignal): Promise<Work> =>
  get(`/v1/tickets/${encodeURIComponent(number)}`, { signal });
export const reveal = (number: string, reason: string): Promise<Revealed> =>
  post(`${path(number)}/reveal`, { reason, purpose: "call_back" });
export const record = (number: string, body: Record<string, unknown>, key: string): Promise<Recorded> =>
  post(`${path(number)}/callbacks`, body, { key });
