/** Who works on this phone, for when the server cannot be asked. */

import type { Session } from "@/session/session";

const KEPT = "chuishao.who";

/** Without what lets somebody write: that comes from the server alone. */
export function remember(found: Session): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...found, csrf: "" }));
  } catch {
    forget();
  }
}

export const forget = (): void => localStorage.removeItem(KEPT);

/** The person who was here last, as long as that sign-in lasts; `now` in Unix ms. */
export function recall(now: number): Session | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Session | null;
    return found && found.until * 1_000 > now && Array.isArray(found.person_units) ? found : null;
  } catch {
    return null;
  }
}
