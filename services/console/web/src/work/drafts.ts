import type { Typed } from "./forms";

/** What was typed into a form and not sent, for as long as the page lives. */
const kept = new Map<string, Typed>();

/** The draft itself, to be written into. */
export function draftOf(name: string, start: Typed): Typed {
  const found = kept.get(name) ?? { ...start };
  kept.set(name, found);
  return found;
}

export const dropDraft = (name: string): boolean => kept.delete(name);
