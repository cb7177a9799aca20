import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";

import { post, Problem, remove, signedOut } from "@/api/http";
import type { Colleague, PresenceView } from "@/api/schema/console";
import { unitName } from "@/names";
import type { Ticket } from "./types";

/** How often it is told that a ticket is open here, ms; the server forgets after 45 s. */
export const ALONE_MS = 20_000;
export const TOGETHER_MS = 8_000;
const FORGOTTEN_MS = 45_000;
const TABS = 16;
/** Nothing is left to do that two might do. */
export const OVER: ReadonlySet<Ticket["status"]> = new Set<Ticket["status"]>(["closed", "declined", "merged", "withdrawn"]);

type Opened = Pick<Ticket, "ticket_id" | "status">;

/** Which of one person's tabs this is; two that are the same by chance are taken for one. */
const tab = Math.floor(Math.random() * TABS);

/** Those who have a form open first, else in one order. */
export const inOrder = (people: readonly Colleague[]): Colleague[] =>
  [...people].sort((a, b) => Number(!a.doing) - Number(!b.doing) || a.person.localeCompare(b.person));

/** For whom somebody is here: the unit, or the role of who stands for none. */
export const standing = ({ unit, role }: Colleague, t: (key: string) => string): string => (unit ? unitName(unit) : t(`terms.role.${role}`));

/** What stands in somebody's round picture: how the name of the unit begins. */
export const initial = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? "";

/**
 * Tells while a ticket is open here, and the action whose form is open; answers who else has it open. Nothing is told
 * of a page that nobody looks at unless a form is open in it, nor of a ticket that is over.
 */
export function usePresence(ticket: () => Opened | null, doing: () => string | null): Readonly<ShallowRef<readonly Colleague[]>> {
  const people = shallowRef<readonly Colleague[]>([]);
  /** The ticket that is told of. */
  let current: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let heardAt = 0;
  /** One request after the other: what was said last is what counts. */
  let line: Promise<void> = Promise.resolve();

  function tell(): void {
    clearTimeout(timer);
    line = line.then(say);
  }

  async function say(): Promise<void> {
    const told = current;
    if (!told || (document.visibilityState !== "visible" && !doing())) return;
    try {
      const answer = await post<PresenceView>(address(told), { tab, doing: doing() });
      if (current !== told) return;
      people.value = inOrder(answer.people);
      heardAt = Date.now();
    } catch (problem) {
      if (current !== told) return;
      const refused = problem instanceof Problem && !problem.again;
      if (refused || Date.now() - heardAt > FORGOTTEN_MS) people.value = [];
      if (refused) return;
    }
    clearTimeout(timer);
    timer = setTimeout(tell, people.value.length ? TOGETHER_MS : ALONE_MS);
  }

  function open(next: string | null): void {
    const left = current;
    if (left === next) return;
    clearTimeout(timer);
    people.value = [];
    current = next;
    if (left) line = line.then(() => remove(`${address(left)}?tab=${tab}`).catch(() => undefined));
  }

  const look = (): void => void (document.visibilityState === "visible" && tell());
  watch(
    () => {
      const found = ticket();
      return [found && !OVER.has(found.status) ? found.ticket_id : null, doing()] as const;
    },
    ([next]) => {
      open(next);
      tell();
    },
    { immediate: true },
  );
  watch(signedOut, (out) => !out && tell());
  document.addEventListener("visibilitychange", look);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", look);
    open(null);
  });
  return people;
}

const address = (id: string): string => `/api/v1/tickets/${id}/presence`;
