/** The tab's end of the stream: who follows which topic, and the state of the link. */

import { shallowRef, watch } from "vue";

import { signedOut } from "@/api/http";
import { hearServerTime, serverNow } from "./clock";
import { Cursor, topicOf, type Frame } from "./frames";
import { Hub } from "./hub";
import type { FromTab, Link, ToTab } from "./messages";

const ALIVE_MS = 20_000;

export interface Follower {
  /** Frames in order and without a gap, as many as came at once. */
  frames(frames: Frame[]): void;
  /** Something is missing or too old to be sent: fetch the snapshot and follow anew. */
  restart(): void;
  forbidden(): void;
}

interface Follow {
  topic: string;
  cursor: Cursor;
  follower: Follower;
}

export type Channel = (receive: (message: ToTab) => void) => (message: FromTab) => void;

export class LiveClient {
  /** `since` by the server's clock. */
  readonly link = shallowRef<Link>({ state: "connecting", since: serverNow() });
  #follows = new Map<number, Follow>();
  #next = 1;
  #send: (message: FromTab) => void;

  constructor(channel: Channel) {
    this.#send = channel((message) => this.#receive(message));
    setInterval(() => this.#send({ kind: "alive" }), ALIVE_MS);
    window.addEventListener("pagehide", () => this.#send({ kind: "bye" }));
    window.addEventListener("pageshow", (event) => event.persisted && this.#send({ kind: "alive" }));
    window.addEventListener("online", () => this.#send({ kind: "wake" }));
    // Signed in again: the stream goes on where it was, for all tabs.
    watch(signedOut, (out) => !out && this.#send({ kind: "resume" }));
  }

  /** Follow a topic from its snapshot's `seq`. The answer ends it. */
  follow(topic: string, since: number, follower: Follower): () => void {
    const id = this.#next++;
    this.#follows.set(id, { topic, cursor: new Cursor(since), follower });
    this.#send({ kind: "want", id, topic, since });
    return () => {
      if (this.#follows.delete(id)) this.#send({ kind: "drop", id });
    };
  }

  /** Signed out by hand: the stream ends for all tabs and its buffer is emptied. */
  end(): void {
    this.#send({ kind: "end" });
  }

  #receive(message: ToTab): void {
    switch (message.kind) {
      case "frames":
        return this.#frames(message.frames, message.to);
      case "link":
        // Ages are told by the server's clock, as everything on the screen.
        this.link.value = { state: message.link.state, since: serverNow() - (Date.now() - message.link.since) };
        return;
      case "signed-out":
        signedOut.value = true;
        return;
      case "again":
        return this.#follows.forEach(({ topic, cursor }, id) => this.#send({ kind: "want", id, topic, since: cursor.last }));
      case "reset":
        return this.#of(message.topics).forEach((follow) => follow.follower.restart());
      case "forbidden":
        return this.#of(message.topics).forEach((follow) => follow.follower.forbidden());
    }
  }

  #of(topics: string[]): Follow[] {
    return [...this.#follows.values()].filter((follow) => topics.includes(follow.topic));
  }

  #frames(frames: Frame[], to: number | undefined): void {
    for (const [id, follow] of [...this.#follows]) {
      if (to !== undefined && to !== id) continue;
      const taken: Frame[] = [];
      let gap = false;
      for (const frame of frames) {
        if (topicOf(frame) !== follow.topic) continue;
        const verdict = follow.cursor.take(frame);
        if (verdict === "take") taken.push(frame);
        gap = verdict === "gap";
        if (gap) break;
      }
      if (taken.length) follow.follower.frames(taken);
      if (gap) follow.follower.restart();
    }
    frames.forEach((frame) => hearServerTime(frame.now));
  }
}

/** The stream inside this tab: where there is no SharedWorker, and in tests. */
export const inThisTab: Channel = (receive) => {
  const hub = new Hub({ fetch: (...request) => fetch(...request), random: Math.random });
  const port = { post: receive };
  return (message) => hub.hear(port, message);
};

/** The stream all tabs share; falls back to this tab's own when the worker cannot be loaded. */
export const shared: Channel = (receive) => {
  if (typeof SharedWorker === "undefined") return inThisTab(receive);
  const worker = new SharedWorker(new URL("./stream.worker.ts", import.meta.url), { type: "module", name: "chuishao-stream" });
  let send = (message: FromTab): void => worker.port.postMessage(message);
  worker.port.onmessage = (event: MessageEvent<ToTab>) => receive(event.data);
  worker.onerror = () => {
    worker.port.close();
    send = inThisTab(receive);
    receive({ kind: "again" });
  };
  return (message) => send(message);
};

let client: LiveClient | undefined;

/** This tab's client, made when first needed. */
export function live(): LiveClient {
  client ??= new LiveClient(shared);
  return client;
}
