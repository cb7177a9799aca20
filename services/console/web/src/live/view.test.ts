import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, ref, watch, type EffectScope } from "vue";

import { signedOut } from "@/api/http";
import { inThisTab, LiveClient } from "./client";
import { serverNow } from "./clock";
import { useView, type LiveView } from "./view";
import { frameText, serve, type Server } from "./wire.test-kit";

interface Row {
  ticket_id: string;
  status: string;
}
interface Extra {
  counters: { open: number };
}

let server: Server;
let scope: EffectScope;
let client: LiveClient;

const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const row = (ticket_id: string, status = "open"): Row => ({ ticket_id, status });
const shown = (view: LiveView<Row, Extra>): string => view.rows.value.map((each) => `${each.ticket_id}:${each.status}`).join(" ");
const change = (id: string, to: Row | null, kind = "ticket"): { kind: string; id: string; row: Row | null } => ({ kind, id, row: to });

function snapshot(path: string, seq: number, rows: Row[], topic = "inbox.u1"): void {
  server.snapshots.set(path, () => ({ body: { topic, seq, now: new Date().toISOString(), rows, counters: { open: rows.length } } }));
}

function view(options: Parameters<typeof useView<Row, Extra>>[2] = {}): LiveView<Row, Extra> {
  return scope.run(() => useView<Row, Extra>("inbox", { unit: "u1" }, { client, ...options }))!;
}

