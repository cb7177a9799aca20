/** What the console's views hold: kinds of rows, their ids, and what stands beside the rows. */

import type { Change } from "./frames";

interface Ids {
  item_id?: string;
  escalation_id?: string;
  whistle_id?: string;
  ticket_id?: string;
  id?: string;
}

/** A row's id as the stream names it: that of the narrowest thing, for a whistle also tells its ticket. */
export function usualId(row: object): string {
  const { item_id, escalation_id, whistle_id, ticket_id, id } = row as Ids;
  return String(item_id ?? escalation_id ?? whistle_id ?? ticket_id ?? id);
}

const KINDS: Record<string, string> = { inbox: "ticket", area: "ticket", desk: "ticket", callbacks: "ticket", wall: "escalation" };

/** The kind of change that is a row of this view: tickets mostly, else what the view is called by. */
export function kindOf(view: string): string {
  return KINDS[view] ?? view;
}

/** A list with one row replaced, added at its end, or taken out. */
export function upserted<R extends object>(list: readonly R[], id: string, row: R | null, idOf: (row: R) => string = usualId): R[] {
  const at = list.findIndex((each) => idOf(each) === id);
  if (row === null) return list.filter((_, n) => n !== at);
  return at < 0 ? [...list, row] : list.map((each, n) => (n === at ? row : each));
}

interface Beside {
  whistles?: object[];
  counters?: unknown;
  areas?: Record<string, unknown>;
}

/** What stands beside the rows after a change of another kind: whistles of an inbox, figures of a wall. */
export function beside<X extends object>(extra: X, { kind, id, row }: Change): X {
  const { whistles, areas } = extra as Beside;
  if (kind === "whistle" && whistles) return { ...extra, whistles: upserted(whistles, id, row as object | null) };
  if (kind === "counters") return { ...extra, counters: row };
  if (kind === "area" && areas) return { ...extra, areas: { ...areas, [id]: row } };
  return extra;
}
