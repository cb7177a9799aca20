import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from "vue";

import { signedOut } from "@/api/http";
import type { Colleague } from "@/api/schema/console";
import type { Ticket } from "./types";
import { ALONE_MS, initial, inOrder, TOGETHER_MS, usePresence } from "./presence";

const NOW = Date.parse("2026-11-23T02:00:00Z");
const FORGOTTEN_MS = 45_000;
const colleague = (person: string, doing: string | null = null): Colleague => ({ person, unit: "GT-001", role: null, doing });
const ticket = (id: string, status: Ticket["status"] = "accepted"): Pick<Ticket, "ticket_id" | "status"> => ({ ticket_id: id, status });

let scope: EffectScope;
let people: Colleague[];
let answer: () => Response | Promise<Response>;
/** What was asked: the ticket, and the form that was told of; `left` where a tab said that it is gone. */
const asked: string[] = [];
const shown = ref<DocumentVisibilityState>("visible");
const see = async (state: DocumentVisibilityState): Promise<void> => {
  shown.value = state;
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  asked.length = 0;
  people = [];
  shown.value = "visible";
  signedOut.value = false;
  scope = effectScope();
  answer = () => new Response(JSON.stringify({ people }));
  vi.useFakeTimers({ now: NOW });
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => shown.value);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const id = path.split("/")[4] ?? "";
    const gone = init.method === "DELETE";
    asked.push(`${id} ${gone ? "left" : String((JSON.parse(String(init.body)) as { doing: string | null }).doing)}`);
    if (gone) return new Response(null, { status: 204 });
    return answer();
  });
});
afterEach(async () => {
  scope.stop();
  await vi.advanceTimersByTimeAsync(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("whoever has a form open stands first, each under the first letter of the unit", () => {
  const found = inOrder([colleague("P3"), colleague("P2", "handle"), colleague("P1")]);
  expect(found.map(({ person }) => person)).toEqual(["P2", "P1", "P3"]);
  expect([initial(" grid"), initial("")]).toEqual(["G", ""]);
});

test("an open ticket is told of at once, then now and then, more often in company", async () => {
  const open = shallowRef(ticket("a"));
  const found = scope.run(() => usePresence(() => open.value, () => null))!;
  await vi.advanceTimersByTimeAsync(ALONE_MS - 1);
  expect(asked).toEqual(["a null"]);
  people = [colleague("P2")];
  await vi.advanceTimersByTimeAsync(1);
  expect(found.value.map(({ person }) => person)).toEqual(["P2"]);
  await vi.advanceTimersByTimeAsync(TOGETHER_MS * 2);
  expect(asked).toHaveLength(4);
  open.value = ticket("a", "in_progress");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(5);
});

test("a form that is opened or closed is told of at once, in the order in which it was", async () => {
  const doing = ref<string | null>(null);
  let release: (said: Response) => void = () => undefined;
  answer = () => new Promise((resolve) => (release = resolve));
  scope.run(() => usePresence(() => ticket("a"), () => doing.value));
  await vi.advanceTimersByTimeAsync(0);
  doing.value = "handle";
  await nextTick();
  answer = () => new Response(JSON.stringify({ people }));
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["a null"]);
  release(new Response(JSON.stringify({ people })));
  await vi.advanceTimersByTimeAsync(0);
  doing.value = null;
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["a null", "a handle", "a null"]);
});

test("another ticket, and no ticket, leave the one before", async () => {
  people = [colleague("P2")];
  const open = shallowRef<ReturnType<typeof ticket> | null>(ticket("a"));
  const found = scope.run(() => usePresence(() => open.value, () => null))!;
  await vi.advanceTimersByTimeAsync(0);
  open.value = ticket("b");
  await nextTick();
  expect(found.value).toEqual([]);
  await vi.advanceTimersByTimeAsync(0);
  open.value = null;
  await vi.advanceTimersByTimeAsync(ALONE_MS * 2);
  expect(asked).toEqual(["a null", "a left", "b null", "b left"]);
  open.value = ticket("c");
  await vi.advanceTimersByTimeAsync(0);
  scope.stop();
  await vi.advanceTimersByTimeAsync(ALONE_MS * 2);
  expect(asked.slice(4)).toEqual(["c null", "c left"]);
});

test("nothing is told of a ticket that is over", async () => {
  scope.run(() => usePresence(() => ticket("a", "closed"), () => null));
  await vi.advanceTimersByTimeAsync(ALONE_MS * 2);
  expect(asked).toEqual([]);
});

test("a page nobody looks at is silent, unless something is being written in it", async () => {
  const doing = ref<string | null>(null);
  scope.run(() => usePresence(() => ticket("a"), () => doing.value));
  await vi.advanceTimersByTimeAsync(0);
  await see("hidden");
  await vi.advanceTimersByTimeAsync(ALONE_MS * 3);
  expect(asked).toHaveLength(1);
  await see("visible");
  expect(asked).toHaveLength(2);
  doing.value = "return";
  await vi.advanceTimersByTimeAsync(0);
  await see("hidden");
  await vi.advanceTimersByTimeAsync(ALONE_MS);
  expect(asked.slice(2)).toEqual(["a return", "a return"]);
});

test("a refusal is not asked again, a silence is, and old news does not stay for ever", async () => {
  people = [colleague("P2")];
  const found = scope.run(() => usePresence(() => ticket("a"), () => null))!;
  await vi.advanceTimersByTimeAsync(0);
  answer = () => new Response("{}", { status: 503 });
  await vi.advanceTimersByTimeAsync(TOGETHER_MS);
  expect(found.value).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(FORGOTTEN_MS);
  expect(found.value).toEqual([]);
  answer = () => new Response("{}", { status: 404 });
  await vi.advanceTimersByTimeAsync(ALONE_MS);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(ALONE_MS * 3);
  expect(asked).toHaveLength(before);
});

test("who signs in again is there again", async () => {
  answer = () => new Response("{}", { status: 401 });
  scope.run(() => usePresence(() => ticket("a"), () => null));
  await vi.advanceTimersByTimeAsync(0);
  expect(signedOut.value).toBe(true);
  answer = () => new Response(JSON.stringify({ people }));
  signedOut.value = false;
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(2);
});
