import { timeOfDay, when } from "@/ui/duration";
import type { HistoryLine, Ticket, Whistle } from "./types";

type Say = (key: string, named?: Record<string, unknown>) => string;

interface Step {
  line: HistoryLine;
  units: string[];
}

/** What was said to several units is a line of the history for each of them: here it is one step. */
function steps(history: readonly HistoryLine[]): Step[] {
  const found = new Map<string, Step>();
  for (const line of history) {
    const key = `${line.event} ${line.at}`;
    const step = found.get(key) ?? { line, units: [] };
    if (line.unit !== "_" && !step.units.includes(line.unit)) step.units.push(line.unit);
    found.set(key, step);
  }
  return [...found.values()];
}

/** What was done since a version somebody saw, in words, newest first. */
export function changesSince(history: readonly HistoryLine[], version: number, t: Say): string[] {
  return steps(history.filter((line) => line.version > version))
    .reverse()
    .map(({ line }) => t("work.change", { what: t(`terms.event.ticket.${line.event}`), who: line.actor ?? "", at: timeOfDay(line.at) }));
}

export interface Moment {
  id: string;
  at: string;
  /** Text key of what happened. */
  what: string;
  /** Whose turn it was: the units it was said to, or the one that acted. */
  units: string[];
  actor: string | null;
  /** A code of the glossary that says more, as a text key. */
  code: string | null;
  words: string | null;
  round: number;
  source: "ticket" | "whistle" | "clock";
  photos: string[];
  via: string | null;
}

const WORDS = ["note", "reason", "no_proof", "door"];
const GROUPS: Readonly<Record<string, string>> = {
  returned: "return_reason", hold_asked: "hold_reason", held: "hold_reason", declined: "decline_reason",
  handled: "handle_result", contacted: "contact_result",
}; // prettier-ignore

/** A reason that nobody wrote: a code of the glossary. */
const CODE = /^[a-z_]+$/;

function words(line: HistoryLine): string | null {
  const said = WORDS.map((name) => line.detail[name]).filter((text): text is string => typeof text === "string" && text !== "" && !CODE.test(text));
  const own = line.reason && !said.includes(line.reason) && !CODE.test(line.reason) ? [line.reason] : [];
  return [...own, ...said].join("\n") || null;
}

function code(line: HistoryLine): string | null {
  const group = GROUPS[line.event];
  const named = line.detail.reason_code ?? line.detail.result;
  if (group && typeof named === "string") return `terms.${group}.${named}`;
  return line.reason && CODE.test(line.reason) && ["triaged", "dispatched", "reassigned"].includes(line.event) ? `terms.reason.${line.reason}` : null;
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);

/** Everything that happened, the newest first: what was done to the ticket, and each department's coming. */
export function moments(ticket: Ticket): Moment[] {
  const own = steps(ticket.history).map<Moment>(({ line, units }) => ({
    id: `t${line.version}`,
    at: line.at,
    what: `terms.event.ticket.${line.event}`,
    units,
    actor: line.actor,
    code: code(line),
    words: words(line),
    round: line.round,
    source: "ticket",
    photos: list(line.detail.proof),
    via: typeof line.detail.via === "string" ? line.detail.via : null,
  }));
  return [...own, ...ticket.whistles.flatMap(comings)].sort((a, b) => Number(a.at > b.at) - Number(a.at < b.at)).reverse();
}

const COMINGS = [
  ["checked_in_at", "checked_in"], ["arrived_at", "arrived"], ["done_at", "done"], ["declined_at", "declined"], ["no_show_at", "no_show"],
] as const; // prettier-ignore
/** Ends of a whistle without a result. */
const STOPPED: ReadonlySet<string> = new Set(["refused", "cancelled"]);

function comings(whistle: Whistle): Moment[] {
  const at = (id: string, when: string | null, event: string, more: Partial<Moment>): Moment[] =>
    when ? [{ id: `w${whistle.whistle_id}${id}`, at: when, what: `terms.event.whistle.${event}`, units: [], actor: null, code: null, words: null, round: 0, source: "whistle", photos: [], via: null, ...more }] : [];
  const office = whistle.office ? [whistle.office] : [];
  return [
    ...at("blown", whistle.blown_at, "blown", { units: [whistle.blower], words: whistle.text }),
    ...at("issued", whistle.issued_at, "issued", { units: office }),
    ...at("ended", whistle.resolved_at ?? (STOPPED.has(whistle.status) ? whistle.closed_at : null), STOPPED.has(whistle.status) ? whistle.status : "resolved", {
      units: whistle.status === "refused" ? office : [whistle.blower],
      words: whistle.outcome,
    }),
    ...whistle.units.flatMap((call) =>
      COMINGS.flatMap(([field, event]) =>
        at(`${call.unit}${event}`, call[field], event, {
          units: [call.unit],
          actor: event === "checked_in" ? call.person : null,
          words: event === "done" ? call.result : event === "declined" ? call.reason : null,
          photos: event === "done" ? call.proof : [],
        }),
      ),
    ),
  ];
}

/** Times of one day under one heading. */
export function byDay(all: readonly Moment[]): { day: string; moments: Moment[] }[] {
  const days: { day: string; moments: Moment[] }[] = [];
  for (const one of all) {
    const day = when(one.at).split(" ")[0] ?? "";
    if (days.at(-1)?.day !== day) days.push({ day, moments: [] });
    days.at(-1)?.moments.push(one);
  }
  return days;
}
