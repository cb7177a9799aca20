import { computed, ref, shallowRef } from "vue";

import { carried, get, post, Problem, remove, signedOut } from "@/api/http";
import type { Session as SessionDocument } from "@/api/schema/console";
import { endLive } from "@/live/link";
import { forget, recall } from "@/offline/who";
import { language } from "@/texts";

export interface PersonUnit {
  unit: string;
  name: string;
  leading: boolean;
}

/** Who is signed in and what that person may follow; the server decides, the screens only follow. */
export type Session = SessionDocument & { person_units: PersonUnit[]; areas: string[]; topics: string[] };

const current = shallowRef<Session | null>(null);
const asked = ref(false);
/** The session in use is one from before: who it is stands on this phone, whether it still holds the server says. */
const recalled = ref(false);

/** The session in use; null before sign-in. */
export const session = computed(() => current.value);
export const roles = computed(() => new Set(current.value?.roles ?? []));
/** The unit whose matters are shown first; chosen in the top bar by who works for several. */
export const unit = ref("");

/** True when any of these roles is held. */
export const has = (...names: string[]): boolean => names.some((name) => roles.value.has(name));

function use(found: Session | null): void {
  current.value = found;
  carried.csrf = found?.csrf ?? "";
  recalled.value = false;
  signedOut.value = false;
  const units = (found?.person_units ?? []).map((each) => each.unit);
  if (!units.includes(unit.value)) unit.value = units[0] ?? "";
}

/** Ask once who is signed in; false when nobody is. */
export async function resume(): Promise<boolean> {
  if (asked.value) return current.value !== null;
  try {
    use(await get<Session>("/api/v1/session"));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    signedOut.value = false;
    forget();
    use(null);
  }
  asked.value = true;
  return current.value !== null;
}

/** Where the server is away: go on as who was here last; false where that is nobody, or it answered otherwise. */
export function goOn(why: unknown): boolean {
  if (!(why instanceof Problem) || (why.status !== 0 && why.status < 500)) return false;
  if (current.value !== null) return true;
  const found = recall(Date.now());
  if (!found) return false;
  use(found);
  recalled.value = true;
  return true;
}

/** True once the server itself has said who is signed in; what is written before would be refused. */
export async function confirmed(): Promise<boolean> {
  if (!recalled.value) return current.value !== null;
  try {
    use(await get<Session>("/api/v1/session"));
    asked.value = true;
  } catch {
    return false; // 401 opens the sign-in over the page, all else is asked again
  }
  return true;
}

/** Trade a token for a session. Throws Problem. */
export async function signIn(token: string): Promise<void> {
  forget();
  use(await post<Session>("/api/v1/session", { token: token.trim() }));
  asked.value = true;
}

export async function signOut(): Promise<void> {
  endLive();
  forget();
  await remove("/api/v1/session").catch(() => undefined);
  use(null);
}

export { language };
