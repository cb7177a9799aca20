import { shallowReactive } from "vue";

/** Tickets somebody acted on here, with the version it led to: "sent" until the list has heard of it. */
const waiting = shallowReactive(new Map<string, number>());

export function noteSent(ticket: string, version: number): void {
  waiting.set(ticket, version);
}

/** Whether what was sent is not yet in a row of this version. */
export function isSent(ticket: string, version: number): boolean {
  return version < (waiting.get(ticket) ?? 0);
}

/** Forget what has come. */
export function settle(rows: Iterable<{ ticket_id: string; version: number }>): void {
  if (!waiting.size) return;
  for (const { ticket_id, version } of rows) if ((waiting.get(ticket_id) ?? Infinity) <= version) waiting.delete(ticket_id);
}
