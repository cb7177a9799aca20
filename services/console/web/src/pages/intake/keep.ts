import { emptyDraft, isBlank, type Draft } from "./draft";

/**
 * Parked calls in this browser, by person. They hold residents' names and phones, so nothing stays longer than a day
 * after it was last touched, whoever opens the console next: each look removes what is over, of everybody.
 */
export const KEPT_MS = 24 * 3_600_000;
const PREFIX = "chuishao.drafts.";
/** Calls that wait at once; who has more has lost sight of them. */
export const MOST = 8;

export const keyOf = (person: string): string => `${PREFIX}${person}`;

function read(text: string | null, now: number): Draft[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(found)) return [];
    return (found as Partial<Draft>[])
      .map((each) => ({ ...emptyDraft(), ...each }))
      .filter((each) => now - each.touchedAt < KEPT_MS)
      .slice(-MOST);
  } catch {
    return [];
  }
}

/** What this person left behind, oldest first. */
export function load(store: Storage, person: string, now: number): Draft[] {
  return read(store.getItem(keyOf(person)), now);
}

function write(store: Storage, person: string, drafts: readonly Draft[]): boolean {
  const worth = drafts.filter((each) => !isBlank(each));
  try {
    if (worth.length) store.setItem(keyOf(person), JSON.stringify(worth));
    else store.removeItem(keyOf(person));
    return true;
  } catch {
    return false;
  }
}

/**
 * Keep what holds anything, beside what the same person writes in another window: of one call the newer words stay.
 * `gone` were closed here. A store that is full or refuses keeps nothing and stops nobody: false.
 */
export function save(store: Storage, person: string, drafts: readonly Draft[], gone: ReadonlySet<string>, now: number): boolean {
  const kept = load(store, person, now).filter((each) => !gone.has(each.id));
  const newer = new Map(kept.map((each) => [each.id, each]));
  for (const mine of drafts) {
    const other = newer.get(mine.id);
    if (!other || other.touchedAt <= mine.touchedAt) newer.set(mine.id, mine);
  }
  return write(store, person, [...newer.values()]);
}

/** Remove of everybody what is over. */
export function forget(store: Storage, now: number): void {
  const names = Array.from({ length: store.length }, (_, at) => store.key(at) ?? "");
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const left = read(store.getItem(name), now);
    write(store, name.slice(PREFIX.length), left);
  }
}
