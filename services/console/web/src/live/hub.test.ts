import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Hub, KEPT_EVENTS, TAB_GONE_MS } from "./hub";
import type { Change } from "./frames";
import type { FromTab, ToTab } from "./messages";
import { frameText, serve, type Server } from "./wire.test-kit";

let server: Server;
let hub: Hub;

interface Tab {
  got: ToTab[];
  send(message: FromTab): void;
  seqs(): number[];
  kinds(): string[];
}

function tab(): Tab {
  const got: ToTab[] = [];
  const port = { post: (message: ToTab) => void got.push(message) };
  return {
    got,
    send: (message) => hub.hear(port, message),
    seqs: () => got.flatMap((message) => (message.kind === "frames" ? message.frames.map((frame) => frame.seq) : [])),
    kinds: () => got.map((message) => (message.kind === "link" ? message.link.state : message.kind)),
  };
}

const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const want = (id: number, topic: string, since: number): FromTab => ({ kind: "want", id, topic, since });
const events = (count: number): Change[] => Array.from({ length: count }, (_, n) => ({ kind: "ticket", id: `t${n}`, row: {} }));
const query = (): string => `${server.asked.at(-1)!.searchParams.get("topics")} ${server.asked.at(-1)!.searchParams.get("since")}`;

beforeEach(() => {
  vi.useFakeTimers();
  server = serve();
  hub = new Hub({ fetch: server.fetch, random: () => 0 });
});
afterEach(() => vi.useRealTimers());

describe("one stream for all tabs", () => {
  it("asks once for what several views want, from the oldest snapshot", async () => {
    const [a, b] = [tab(), tab()];
    a.send(want(1, "desk", 40));
    a.send(want(2, "directory", 38));
    b.send(want(1, "desk", 41));
    await wait(50);
    expect(server.asked).toHaveLength(1);
    expect(query()).toBe("desk,directory 38");
    server.last().frame({ topic: "desk", seq: 42, prev: 30 });
    server.last().frame({ topic: "desk!u9", seq: 43, prev: 0 });
    await wait(0);
    expect([a.seqs(), b.seqs()]).toEqual([[42, 43], [42, 43]]);
  });

  it("gives a tab that comes later what it missed out of the buffer, without another request", async () => {
    const [a, b] = [tab(), tab()];
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().say(frameText({ topic: "desk", seq: 41, prev: 40 }) + frameText({ topic: "desk", seq: 45, prev: 41 }));
    await wait(0);
    b.send(want(7, "desk", 41));
    await wait(50);
    expect(b.got.filter((message) => message.kind === "frames")).toMatchObject([{ to: 7, frames: [{ seq: 45 }] }]);
    expect(server.asked).toHaveLength(1);
  });

  it("begins the stream anew for a new topic from where it stands, and loses nothing of the others", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().frame({ topic: "desk", seq: 50, prev: 40 });
    await wait(0);
    a.send(want(2, "callbacks", 60));
    await wait(50);
    expect(query()).toBe("desk,callbacks 50");
    a.send(want(3, "directory", 44));
    await wait(50);
    expect(query()).toBe("desk,callbacks,directory 44");
    server.last().say([45, 50, 52].map((seq, n) => frameText({ topic: n === 0 ? "directory" : "desk", seq, prev: n === 2 ? 50 : 0 })).join(""));
    await wait(0);
    expect(a.seqs()).toEqual([50, 45, 50, 52]);
    const b = tab();
    b.send(want(1, "desk", 40));
    expect(b.seqs()).toEqual([50, 52]);
    expect(a.kinds()).not.toContain("lost");
  });

  it("goes further back when a tab's snapshot is older than the buffer", async () => {
    const [a, b] = [tab(), tab()];
    a.send(want(1, "desk", 40));
    await wait(50);
    for (const seq of [41, 42, 43]) server.last().frame({ topic: "desk", seq, prev: seq - 1, events: events(KEPT_EVENTS / 2) });
    await wait(0);
    b.send(want(1, "desk", 41));
    await wait(50);
    expect([b.seqs(), server.asked.length]).toEqual([[42, 43], 1]);
    const c = tab();
    c.send(want(1, "desk", 40));
    await wait(50);
    expect([query(), server.asked.length]).toEqual(["desk 40", 2]);
  });

  it("comes back from the last frame it has, also one of a topic that is quiet", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    a.send(want(2, "callbacks", 40));
    await wait(50);
    server.last().frame({ topic: "desk", seq: 77, prev: 0 });
    await wait(0);
    server.last().end();
    await wait(1_000);
    expect([query(), server.asked.length]).toEqual(["desk,callbacks 77", 2]);
    expect(a.kinds()).toContain("connecting");
    expect(a.kinds().at(-1)).toBe("live");
    expect(a.kinds()).not.toContain("lost");
  });
});

