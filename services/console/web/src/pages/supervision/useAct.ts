import { computed, ref, type ComputedRef, type Ref } from "vue";

import type { Decision } from "@/pages/reception/types";
import { has, session } from "@/session/session";
import { useKept } from "@/ui/useKept";
import { useSending, type Sender } from "@/ui/useSending";

/** What may be done about a decision: its owner reports, its confirmer judges, who stands above urges. */
export type Act = "confirm" | "refuse" | "report" | "urge";

export interface Acting {
  /** What this person is offered; the server has the last word. */
  may: ComputedRef<Act[]>;
  words: Ref<string>;
  started: Ref<Act | null>;
  sender: Sender;
  start: (act: Act) => void;
  /** Tells whether it was taken. */
  send: () => Promise<boolean>;
}

export function offered(decision: Decision, units: readonly string[], roles: { secretary: boolean; desk: boolean }): Act[] {
  const found: Act[] = [];
  if (decision.state === "reported" && roles.secretary && units.includes(decision.confirmer)) found.push("confirm", "refuse");
  if (decision.state === "open" && decision.kind !== "send_upward" && units.includes(decision.owner)) found.push("report");
  if (decision.state === "open" && !units.includes(decision.owner) && (roles.secretary || roles.desk)) found.push("urge");
  return found;
}

export function useAct(decision: () => Decision, done: () => void): Acting {
  const started = ref<Act | null>(null);
  const words = useKept(() => `decision.${decision().decision_id}`, () => "");
  const urging = useSending(true);
  const keeping = useSending();
  const may = computed(() => {
    const units = (session.value?.person_units ?? []).map((one) => one.unit);
    return offered(decision(), units, { secretary: has("secretary"), desk: has("dispatcher", "admin") });
  });
  const sender: Sender = {
    busy: computed(() => urging.busy.value || keeping.busy.value),
    error: computed(() => urging.error.value ?? keeping.error.value),
    send: keeping.send,
    clear: () => {
      urging.clear();
      keeping.clear();
    },
  };

  function start(act: Act): void {
    sender.clear();
    started.value = act;
  }

  async function send(): Promise<boolean> {
    const one = decision();
    const text = words.value.trim();
    const path = `/v1/reception/decisions/${one.decision_id}`;
    const version = one.version;
    const answers: Record<Act, () => Promise<unknown>> = {
      confirm: () => keeping.send(`${path}/confirm`, { version }),
      refuse: () => keeping.send(`${path}/refuse`, { version, reason: text }),
      report: () => keeping.send(`${path}/done`, { version, text }),
      urge: () => urging.send(`/v1/tickets/${one.ticket_id}/urge`, { data: text ? { note: text } : {} }),
    };
    if (!started.value) return false;
    if ((await answers[started.value]()) === null) {
      if (sender.error.value) done(); // so that a second try is about what is there now
      return false;
    }
    words.value = "";
    started.value = null;
    done();
    return true;
  }

  return { may, words, started, sender, start, send };
}
