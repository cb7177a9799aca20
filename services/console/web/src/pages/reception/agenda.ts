/** What of an agenda has to be told to the server so that it becomes the one that was arranged. */
export interface Change {
  /** Come to the end, in this order. */
  items: string[];
  /** Leave the agenda first. */
  off: string[];
}

/**
 * The server appends what is scheduled. So the longest beginning of the arrangement that already stands in this
 * order stays; all else that is on the agenda is taken off, and what comes behind that beginning is put on anew.
 */
export function change(current: readonly string[], wanted: readonly string[]): Change {
  const stays = new Set<string>();
  let from = 0;
  for (const id of wanted) {
    const at = current.indexOf(id, from);
    if (at < 0) break;
    stays.add(id);
    from = at + 1;
  }
  return {
    items: wanted.filter((id) => !stays.has(id)),
    off: current.filter((id) => !stays.has(id)),
  };
}

/**
 * An arrangement of `base` carried over to what the agenda is `now`: what others put on stays, what they took off goes,
 * and what was added here stays at the end if it stood there.
 */
export function carried(base: readonly string[], wanted: readonly string[], now: readonly string[]): string[] {
  const mine = wanted.filter((id) => now.includes(id) || !base.includes(id));
  const theirs = now.filter((id) => !base.includes(id) && !wanted.includes(id));
  const added = mine.filter((_, at) => mine.slice(at).every((id) => !base.includes(id)));
  return [...mine.slice(0, mine.length - added.length), ...theirs, ...added];
}

/** The list with one entry moved by `step`; the same list where it cannot move. */
export function moved(list: readonly string[], id: string, step: 1 | -1): string[] {
  const at = list.indexOf(id);
  const to = at + step;
  if (at < 0 || to < 0 || to >= list.length) return [...list];
  const found = [...list];
  found.splice(at, 1);
  found.splice(to, 0, id);
  return found;
}
