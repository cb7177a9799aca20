/** Text blocks: `::` and the beginning of a name puts a ready text where the cursor is. Kept in this browser by person. */
export interface Block {
  name: string;
  text: string;
}

export interface Typed {
  /** Where the `::` begins. */
  start: number;
  words: string;
}

const MOST_WORDS = 12;
const keyOf = (person: string): string => `chuishao.blocks.${person}`;

/** The `::…` the cursor stands in; null when it stands in none. */
export function typed(text: string, cursor: number): Typed | null {
  const before = text.slice(0, cursor);
  const found = /(?:::|\uFF1A\uFF1A)([^\s:\uFF1A]*)$/.exec(before);
  if (!found || (found[1] ?? "").length > MOST_WORDS) return null;
  return { start: found.index, words: found[1] ?? "" };
}

/** Those whose name or text holds the words, names that begin with them first. */
export function matching(blocks: readonly Block[], words: string): Block[] {
  const found = blocks.filter(({ name, text }) => name.includes(words) || text.includes(words));
  return found.sort((a, b) => Number(b.name.startsWith(words)) - Number(a.name.startsWith(words)));
}

/** The text with the block in place of what was typed, and where the cursor goes. */
export function insert(text: string, at: Typed, cursor: number, block: Block): { text: string; cursor: number } {
  return { text: text.slice(0, at.start) + block.text + text.slice(cursor), cursor: at.start + block.text.length };
}

export function loadBlocks(store: Storage, person: string, first: readonly Block[]): Block[] {
  try {
    const found: unknown = JSON.parse(store.getItem(keyOf(person)) ?? "null");
    if (Array.isArray(found)) return found as Block[];
  } catch {
    // What cannot be read is as if nothing had been kept.
  }
  return [...first];
}

export function saveBlocks(store: Storage, person: string, blocks: readonly Block[]): void {
  try {
    store.setItem(keyOf(person), JSON.stringify(blocks));
  } catch {
    // They last for as long as the page then.
  }
}
