/** One stream that keeps itself open: fetch, watchdog, back-off. What it carries is the hub's business. */

import { SseReader, type Told } from "./frames";

/** No byte for so long means a dead line: the server sends a comment every 15 s. */
export const WATCHDOG_MS = 25_000;
export const PAUSE_MIN_MS = 500;
export const PAUSE_MAX_MS = 15_000;
/** A line that held for so long was a good one: the next loss starts with the shortest pause. */
const GOOD_MS = 5_000;

export interface Wire {
  fetch: typeof fetch;
  random: () => number;
}

export interface Ears {
  opened(): void;
  heard(told: Told[]): void;
  dropped(): void;
  /** 401 or 403: no use in trying again by itself. */
  refused(status: 401 | 403, problem: Record<string, unknown> | null): void;
}

/** Milliseconds before attempt number `attempt` (from 0): doubling, spread so that clients do not come back at once. */
export function pause(attempt: number, random: () => number): number {
  const top = Math.min(PAUSE_MAX_MS, 2 * PAUSE_MIN_MS * 2 ** attempt);
  return PAUSE_MIN_MS + random() * (top - PAUSE_MIN_MS);
}

export class Connection {
  #run = 0;
  #attempt = 0;
  #control: AbortController | null = null;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #openedAt = 0;

  constructor(
    private readonly url: () => string,
    private readonly ears: Ears,
    private readonly wire: Wire,
  ) {}

  /** Begin, or begin anew with what `url` says now. */
  start(): void {
    this.stop();
    void this.#try(this.#run);
  }

  stop(): void {
    this.#run += 1;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#control?.abort();
    this.#control = null;
    this.#openedAt = 0;
  }

  /** The network is back: do not wait for the pause to end. */
  wake(): void {
    if (this.#waiting !== undefined) this.start();
  }

  async #try(run: number): Promise<void> {
    const control = new AbortController();
    this.#control = control;
    this.#feed(run);
    try {
      const answer = await this.wire.fetch(this.url(), {
        signal: control.signal,
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
        credentials: "same-origin",
      });
      if (run !== this.#run) return;
      if (answer.status === 401 || answer.status === 403) return await this.#refuse(run, answer.status, answer);
      // A proxy's own page also comes with 200.
      if (!answer.ok || !answer.body || !/event-stream/.test(answer.headers.get("content-type") ?? "")) return this.#drop(run);
      this.#openedAt = performance.now();
      this.#feed(run);
      this.ears.opened();
      await this.#read(run, answer.body.getReader());
    } catch {
      // Any failure of the line is the same to the reader: it comes back.
    }
    this.#drop(run);
  }

  async #read(run: number, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const sse = new SseReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || run !== this.#run) return;
      this.#feed(run);
      this.ears.heard(sse.push(decoder.decode(value, { stream: true })));
    }
  }

  async #refuse(run: number, status: 401 | 403, answer: Response): Promise<void> {
    const problem = (await answer.json().catch(() => null)) as Record<string, unknown> | null;
    if (run !== this.#run) return;
    this.stop();
    this.ears.refused(status, problem);
  }

  #feed(run: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#drop(run), WATCHDOG_MS);
  }

  #drop(run: number): void {
    if (run !== this.#run) return;
    if (this.#openedAt > 0 && performance.now() - this.#openedAt > GOOD_MS) this.#attempt = 0;
    this.stop();
    this.ears.dropped();
    this.#waiting = setTimeout(() => this.start(), pause(this.#attempt, this.wire.random));
    this.#attempt += 1;
  }
}
