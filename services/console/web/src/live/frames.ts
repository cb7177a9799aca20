/** The live protocol without any I/O: text of a stream to frames, and whether a frame continues what a reader has. */

/** One upsert: the whole row, or null when it left the topic. `said` names the events that led to it. */
export interface Change<R = unknown> {
  kind: string;
  id: string;
  row: R | null;
  said?: string[];
}

/**
 * A batch of one chain. `topic` is the chain's name: the topic, and after "!" those it is kept from (complaints against
 * them); `prev` is the `seq` of that chain's previous frame (0: there is none).
 */
export interface Frame<R = unknown> {
  topic: string;
  prev: number;
  seq: number;
  now: string;
  events: Change<R>[];
}

/** The topic somebody followed to get this frame. */
export function topicOf(frame: Pick<Frame, "topic">): string {
  return frame.topic.split("!", 1)[0]!;
}

/** What a stream tells: a frame, or that everything before `seq` must be fetched anew. */
export type Told = { kind: "frame"; frame: Frame } | { kind: "reset"; seq: number };

const LINE_END = /\r\n|\n|\r/;

/** Reads server-sent events from pieces of text that may end anywhere, also between CR and LF. */
export class SseReader {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = 0;

  push(text: string): Told[] {
    const told: Told[] = [];
    const whole = this.#rest + text;
    const cut = whole.endsWith("\r") ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, cut).split(LINE_END);
    this.#rest = (lines.pop() ?? "") + whole.slice(cut);
    for (const line of lines) {
      const item = line === "" ? this.#end() : this.#field(line);
      if (item) told.push(item);
    }
    return told;
  }

  #field(line: string): null {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id") this.#id = Number(value) || this.#id;
    return null;
  }

  #end(): Told | null {
    const event = this.#event || "message";
    const data = this.#data.join("\n");
    this.#event = "";
    this.#data = [];
    if (data === "") return null;
    const body = parsed(data);
    if (event === "reset") return { kind: "reset", seq: Number((body as { seq?: number } | null)?.seq ?? this.#id) };
    if (event !== "message") return null;
    // A frame nobody can read may have been anybody's: whoever follows starts again behind it.
    return isFrame(body) ? { kind: "frame", frame: body } : { kind: "reset", seq: this.#id };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function isFrame(body: unknown): body is Frame {
  const frame = body as Partial<Frame> | null;
  return (
    typeof frame === "object" &&
    typeof frame?.topic === "string" &&
    typeof frame.seq === "number" &&
    typeof frame.prev === "number" &&
    Array.isArray(frame.events)
  );
}

export type Verdict = "take" | "duplicate" | "gap";

/**
 * Where a reader of one topic stands, chain by chain. It begins at a snapshot's `seq`, which need not be a frame of
 * this topic: a chain's first frame must only reach back to it, every later one must name the one before it.
 */
export class Cursor {
  #chains = new Map<string, number>();
  #last: number;

  constructor(private readonly snapshotSeq: number) {
    this.#last = snapshotSeq;
  }

  /** The newest frame taken; the stream is in order of `seq`. */
  get last(): number {
    return this.#last;
  }

  /** Judge a frame, and step to it when it is to be taken. */
  take(frame: Pick<Frame, "topic" | "seq" | "prev">): Verdict {
    const before = this.#chains.get(frame.topic);
    if (frame.seq <= (before ?? this.snapshotSeq)) return "duplicate";
    if (before === undefined ? frame.prev > this.snapshotSeq : frame.prev !== before) return "gap";
    this.#chains.set(frame.topic, frame.seq);
    this.#last = Math.max(this.#last, frame.seq);
    return "take";
  }
}
