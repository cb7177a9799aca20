import { reactive, ref, type Ref } from "vue";

import { Problem } from "@/api/http";
import { act, intent, type Intent } from "@/work/commands";
import { noteSent } from "@/work/sent";

interface Line {
  ticket_id: string;
  number: string;
  version: number;
}

export interface Result extends Line {
  state: "waiting" | "done" | "refused";
  why: string;
  meant: Intent;
}

export interface Bulk {
  results: Result[];
  busy: Ref<boolean>;
  sign: (rows: readonly Line[]) => Promise<void>;
  /** Once more what got no answer, under the same ids. */
  again: () => Promise<void>;
  clear: () => void;
}

const AT_ONCE = 4;

/** Sign for many tickets: each by itself, a few at once, each with its own answer. */
export function useBulk(): Bulk {
  const results = reactive<Result[]>([]);
  const busy = ref(false);

  async function sign(rows: readonly Line[]): Promise<void> {
    const fresh = rows.map(({ ticket_id, number, version }) => {
      return { ticket_id, number, version, state: "waiting" as const, why: "", meant: intent(version) };
    });
    results.splice(0, results.length, ...fresh);
    await again();
  }

  async function again(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    const waiting = results.filter(({ state }) => state === "waiting");
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) await single(one);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    busy.value = false;
  }

  async function single(one: Result): Promise<void> {
    try {
      const { version } = await act(one.ticket_id, "accept", {}, one.meant);
      noteSent(one.ticket_id, version);
      one.state = "done";
      one.why = "";
    } catch (error) {
      one.why = error instanceof Problem ? error.message : "";
      if (error instanceof Problem && !error.again) one.state = "refused";
    }
  }

  return { results, busy, sign, again, clear: () => results.splice(0) };
}
