import type { Decision, Whistle } from "@/pages/reception/types";

/** What the router tells of a ticket, as far as an order's way is read from it. */
export interface TicketTold {
  history: { event: string; unit: string; at: string; detail: Record<string, unknown> }[];
  whistles: Whistle[];
}

export type StepName = "delivered" | "signed" | "checked_in" | "reported" | "confirmed";

export interface Step {
  name: StepName;
  at: string | null;
  /** What the order waits for now. */
  next: boolean;
}

const WAYS: Readonly<Record<string, readonly StepName[]>> = {
  assign: ["delivered", "signed", "reported", "confirmed"],
  whistle: ["delivered", "signed", "checked_in", "reported", "confirmed"],
  send_upward: ["delivered", "confirmed"],
};
const PLAIN: readonly StepName[] = ["delivered", "reported", "confirmed"];

/** Where an order is on its way, each step with its time; of a ticket that is not known only what the ledger says. */
export function steps(decision: Decision, ticket: TicketTold | null): Step[] {
  const names = WAYS[decision.kind] ?? PLAIN;
  const times = names.map((name) => TIMES[name](decision, ticket));
  // What was left out on the way is not waited for once a later step is done.
  const next = decision.state === "superseded" ? -1 : times.map((at) => at !== null).lastIndexOf(true) + 1;
  return names.map((name, n) => ({ name, at: times[n] ?? null, next: n === next }));
}

type Time = (decision: Decision, ticket: TicketTold | null) => string | null;

const delivered: Time = (decision, ticket) =>
  ticket?.history.find((line) => line.detail.decision_id === decision.decision_id)?.at ?? null;

const signed: Time = (decision, ticket) => {
  const after = (at: string | null | undefined): boolean => !!at && Date.parse(at) >= Date.parse(decision.decided_at);
  const accepted = ticket?.history.find(
    (line) => line.event === "accepted" && line.unit === decision.owner && after(line.at),
  );
  return accepted?.at ?? called(decision, ticket)?.seen_at ?? null;
};

const TIMES: Readonly<Record<StepName, Time>> = {
  delivered,
  signed,
  checked_in: (decision, ticket) => called(decision, ticket)?.checked_in_at ?? null,
  reported: (decision) => decision.reported_at ?? null,
  confirmed: (decision) => (decision.state === "done" ? (decision.confirmed_at ?? null) : null),
};

/** The owner as a whistle calls it: the one the decision names, else the first that was issued after it. */
function called(decision: Decision, ticket: TicketTold | null): Whistle["units"][number] | undefined {
  const whistle = ticket?.whistles.find((one) =>
    decision.whistle_id
      ? one.whistle_id === decision.whistle_id
      : !!one.issued_at && Date.parse(one.issued_at) >= Date.parse(decision.decided_at),
  );
  return whistle?.units.find((one) => one.unit === decision.owner);
}
