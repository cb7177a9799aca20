import { get, post } from "@/api/http";
import type { FiledAnswer, Routing as RoutingDocument } from "@/api/schema/intake";

export type Filed = FiledAnswer;

export interface Matter {
  complaint_id: string;
  number: string;
  received_at: string;
  category?: string;
  grid_code?: string;
  address?: string;
  title?: string;
  excerpt: string;
  status?: string;
  score: number;
  reasons: string[];
}

export interface Routing extends RoutingDocument {
  outcome: string;
}

export interface Shown {
  number: string;
  text: string;
  status?: string;
  unit?: string;
  merged_into?: string;
  later: { at: string; text: string; kind: string }[];
}

interface Listed<T> {
  items: T[];
  reason?: string;
}

export type Question = Record<string, string | number | undefined>;

const DAYS_OF_A_CALLER = 180;

export const askRoutings = (body: Question, signal: AbortSignal): Promise<Listed<Routing>> =>
  post("/v1/suggest", body, { signal });
export const askDuplicates = (body: Question, signal: AbortSignal): Promise<Listed<Matter>> =>
  post("/v1/complaints/duplicates", body, { signal });

/** What came from a phone before, newest first. */
export async function askCaller(phone: string, signal: AbortSignal): Promise<Matter[]> {
  const body = { phone, days: DAYS_OF_A_CALLER, limit: 20 };
  const { items } = await post<Listed<Matter>>("/v1/complaints/duplicates", body, { signal });
  return items
    .filter((each) => each.reasons.includes("same_caller"))
    .sort((a, b) => b.received_at.localeCompare(a.received_at));
}

export const show = (number: string, signal: AbortSignal): Promise<Shown> =>
  get(`/v1/complaints/${encodeURIComponent(number)}`, { signal });
export const fileIt = (body: Record<string, unknown>, key: string): Promise<Filed> => post("/v1/complaints", body, { key });

/** Whether its category and place lead to this unit again: neither a unit above nor the triage desk is reached so. */
export const takeable = (routing: Routing): boolean =>
  routing.reason !== "unit_above" && routing.outcome !== "triage" && Boolean(routing.category) && Boolean(routing.area);

/** States in which nothing more happens by itself: what is said then asks for it to be taken up again. */
const ENDED = new Set(["closed", "declined", "withdrawn"]);
export const ended = (matter: { status?: string }): boolean => ENDED.has(matter.status ?? "");

export interface Pressed {
  number: string;
  /** A complaint of its own was filed, because the old one could not be taken up again. */
  repeat_of?: string;
}

/** The caller asks again: whoever holds it is told, or it is taken up again. */
export function press(matter: Matter, words: string, phone: string, key: string): Promise<Pressed> {
  const path = `/v1/complaints/${encodeURIComponent(matter.number)}`;
  if (!ended(matter)) return post(`${path}/supplement`, { text: words }, { key });
  return post(`${path}/reopen`, { text: words, ...(phone ? { phone } : {}) }, { key });
}