describe("what the tabs are told", () => {
  it("calls the link lost when three seconds did not mend it, since it was last heard", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().say(": still here\n\n");
    await wait(0);
    const heardAt = Date.now();
    await wait(10_000);
    server.status = 0;
    server.last().end();
    await wait(2_900);
    expect(a.kinds()).not.toContain("lost");
    await wait(200);
    expect(a.got.at(-1)).toEqual({ kind: "link", link: { state: "lost", since: heardAt } });
    server.status = 200;
    await wait(15_000);
    expect(a.kinds().at(-1)).toBe("live");
  });

  it("passes a reset on after the frames before it, and goes on behind it", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().say(`${frameText({ topic: "desk", seq: 41, prev: 40 })}event: reset\ndata: {"seq":900}\n\n`);
    await wait(0);
    expect(a.got.slice(-2)).toMatchObject([{ kind: "frames", frames: [{ seq: 41 }] }, { kind: "reset", topics: ["desk"] }]);
    a.send(want(2, "desk", 905));
    await wait(50);
    expect(server.asked).toHaveLength(1);
    server.last().end();
    await wait(1_000);
    expect(query()).toBe("desk 900");
  });

  it("ends at 401, keeps nothing of that person, and goes on after a new sign-in", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().frame({ topic: "desk", seq: 41, prev: 40 });
    await wait(0);
    server.status = 401;
    server.last().end();
    await wait(120_000);
    expect(a.kinds()).toContain("signed-out");
    expect(server.asked).toHaveLength(2);
    server.status = 200;
    const b = tab();
    a.send({ kind: "resume" });
    await wait(50);
    expect([query(), server.asked.length]).toEqual(["desk 41", 3]);
    b.send(want(1, "desk", 40));
    expect(b.seqs()).toEqual([]);
    await wait(50);
    expect(query()).toBe("desk 40");
  });

  it("gives up only the topic that is refused", async () => {
    const a = tab();
    server.status = 403;
    server.problem = { title: "forbidden", topic: "area.3301" };
    a.send(want(1, "area.330106", 40));
    a.send(want(2, "area.3301", 40));
    await wait(20);
    server.status = 200;
    await wait(1_000);
    expect(a.got).toContainEqual({ kind: "forbidden", topics: ["area.3301"] });
    expect(query()).toBe("area.330106 40");
  });

  it("forgets everything at sign-out", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    await wait(50);
    server.last().frame({ topic: "desk", seq: 41, prev: 40 });
    await wait(0);
    a.send({ kind: "end" });
    expect(server.last().aborted()).toBe(true);
    const b = tab();
    b.send(want(1, "desk", 40));
    expect(b.seqs()).toEqual([]);
  });
});

describe("tabs that go", () => {
  it("drops a topic a while after its last reader left, and the stream after the last topic", async () => {
    const a = tab();
    a.send(want(1, "desk", 40));
    a.send(want(2, "callbacks", 40));
    await wait(50);
    a.send({ kind: "drop", id: 2 });
    await wait(9_000);
    expect(server.asked).toHaveLength(1);
    await wait(2_000);
    expect(query()).toBe("desk 40");
    a.send({ kind: "bye" });
    await wait(11_000);
    expect(server.last().aborted()).toBe(true);
    expect(server.asked).toHaveLength(2);
  });

  it("notices one that says nothing any more, and asks it for its wants should it wake", async () => {
    const [a, b] = [tab(), tab()];
    a.send(want(1, "desk", 40));
    b.send(want(1, "callbacks", 40));
    await wait(50);
    for (let n = 0; n < 9; n += 1) {
      await wait(20_000);
      server.last().say(": still here\n\n");
      b.send({ kind: "alive" });
    }
    expect(9 * 20_000).toBeGreaterThan(TAB_GONE_MS);
    await wait(20_000);
    expect(query()).toBe("callbacks 40");
    a.got.length = 0;
    a.send({ kind: "alive" });
    expect(a.kinds()).toEqual(["live", "again"]);
  });
});
