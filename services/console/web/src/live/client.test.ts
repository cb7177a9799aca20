import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { signedOut } from "@/api/http";
import { LiveClient, shared, type Channel, type Follower } from "./client";
import { useLink } from "./link";
import type { FromTab, ToTab } from "./messages";
import { serve, type Server } from "./wire.test-kit";

let sent: FromTab[];
let receive: (message: ToTab) => void;
let heard: string[];

const channel: Channel = (given) => {
  receive = given;
  const mine = sent;
  return (message) => void mine.push(message);
};
const follower: Follower = {
  frames: (frames) => void heard.push(frames.map(({ seq }) => seq).join(" ")),
  restart: () => void heard.push("restart"),
  forbidden: () => void heard.push("forbidden"),
};
const frames = (...seqs: number[]): ToTab & { kind: "frames" } => ({
  kind: "frames",
  frames: seqs.map((seq) => ({ topic: "desk", prev: seq - 1, seq, now: "", events: [] })),
});

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  heard = [];
  signedOut.value = false;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the tab's end of the stream", () => {
  it("hands each frame once to each follower, however often it comes, in one go", () => {
    const client = new LiveClient(channel);
    client.follow("desk", 4, follower);
    receive(frames(3, 4, 5, 6));
    receive({ ...frames(5, 6, 7), to: 1 });
    receive({ ...frames(8), to: 2 });
    receive(frames(6, 7));
    expect(heard).toEqual(["5 6", "7"]);
  });

  it("gives what came before a gap, then asks to start anew, and gives nothing behind it", () => {
    const client = new LiveClient(channel);
    client.follow("desk", 4, follower);
    receive(frames(5, 7, 8, 5));
    expect(heard).toEqual(["5", "restart"]);
  });

  it("says its wants again, from where it is, when it was forgotten in its sleep", () => {
    const client = new LiveClient(channel);
    client.follow("desk", 4, follower);
    const end = client.follow("callbacks", 9, follower);
    end();
    end();
    receive(frames(5));
    sent.length = 0;
    vi.advanceTimersByTime(20_000);
    receive({ kind: "again" });
    expect(sent).toEqual([{ kind: "alive" }, { kind: "want", id: 1, topic: "desk", since: 5 }]);
  });

  it("says goodbye when the page goes, and comes back with it", () => {
    new LiveClient(channel);
    window.dispatchEvent(new Event("pagehide"));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    window.dispatchEvent(new Event("online"));
    expect(sent.map(({ kind }) => kind)).toEqual(["bye", "alive", "wake"]);
  });

  it("goes on after a new sign-in, and tells the shell how the link is", async () => {
    const client = new LiveClient(channel);
    const link = useLink(client);
    receive({ kind: "signed-out" });
    await nextTick();
    expect(signedOut.value).toBe(true);
    signedOut.value = false;
    await nextTick();
    expect(sent).toEqual([{ kind: "resume" }]);
    receive({ kind: "link", link: { state: "lost", since: Date.now() - 9_000 } });
    expect(link.value.state).toBe("lost");
    expect(Math.abs(Date.now() - 9_000 - link.value.since)).toBeLessThan(50);
  });
});

describe("a browser that cannot load the shared worker", () => {
  it("keeps the stream in the tab and loses no want", async () => {
    const server: Server = serve();
    const posted: FromTab[] = [];
    let fail = (): void => undefined;
    vi.stubGlobal("fetch", server.fetch);
    vi.stubGlobal(
      "SharedWorker",
      class {
        port = { postMessage: (message: FromTab) => posted.push(message), close: () => undefined, onmessage: null };
        set onerror(given: () => void) {
          fail = given;
        }
      },
    );
    const client = new LiveClient(shared);
    client.follow("desk", 4, follower);
    expect(posted).toEqual([{ kind: "want", id: 1, topic: "desk", since: 4 }]);
    fail();
    await vi.advanceTimersByTimeAsync(50);
    server.last().frame({ topic: "desk", seq: 6, prev: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect([heard, client.link.value.state]).toEqual([["6"], "live"]);
  });
});
