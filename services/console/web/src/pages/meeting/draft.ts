import { cityTime } from "@/ui/days";

/** A decision while it is being written. */
export interface DraftDecision {
  id: string;
  kind: string;
  owner: string;
  /** A limit as the services write it (`3wd`, `72h`), `until` for a date, empty for the office's usual one. */
  limit: string;
  date: string;
  text: string;
  /** What was done at the table, where it was. */
  done: string;
}

/** What is being written about one matter. */
export interface Draft {
  form: string;
  note: string;
  present: string[];
  decisions: DraftDecision[];
  carry: string;
}

export const KINDS = ["assign", "whistle", "money_or_materials", "deliberate", "explain", "send_upward"] as const;
export const FORMS = ["report", "site_visit", "forum"] as const;
export const LIMITS = ["", "24h", "3wd", "5wd", "10wd", "until"] as const;
const END_OF_DAY = "18:00";

export const emptyDraft = (): Draft => ({ form: "report", note: "", present: [], decisions: [], carry: "" });

export const emptyDecision = (id: string): DraftDecision => ({
  id, kind: "assign", owner: "", limit: "", date: "", text: "", done: "",
});

export const upward = (draft: DraftDecision): boolean => draft.kind === "send_upward";

/** Something was typed or chosen that would be a pity to lose. */
export const begun = (draft: Draft): boolean =>
  draft.note.trim() !== "" || draft.present.length > 0 || draft.carry.trim() !== "" || draft.decisions.length > 0;

/** A decision as the server takes it; what does not belong to its kind is left out. */
export function decisionBody(draft: DraftDecision): Record<string, unknown> {
  const body: Record<string, unknown> = { kind: draft.kind, text: draft.text.trim() };
  if (upward(draft)) return body;
  if (draft.owner) body.owner = draft.owner;
  if (draft.done.trim()) body.done = draft.done.trim();
  else if (draft.limit === "until") body.due_at = draft.date ? cityTime(draft.date, END_OF_DAY) : "";
  else if (draft.limit) body.limit = draft.limit;
  return body;
}

/** How it was heard, as the server takes it. */
export function hearingBody(draft: Draft): Record<string, unknown> {
  const note = draft.note.trim();
  return { form: draft.form, present: draft.present, ...(note ? { note } : {}) };
}
