import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";

import { signedOut } from "@/api/http";
import { inThisTab, LiveClient } from "./client";
import { useView, type LiveView } from "./view";
import { serve, type Server } from "./wire.test-kit";

interface Row {
  ticket_id: string;
  status: string;
}
type Extra = Record<string, unknown>;

let server: Server;
let scope: EffectScope;
let client: LiveClient;

const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const row = (ticket_id: string, status = "open"): Row => ({ ticket_id, status });
const shown = (view: LiveView<Row, Extra>): string => view.rows.value.map((each) => `${each.ticket_id}:${each.status}`).join(" ");
const change = (id: string, to: Row | null, kind = "ticket"): { kind: string; id: string; row: Row | null } => ({ kind, id, row: to });

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
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("what a view holds", () => {
  it("keeps changes of another kind out of the rows and folds them into the rest", async () => {
    const heard: string[] = [];
    server.snapshots.set("inbox?unit=u1", () => ({ body: { topic: "inbox.u1", seq: 10, now: "", rows: [row("a")], whistles: [{ whistle_id: "w1", ticket_id: "a" }], more: false } }));
    const list = view({ heard: (changes) => heard.push(...changes.map(({ id }) => id)) });
    await wait(50);
    const whistle = (id: string, state: string): object => ({ kind: "whistle", id, row: { whistle_id: id, ticket_id: "a", state } });
    const counters = { kind: "counters", id: "330106", row: { open: 41 } };
    server.last().frame({ topic: "inbox.u1", seq: 11, prev: 0, events: [whistle("w2", "out"), counters, change("a", null), whistle("w1", "in")] as never });
    await wait(0);
    const whistles = [{ whistle_id: "w1", ticket_id: "a", state: "in" }, { whistle_id: "w2", ticket_id: "a", state: "out" }];
    expect([shown(list), list.extra.value, heard]).toEqual(["", { whistles, more: false, counters: { open: 41 } }, ["w2", "330106", "a", "w1"]]);
  });

  it("has the word of a view that is called by its kind", async () => {
    server.snapshots.set("hall", () => ({ body: { topic: "hall", seq: 10, now: "", rows: [] } }));
    const list = scope.run(() => useView<{ id: string; page: string }>("hall", {}, { client }))!;
    await wait(50);
    server.last().frame({ topic: "hall", seq: 11, prev: 0, events: [{ kind: "hall", id: "hall", row: { id: "hall", page: "map" } }, change("a", row("a"))] });
    await wait(0);
    expect(list.rows.value).toEqual([{ id: "hall", page: "map" }]);
  });

  it("takes the escalations of a wall and the items of a table for rows, and lets go what is not to be kept", async () => {
    const list = scope.run(() => useView<{ escalation_id: string; ticket_id: string; state: string }>("wall", { area: "330106" }, { client, keep: ({ state }) => state !== "cleared" }))!;
    const rung = (state: string): { escalation_id: string; ticket_id: string; state: string } => ({ escalation_id: "e1", ticket_id: "a", state });
    server.snapshots.set("wall?area=330106", () => ({ body: { topic: "wall.330106", seq: 10, now: "", rows: [rung("raised")], counters: {}, areas: { "330106001": { open: 1 } } } }));
    await wait(2_000);
    const spot = { kind: "area", id: "330106002", row: { open: 2 } };
    server.last().frame({ topic: "wall.330106", seq: 11, prev: 0, events: [{ kind: "escalation", id: "e1", row: rung("answered") }, spot] });
    await wait(0);
    expect([list.rows.value, list.extra.value]).toEqual([[rung("answered")], { counters: {}, areas: { "330106001": { open: 1 }, "330106002": { open: 2 } } }]);
    server.last().frame({ topic: "wall.330106", seq: 12, prev: 11, events: [{ kind: "escalation", id: "e1", row: rung("cleared") }] });
    await wait(0);
    expect(list.rows.value).toEqual([]);
  });
});
