import { when } from "@/ui/duration";
import type { CalledUnit } from "./types";

/** The colour of each state of a called department. */
export const TONES: Readonly<Record<string, string>> = {
  pending: "grey", seen: "grey", checked_in: "blue", on_site: "blue", done: "green", declined: "amber", no_show: "red", excused: "plain",
}; // prettier-ignore

/** When it took the step it stands at. */
export function last(call: CalledUnit): string {
  return when(call.done_at ?? call.arrived_at ?? call.checked_in_at ?? call.declined_at ?? call.no_show_at);
}
