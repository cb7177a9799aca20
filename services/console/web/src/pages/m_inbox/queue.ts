/** What somebody did on the way, in order, kept until the service answered; nothing is sent twice or forgotten. */

import { Problem } from "@/api/http";

export interface Item {
  /** Given by the shelf: the order in which things were done. */
  seq?: number;
  /** `command_id`: the same for every try. */
  id: string;
  ticket: string;
  number: string;
  /** Text key of what was done. */
  what: string;
  path: string;
  data: Record<string, unknown>;
  photos: Blob[];
  /** Ids of photos that are there already. */
  proof: string[];
  state: "waiting" | "sent" | "refused";
  why: string;
  at: number;
}

export interface Shelf {
  /** In the order in which they were put. */
  all(): Promise<Item[]>;
  put(item: Item): Promise<Item>;
  drop(seq: number): Promise<void>;
}

export interface Line {
  photo(file: Blob): Promise<string>;
  act(path: string, body: object): Promise<unknown>;
}

/** How many that arrived are still shown. */
const SHOWN = 5;

/**
 * Send what waits, first done first. A network that is away ends the turn, and the next begins where it ended; a
 * refusal is kept with its reason, and what was done after it is still sent: each is judged by itself.
 * True when nothing waits any more.
 */
export async function flush(shelf: Shelf, line: Line, changed: () => void): Promise<boolean> {
  for (const item of await shelf.all()) {
    if (item.state !== "waiting") continue;
    try {
      await deliver(item, shelf, line);
      item.state = "sent";
      item.why = "";
    } catch (error) {
      if (!(error instanceof Problem) || error.again || error.status === 401) return false;
      item.state = "refused";
      item.why = error.message;
    }
    await shelf.put(item);
    changed();
  }
  await tidy(shelf);
  changed();
  return true;
}

async function deliver(item: Item, shelf: Shelf, line: Line): Promise<void> {
  while (item.photos.length) {
    const [photo] = item.photos;
    if (photo) item.proof.push(await line.photo(photo));
    item.photos = item.photos.slice(1);
    await shelf.put(item);
  }
  const data = item.proof.length ? { ...item.data, proof: item.proof } : item.data;
  await line.act(item.path, { command_id: item.id, data });
}

async function tidy(shelf: Shelf): Promise<void> {
  const sent = (await shelf.all()).filter(({ state }) => state === "sent");
  for (const { seq } of sent.slice(0, -SHOWN)) if (seq !== undefined) await shelf.drop(seq);
}
