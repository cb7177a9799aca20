import { ref, type Ref } from "vue";

import { useSending, type Sender } from "@/ui/useSending";

export interface Deed {
  sender: Sender;
  /** What was sent last for this ticket: the list shows it until the stream has told of it. */
  sent: Ref<string>;
  take: (action: string, data: Record<string, unknown>) => Promise<boolean>;
  again: () => Promise<void>;
}

/** An action of the desk on the ticket at hand, with the version the person saw. */
export function useDeed(at: () => { ticket_id: string; version: number } | null, after: () => void): Deed {
  const sender = useSending(true);
  const sent = ref("");
  let last: { action: string; data: Record<string, unknown> } | null = null;

  async function take(action: string, data: Record<string, unknown>): Promise<boolean> {
    const of = at();
    if (!of) return false;
    last = { action, data };
    const answer = await sender.send(`/v1/tickets/${of.ticket_id}/${action}`, { version: of.version, data });
    if (answer !== null) sent.value = of.ticket_id;
    after(); // done, or refused because something changed: what is there now is asked for either way
    return answer !== null;
  }

  async function again(): Promise<void> {
    if (last) await take(last.action, last.data);
  }

  return { sender, sent, take, again };
}