beforeEach(() => {
  vi.useFakeTimers();
  server = serve();
  vi.stubGlobal("fetch", server.fetch);
  scope = effectScope();
  client = new LiveClient(inThisTab);
  signedOut.value = false;
  snapshot("inbox?unit=u1", 10, [row("a"), row("b")]);
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a live list", () => {
  it("shows the snapshot, then what the stream says, replacing the rows once for all frames that came together", async () => {
    const list = view();
    expect(list.state.value).toBe("loading");
    await wait(50);
    expect([shown(list), list.state.value, list.extra.value]).toEqual(["a:open b:open", "live", { counters: { open: 2 } }]);
    let replaced = 0;
    scope.run(() => watch(list.rows, () => (replaced += 1), { flush: "sync" }));
    server.last().say(
      frameText({ topic: "inbox.u1", seq: 11, prev: 9, events: [change("a", row("a", "signed")), change("c", row("c"))] }) +
        frameText({ topic: "inbox.u1", seq: 14, prev: 11, events: [change("b", null)] }),
    );
    await wait(0);
    expect([shown(list), replaced]).toEqual(["a:signed c:open", 1]);
    expect(list.byId.value.get("c")).toEqual(row("c"));
    expect([...list.changed.value.keys()]).toEqual(["a", "c", "b"]);
  });

  it("fetches anew after a gap, and shows meanwhile what it has", async () => {
    const list = view();
    await wait(50);
    snapshot("inbox?unit=u1", 30, [row("a", "closed")]);
    server.last().frame({ topic: "inbox.u1", seq: 25, prev: 20, events: [change("z", row("z"))] });
    await wait(0);
    server.last().frame({ topic: "inbox.u1", seq: 31, prev: 25, events: [change("d", row("d"))] });
    await wait(50);
    expect([shown(list), list.state.value]).toEqual(["a:closed d:open", "live"]);
    expect(server.fetched).toHaveLength(2);
    expect(server.asked).toHaveLength(1);
  });

  it("fetches anew after a reset", async () => {
    const list = view();
    await wait(50);
    snapshot("inbox?unit=u1", 900, [row("n")]);
    server.last().say(`event: reset\ndata: {"seq":900}\n\n`);
    await wait(50);
    expect(shown(list)).toBe("n:open");
    server.last().frame({ topic: "inbox.u1", seq: 901, prev: 0, events: [change("n", row("n", "signed"))] });
    await wait(0);
    expect(shown(list)).toBe("n:signed");
  });

  it("does not fetch in a rush when gaps go on", async () => {
    view();
    await wait(50);
    for (let n = 0; n < 400; n += 1) {
      server.last().frame({ topic: "inbox.u1", seq: 100 + n * 10, prev: 95 + n * 10 });
      await wait(25);
    }
    expect(server.fetched.length).toBeGreaterThan(2);
    expect(server.fetched.length).toBeLessThan(12);
  });

  it("turns stale with its age when the link is lost, and live again without a gap", async () => {
    const list = view();
    await wait(50);
    server.status = 0;
    server.last().end();
    await wait(2_000);
    expect(list.state.value).toBe("live");
    await wait(10_000);
    expect(list.state.value).toBe("stale");
    expect(list.age.value).toBeGreaterThanOrEqual(11);
    expect(list.age.value).toBeLessThanOrEqual(13);
    expect(shown(list)).toBe("a:open b:open");
    server.status = 200;
    await wait(15_000);
    server.last().frame({ topic: "inbox.u1", seq: 12, prev: 8, events: [change("a", null)] });
    await wait(0);
    expect([shown(list), list.state.value, list.age.value]).toEqual(["b:open", "live", 0]);
    expect(server.fetched).toHaveLength(1);
  });

  it("is stale while what it missed cannot be fetched", async () => {
    const list = view();
    await wait(50);
    server.snapshots.clear();
    server.last().frame({ topic: "inbox.u1", seq: 25, prev: 20 });
    await wait(2_000);
    expect([shown(list), list.state.value]).toEqual(["a:open b:open", "stale"]);
    snapshot("inbox?unit=u1", 30, [row("a")]);
    await wait(15_000);
    expect([shown(list), list.state.value]).toEqual(["a:open", "live"]);
  });

  it("says forbidden and failed, and recovers from a failure by itself", async () => {
    server.snapshots.clear();
    const list = view();
    await wait(0);
    expect(list.state.value).toBe("failed");
    snapshot("inbox?unit=u1", 10, [row("a")]);
    await wait(2_000);
    expect(list.state.value).toBe("live");
    server.snapshots.set("inbox?unit=u1", () => ({ status: 403, body: { title: "forbidden" } }));
    list.refetch();
    await wait(60_000);
    expect([list.state.value, shown(list)]).toEqual(["forbidden", ""]);
    expect(server.fetched).toHaveLength(3);
  });

  it("shows nothing any more when the stream refuses its topic", async () => {
    const list = view();
    await wait(50);
    server.status = 403;
    server.problem = { title: "topic-forbidden", topics: ["inbox.u1"] };
    server.last().end();
    await wait(60_000);
    expect([list.state.value, shown(list), server.asked.length]).toEqual(["forbidden", "", 2]);
  });

  it("keeps its rows when the session ends, and goes on after the next sign-in", async () => {
    const list = view();
    await wait(50);
    server.status = 401;
    server.last().end();
    await wait(30_000);
    expect([signedOut.value, shown(list), list.state.value]).toEqual([true, "a:open b:open", "stale"]);
    server.status = 200;
    signedOut.value = false;
    await nextTick();
    await wait(50);
    server.last().frame({ topic: "inbox.u1", seq: 15, prev: 10, events: [change("c", row("c"))] });
    await wait(0);
    expect([shown(list), list.state.value]).toEqual(["a:open b:open c:open", "live"]);
  });

  it("starts anew when its parameters change, and drops an answer that came too late", async () => {
    const unit = ref<string | null>("u1");
    const list = scope.run(() => useView<Row, Extra>("inbox", () => (unit.value ? { unit: unit.value } : null), { client }))!;
    snapshot("inbox?unit=u2", 20, [row("q")], "inbox.u2");
    unit.value = "u2";
    await nextTick();
    await wait(50);
    expect(shown(list)).toBe("q:open");
    server.last().frame({ topic: "inbox.u1", seq: 21, prev: 0, events: [change("x", row("x"))] });
    server.last().frame({ topic: "inbox.u2", seq: 22, prev: 0, events: [change("y", row("y"))] });
    await wait(0);
    expect(shown(list)).toBe("q:open y:open");
    unit.value = null;
    await nextTick();
    expect([shown(list), list.state.value]).toEqual(["", "loading"]);
  });

  it("keeps a row that went over to another chain, in whichever order the two tell of it", async () => {
    const list = view();
    await wait(50);
    const [plain, kept] = ["inbox.u1", "inbox.u1!u9"];
    server.last().frame({ topic: plain, seq: 11, prev: 9, events: [change("a", null)] });
    server.last().frame({ topic: kept, seq: 12, prev: 3, events: [change("a", row("a", "kept"))] });
    await wait(0);
    expect(shown(list)).toBe("b:open a:kept");
    server.last().frame({ topic: plain, seq: 13, prev: 11, events: [change("a", row("a", "plain"))] });
    server.last().frame({ topic: kept, seq: 14, prev: 12, events: [change("a", null)] });
    await wait(0);
    expect(shown(list)).toBe("b:open a:plain");
    server.last().frame({ topic: plain, seq: 15, prev: 13, events: [change("a", null)] });
    await wait(0);
    expect([shown(list), server.fetched.length]).toEqual(["b:open", 1]);
  });

  it("asks for the time again after the machine slept", async () => {
    const list = view();
    await wait(50);
    vi.setSystemTime(Date.now() + 8 * 3_600_000);
    snapshot("inbox?unit=u1", 10, [row("a")]);
    server.last().end();
    await wait(2_000);
    expect([server.fetched.length, shown(list), list.state.value]).toEqual([2, "a:open", "live"]);
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(100);
  });

  it("follows nothing after its component is gone", async () => {
    view();
    await wait(50);
    scope.stop();
    await wait(11_000);
    expect(server.last().aborted()).toBe(true);
  });
});
