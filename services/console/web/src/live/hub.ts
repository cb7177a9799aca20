/** The owner of the one stream: joins what all tabs want, keeps the last events, hands frames on. */

import { Connection, type Wire } from "./connection";
import { topicOf, type Frame, type Told } from "./frames";
import type { FromTab, Link, LinkState, Port, ToTab } from "./messages";

export const KEPT_EVENTS = 5_000;
/** Tabs say `alive` every 20 s, but a browser lets a hidden one speak once a minute only. */
export const TAB_GONE_MS = 150_000;
const SWEEP_MS = 30_000;
/** Several views of a page come at once: one restart for all of them. */
const GATHER_MS = 20;
/** Going to another page and back should not restart the stream twice. */
const LINGER_MS = 10_000;
/** A loss is shown only when the first attempts did not mend it. */
const LOST_MS = 3_000;

interface Tab {
  wants: Map<number, string>;
  heardAt: number;
}

/** All frames after `from` are in the buffer; everything up to `pos` has been received. */
interface Followed {
  from: number;
  pos: number;
  top: number;
}

export class Hub {
  #tabs = new Map<Port, Tab>();
  #topics = new Map<string, Followed>();
  #opened = new Set<string>();
  #buffer: Frame[] = [];
  #events = 0;
  #link: Link = { state: "connecting", since: Date.now() };
  #heardAt = Date.now();
  #connection: Connection;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #tidy: ReturnType<typeof setTimeout> | undefined;
  #lost: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire) {
    this.#connection = new Connection(
      () => this.#url(),
      {
        opened: () => this.#onOpened(),
        heard: (told) => this.#onHeard(told),
        dropped: () => this.#onDropped(),
        refused: (status, problem) => this.#onRefused(status, problem),
      },
      wire,
    );
    setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Take a tab's message. A port nobody knows is a new tab, or one that slept and must say its wants again. */
  hear(port: Port, message: FromTab): void {
    const known = this.#tabs.get(port);
    const tab = known ?? { wants: new Map<number, string>(), heardAt: 0 };
    tab.heardAt = Date.now();
    if (message.kind === "bye") return this.#forget(port);
    if (!known) {
      this.#tabs.set(port, tab);
      port.post({ kind: "link", link: this.#link });
      port.post({ kind: "again" });
    }
    if (message.kind === "want") this.#want(port, tab, message);
    else if (message.kind === "drop") this.#drop(tab, message.id);
    else if (message.kind === "wake") this.#connection.wake();
    else if (message.kind === "resume") this.#start();
    else if (message.kind === "end") this.#end();
  }

  #want(port: Port, tab: Tab, { id, topic, since }: FromTab & { kind: "want" }): void {
    tab.wants.set(id, topic);
    const followed = this.#topics.get(topic);
    if (followed && since >= followed.from) {
      const missed = this.#buffer.filter((frame) => topicOf(frame) === topic && frame.seq > since);
      if (missed.length) port.post({ kind: "frames", frames: missed, to: id });
      if (this.#opened.size) return;
    } else {
      this.#purge(topic);
      this.#topics.set(topic, { from: since, pos: since, top: since });
    }
    this.#startSoon();
  }

  #drop(tab: Tab, id: number): void {
    tab.wants.delete(id);
    this.#tidy ??= setTimeout(() => this.#tidyUp(), LINGER_MS);
  }

  #forget(port: Port): void {
    this.#tabs.delete(port);
    this.#tidy ??= setTimeout(() => this.#tidyUp(), LINGER_MS);
  }

  #tidyUp(): void {
    this.#tidy = undefined;
    const wanted = new Set([...this.#tabs.values()].flatMap((tab) => [...tab.wants.values()]));
    const unwanted = [...this.#topics.keys()].filter((topic) => !wanted.has(topic));
    unwanted.forEach((topic) => this.#purge(topic));
    if (unwanted.length) this.#start();
  }

  #sweep(): void {
    for (const [port, tab] of this.#tabs) if (Date.now() - tab.heardAt > TAB_GONE_MS) this.#forget(port);
  }

  /** Stop following a topic; its frames go too. */
  #purge(topic: string): void {
    this.#topics.delete(topic);
    this.#opened.delete(topic);
    this.#buffer = this.#buffer.filter((frame) => topicOf(frame) !== topic);
    this.#events = this.#buffer.reduce((sum, frame) => sum + frame.events.length, 0);
  }

  #startSoon(): void {
    this.#restart ??= setTimeout(() => this.#start(), GATHER_MS);
  }

  #start(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    if (this.#topics.size === 0) {
      clearTimeout(this.#lost);
      this.#lost = undefined;
      this.#opened.clear();
      return this.#connection.stop();
    }
    this.#lost ??= setTimeout(() => this.#say("lost"), LOST_MS);
    this.#connection.start();
  }

  #url(): string {
    this.#opened = new Set(this.#topics.keys());
    const since = Math.min(...[...this.#topics.values()].map((followed) => followed.pos));
    return `/api/v1/stream?${new URLSearchParams({ topics: [...this.#opened].join(","), since: String(since) })}`;
  }

  #onOpened(): void {
    clearTimeout(this.#lost);
    this.#lost = undefined;
    this.#heardAt = Date.now();
    this.#say("live");
  }

  #onDropped(): void {
    if (this.#link.state === "live") this.#say("connecting");
    this.#lost ??= setTimeout(() => this.#say("lost"), LOST_MS);
  }

  #onHeard(told: Told[]): void {
    this.#heardAt = Date.now();
    let frames: Frame[] = [];
    for (const item of told) {
      if (item.kind === "frame") {
        if (this.#keep(item.frame)) frames.push(item.frame);
      } else {
        this.#hand(frames);
        frames = [];
        this.#onReset(item.seq);
      }
    }
    this.#hand(frames);
  }

  /** Into the buffer. False for a topic that waits for its restart: it will come again from further back. */
  #keep(frame: Frame): boolean {
    const followed = this.#topics.get(topicOf(frame));
    if (!followed || !this.#opened.has(topicOf(frame))) return false;
    // The stream is in order of seq: what comes now says that nothing before it is outstanding, of any topic.
    for (const topic of this.#opened) {
      const other = this.#topics.get(topic);
      if (other) other.pos = Math.max(other.pos, frame.seq);
    }
    if (frame.seq <= followed.top) return true;
    followed.top = frame.seq;
    this.#buffer.push(frame);
    this.#events += frame.events.length;
    while (this.#events > KEPT_EVENTS) {
      const oldest = this.#buffer.shift()!;
      this.#events -= oldest.events.length;
      this.#topics.get(topicOf(oldest))!.from = oldest.seq;
    }
    return true;
  }

  #hand(frames: Frame[]): void {
    if (!frames.length) return;
    for (const [port, tab] of this.#tabs) {
      const wanted = new Set(tab.wants.values());
      const theirs = frames.filter((frame) => wanted.has(topicOf(frame)));
      if (theirs.length) port.post({ kind: "frames", frames: theirs });
    }
  }

  #onReset(seq: number): void {
    for (const topic of this.#opened) this.#topics.set(topic, { from: seq, pos: seq, top: seq });
    this.#empty();
    this.#tell({ kind: "reset", topics: [...this.#opened] });
  }

  /** Signed out: nothing of this person stays here, but a view may go on from where it was after a new sign-in. */
  #onRefused(status: 401 | 403, problem: Record<string, unknown> | null): void {
    if (status === 403) return this.#onForbidden(problem);
    for (const followed of this.#topics.values()) followed.from = Math.max(followed.from, followed.pos);
    this.#empty();
    this.#opened.clear();
    this.#onDropped();
    this.#tell({ kind: "signed-out" });
  }

  /** The topics the answer names; all of them when it names none. The others go on. */
  #onForbidden(problem: Record<string, unknown> | null): void {
    const words = new Set(JSON.stringify(problem ?? {}).split(/["'\s,[\]{}]+/));
    const named = [...this.#topics.keys()].filter((topic) => words.has(topic));
    const topics = named.length ? named : [...this.#topics.keys()];
    topics.forEach((topic) => this.#purge(topic));
    this.#tell({ kind: "forbidden", topics });
    this.#start();
  }

  #end(): void {
    [...this.#topics.keys()].forEach((topic) => this.#purge(topic));
    this.#start();
    this.#tell({ kind: "signed-out" });
  }

  #empty(): void {
    this.#buffer = [];
    this.#events = 0;
  }

  #say(state: LinkState): void {
    this.#link = { state, since: state === "live" ? Date.now() : this.#heardAt };
    this.#tell({ kind: "link", link: this.#link });
  }

  #tell(message: ToTab): void {
    for (const port of this.#tabs.keys()) port.post(message);
  }
}
