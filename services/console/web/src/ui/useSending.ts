import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { newKey, post, Problem, type Sending } from "@/api/http";

export interface Sender {
  busy: Readonly<Ref<boolean>>;
  /** What went wrong last; null while nothing did. */
  error: Readonly<Ref<unknown>>;
  /** POST a body. The key stays as long as the same is sent again and nothing was decided about it. */
  send: <T>(path: string, body: Body, sending?: Sending) => Promise<T | null>;
  clear: () => void;
}

type Body = Record<string, unknown>;

/**
 * One intention of a person on its way: busy while it is under way, its error kept for the form.
 * `commandId` writes the key into the body, as the router's actions take it, else it goes as a header.
 */
export function useSending(commandId = false): Sender {
  const busy = ref(false);
  const error: ShallowRef<unknown> = shallowRef(null);
  let said = "";
  let key = newKey();

  async function send<T>(path: string, body: Body, sending: Sending = {}): Promise<T | null> {
    if (busy.value) return null;
    const now = path + JSON.stringify(body);
    if (now !== said) key = newKey();
    said = now;
    busy.value = true;
    error.value = null;
    try {
      const answer = commandId
        ? await post<T>(path, { ...body, command_id: key }, sending)
        : await post<T>(path, body, { ...sending, key });
      said = "";
      return answer;
    } catch (problem) {
      error.value = problem;
      if (problem instanceof Problem && !problem.again) said = "";
      return null;
    } finally {
      busy.value = false;
    }
  }

  return { busy, error, send, clear: () => (error.value = null) };
}
