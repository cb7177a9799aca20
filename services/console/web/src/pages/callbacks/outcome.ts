import type { Case } from "./answers";

/** What the keys 1 to 4 say. */
export type Outcome = "satisfied" | "unsatisfied" | "unsolved" | "unreached";
export const OUTCOMES: readonly Outcome[] = ["satisfied", "unsatisfied", "unsolved", "unreached"];

export type Pleased = "" | "yes" | "no";

/** Answers that want the resident's words: whoever takes it up again has to know what is wrong. */
export const wantsWords = (outcome: Outcome): boolean => outcome === "unsatisfied" || outcome === "unsolved";

/** The body of `POST …/callbacks`. Nobody can be asked who left no phone: that is said as it is. */
export function answer(of: Case, outcome: Outcome, note = "", pleased: Pleased = ""): Record<string, unknown> {
  const said = note.trim() ? { note: note.trim() } : {};
  const seen = { version: of.version, ...said };
  switch (outcome) {
    case "satisfied":
      return { contacted: true, solved: true, satisfied: true, ...seen };
    case "unsatisfied":
      return { contacted: true, solved: true, satisfied: false, ...seen };
    case "unsolved":
      return { contacted: true, solved: false, ...(pleased ? { satisfied: pleased === "yes" } : {}), ...seen };
    case "unreached":
      return { contacted: false, ...(of.reachable ? {} : { reason: "no_contact_possible" }), ...seen };
  }
}

/** Who was tried a moment ago comes after those who were not; else as the desk has them, longest waiting first. */
export function ordered(cases: readonly Case[], later: ReadonlyMap<string, string>): Case[] {
  const waits = (each: Case): number => Number(later.has(each.number));
  return [...cases].sort((a, b) => waits(a) - waits(b));
}
