/** Which fields each action takes and needs (services/router/ticket/wanting.py judges; this only asks). */

export type FieldKind = "choice" | "words" | "line" | "units" | "categories" | "areas" | "photos" | "day" | "yesno" | "place";

export interface Field {
  name: string;
  as: FieldKind;
  needed?: boolean;
  /** Of a choice: the part of the glossary its codes are from. */
  terms?: string;
}

const reason: Field = { name: "reason", as: "words", needed: true };
const maybeReason: Field = { name: "reason", as: "words" };
const unit: Field = { name: "unit", as: "units", needed: true };
const photos: Field = { name: "proof", as: "photos" };
const approved: Field = { name: "approved", as: "yesno", needed: true };
const coded = (terms: string): Field => ({ name: "reason_code", as: "choice", terms, needed: true });
const result = (terms: string): Field => ({ name: "result", as: "choice", terms, needed: true });

/** By action on a ticket; none: it is done at once, without a question. */
export const TICKET_FORMS: Readonly<Record<string, readonly Field[]>> = {
  accept: [],
  contact: [result("contact_result"), { name: "note", as: "words" }],
  return: [coded("return_reason"), unit, { name: "note", as: "words" }],
  handle: [result("handle_result"), { name: "note", as: "words", needed: true }, photos, { name: "no_proof", as: "line" }],
  hold: [coded("hold_reason"), reason, { name: "review_at", as: "day", needed: true }, photos],
  extend: [reason],
  "approve-hold": [approved, maybeReason],
  "approve-extension": [approved, maybeReason],
  resume: [maybeReason],
  reject: [reason],
  urge: [maybeReason],
  supervise: [maybeReason],
  assist: [unit, maybeReason],
  dispatch: [unit, { name: "category", as: "categories" }, maybeReason],
  reassign: [unit, maybeReason],
  rule: [unit, reason],
  recategorise: [{ name: "category", as: "categories", needed: true }, reason],
  "set-urgency": [{ name: "urgency", as: "choice", terms: "urgency", needed: true }, reason],
  decline: [coded("decline_reason"), reason, { name: "door", as: "line", needed: true }],
  merge: [{ name: "into", as: "line", needed: true }, maybeReason],
  unmerge: [maybeReason],
};

/** By step of a whistle; `excuse` is sent as `cancel` for one department. */
export const WHISTLE_FORMS: Readonly<Record<string, readonly Field[]>> = {
  issue: [],
  refuse: [reason],
  seen: [],
  "check-in": [{ name: "person", as: "line", needed: true }],
  arrive: [{ name: "point", as: "place" }, photos],
  done: [{ name: "result", as: "words", needed: true }, photos],
  decline: [reason],
  excuse: [reason],
  resolve: [{ name: "result", as: "words", needed: true }],
  cancel: [reason],
};

/** What stands first where several things may be done: the next step of a life, then help, then the rare. */
const ORDER = [
  "accept", "contact", "handle", "check-in", "arrive", "done", "issue", "dispatch", "rule", "approve-hold",
  "approve-extension", "resume", "resolve", "whistle", "urge", "supervise", "assist", "extend", "hold", "reassign",
  "recategorise", "set-urgency", "merge", "unmerge", "reject", "refuse", "return", "decline", "cancel",
]; // prettier-ignore

/** The same, most wanted first; first contact yields to the hand-in once somebody was in touch. */
export function inOrder(may: readonly string[], contacted: boolean): string[] {
  const rank = (name: string): number => (contacted && name === "contact" ? 7.5 : ORDER.indexOf(name));
  return may.filter((name) => ORDER.includes(name)).sort((a, b) => rank(a) - rank(b));
}

export type Typed = Record<string, unknown>;

const empty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "string" && !value.trim()) || (Array.isArray(value) && !value.length);

/** Names of what is still missing; the service says the same, later and in more words. */
export function missing(fields: readonly Field[], typed: Typed): string[] {
  const found = fields.filter(({ name, needed }) => needed && empty(typed[name])).map(({ name }) => name);
  if (fields.some(({ name }) => name === "no_proof") && empty(typed.proof) && empty(typed.no_proof)) found.push("no_proof");
  if (typed.approved === false && empty(typed.reason)) found.push("reason");
  return found;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** A day is chosen, a time is sent: the end of its office hours in the city. */
const END_OF_WORK = "T18:00:00+08:00";

/** What is sent of what was typed: nothing that is empty, no excuse beside a photo. */
export function data(typed: Typed): Typed {
  const found = Object.fromEntries(Object.entries(typed).filter(([, value]) => !empty(value)));
  if (found.proof) delete found.no_proof;
  if (typeof found.review_at === "string" && DAY.test(found.review_at)) found.review_at += END_OF_WORK;
  return found;
}
