/** What the three large buttons mean for a row: for a ticket of one's own, or for a whistle that calls the unit. */

import type { Place } from "@/work/place";
import type { Entry } from "@/work/boxes";
import type { Doing } from "./useQueue";

export type Button = "sign" | "come" | "done";

const OPEN = new Set(["dispatched", "accepted", "in_progress"]);
const WORKED = new Set(["accepted", "in_progress"]);
const TO_COME = new Set(["pending", "seen", "no_show", "declined", "checked_in"]);

/** Which buttons are for this row now; what was done on the way and is not yet known (`did`) counts. */
export function open({ row, part, call }: Entry, did: ReadonlySet<string>): Record<Button, boolean> {
  if (part === "called" && call) {
    const came = did.has("arrive") || call.state === "on_site";
    return { sign: false, come: TO_COME.has(call.state) && !came, done: came && !did.has("done") };
  }
  const signed = did.has("accept") || WORKED.has(row.status);
  const contacted = did.has("contact") || row.status === "in_progress";
  return {
    sign: part === "lead" && row.status === "dispatched" && !signed,
    come: part === "lead" && OPEN.has(row.status) && signed && !did.has("handle"),
    done: part === "lead" && contacted && !did.has("handle"),
  };
}

export interface Came {
  place: Place | null;
  note: string;
  photos: Blob[];
}

export interface Done {
  data: Record<string, unknown>;
  photos: Blob[];
}

const target = ({ row }: Entry): Pick<Doing, "ticket" | "number"> => ({ ticket: row.ticket_id, number: row.number });
const act = (one: Entry, action: string): string => `/v1/tickets/${one.row.ticket_id}/${action}`;
const step = (one: Entry, action: string): string => `/v1/whistles/${one.call?.whistle_id ?? ""}/${action}`;

export const sign = (one: Entry): Doing[] => [{ ...target(one), what: "terms.action.accept", path: act(one, "accept"), data: {} }];

/** Come to the place: for a whistle to check in, then to be there; for an own ticket the first look at it. */
export function come(one: Entry, came: Came, person: string, unit: string, say: (place: Place) => string): Doing[] {
  if (one.part === "called" && one.call) {
    const arrive = { unit, ...(came.place ? { point: came.place } : {}) };
    const steps: Doing[] = [{ ...target(one), what: "terms.step.arrive", path: step(one, "arrive"), data: arrive, photos: came.photos }];
    const first = { ...target(one), what: "terms.step.check-in", path: step(one, "check-in"), data: { unit, person } };
    return one.call.state === "checked_in" ? steps : [first, ...steps];
  }
  const note = [came.note.trim(), came.place ? say(came.place) : ""].filter(Boolean).join("\n");
  const data = { result: "site", ...(note ? { note } : {}) };
  return [{ ...target(one), what: "terms.action.contact", path: act(one, "contact"), data, photos: came.photos }];
}

export function done(one: Entry, given: Done, unit: string): Doing[] {
  if (one.part === "called") {
    const data = { unit, result: String(given.data.note ?? "") };
    return [{ ...target(one), what: "terms.step.done", path: step(one, "done"), data, photos: given.photos }];
  }
  return [{ ...target(one), what: "terms.action.handle", path: act(one, "handle"), data: given.data, photos: given.photos }];
}

/** The action at the end of an item's address. */
export const actionOf = (path: string): string => path.split("/").at(-1) ?? "";
