import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { computed, effectScope, nextTick, reactive, type EffectScope } from "vue";

import { recorded, speak, texts } from "@/texts";
import { emptyDraft } from "./draft";
import { keyOf } from "./keep";
import { useAdvice } from "./useAdvice";
import { useDrafts } from "./useDrafts";
import { useFiling } from "./useFiling";

let scope: EffectScope;
const asked: { path: string; body: Record<string, unknown>; headers: Record<string, string> }[] = [];
let answer: (path: string) => Response;
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

beforeEach(() => {
  localStorage.clear();
  asked.length = 0;
  scope = effectScope();
  vi.useFakeTimers({ now: 1_780_000_000_000 });
  answer = () => json({ items: [], next: null });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (init.signal?.aborted) throw new DOMException("", "AbortError");
    const headers = init.headers as Record<string, string>;
    asked.push({ path, body: JSON.parse(String(init.body)) as Record<string, unknown>, headers });
    return answer(path);
  });
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what is typed is kept at a pause and when the page goes, and is there for the next page", () => {
  const drafts = scope.run(() => useDrafts("op-1"))!;
  drafts.current.value.text = "lift";
  expect(localStorage.getItem(keyOf("op-1"))).toBeNull();
  vi.advanceTimersByTime(400);
  expect(localStorage.getItem(keyOf("op-1"))).toContain("lift");
  drafts.park();
  drafts.current.value.phone = "13800004321";
  window.dispatchEvent(new Event("pagehide"));
  const after = effectScope();
  const again = after.run(() => useDrafts("op-1"))!;
  expect(again.all.map((each) => each.text || each.phone)).toEqual(["lift", "13800004321"]);
  after.stop();
});

test("a parked call is left as it is while another is written, and closing the last leaves an empty form", () => {
  const drafts = scope.run(() => useDrafts("op-1"))!;
  drafts.current.value.text = "first";
  const first = drafts.current.value.id;
  drafts.park();
  drafts.park();
  expect(drafts.all).toHaveLength(2);
  drafts.current.value.text = "second";
  drafts.close(drafts.current.value.id);
  expect(drafts.current.value.id).toBe(first);
  drafts.close(first);
  expect(drafts.all.map((each) => each.text)).toEqual([""]);
  expect(localStorage.getItem(keyOf("op-1"))).toBeNull();
});

test("advice is asked for 250 ms after typing has stopped, once, and nothing moves while it is pointed at", async () => {
  const draft = reactive({ ...emptyDraft(), text: "" });
  const { advice, hold, waiting } = scope.run(() => useAdvice(computed(() => draft)))!;
  for (const text of ["lift", "lift st", "lift stands"]) {
    draft.text = text;
    await nextTick();
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(asked).toEqual([]);
  answer = () => json({ items: [{ number: "1", unit: "A" }], next: null });
  await vi.advanceTimersByTimeAsync(50);
  expect(asked.map(({ path }) => path)).toEqual(["/v1/suggest", "/v1/complaints/duplicates"]);
  expect(advice.value.duplicates).toHaveLength(1);
  hold(true);
  answer = () => json({ items: [], next: null });
  draft.text = "lift stands still";
  await nextTick();
  await vi.advanceTimersByTimeAsync(250);
  expect([advice.value.duplicates.length, waiting.value]).toEqual([1, true]);
  hold(false);
  expect([advice.value.duplicates.length, waiting.value]).toEqual([0, false]);
});

test("words and phones go in bodies, never in addresses", async () => {
  const draft = reactive({ ...emptyDraft(), text: "lift stands", phone: "13800004321" });
  scope.run(() => useAdvice(computed(() => draft)));
  await vi.advanceTimersByTimeAsync(250);
  expect(asked[1]).toMatchObject({ body: { text: "lift stands", phone: "13800004321", limit: 5 } });
  expect(asked.map(({ path }) => path).join()).not.toMatch(/lift|138/);
});

test("a filing nobody answered is sent again under its key; a refused one begins anew and nothing is cleared", async () => {
  const drafts = scope.run(() => useDrafts("op-1"))!;
  const filing = useFiling(drafts, "op-1");
  drafts.current.value.text = "lift";
  const keys = (): string[] => asked.map(({ headers }) => headers["Idempotency-Key"] ?? "");
  answer = () => json({ title: "busy", detail: "later" }, 503);
  expect(await filing.submit("")).toBe(false);
  answer = () => json({ title: "invalid", detail: "no", field: "text" }, 422);
  expect(await filing.submit("")).toBe(false);
  answer = () => json({ complaint_id: "c", number: "261121480271", received_at: "" }, 201);
  expect(drafts.current.value.text).toBe("lift");
  expect(await filing.submit("")).toBe(true);
  const [first, second, third] = keys();
  expect([first === second, second === third]).toEqual([true, false]);
  expect(filing.done.value).toEqual({ how: "filed", number: "261121480271" });
  expect(drafts.current.value.text).toBe("");
});

test("what goes into the record is Chinese, whatever the screen speaks", async () => {
  vi.useRealTimers();
  await speak("en");
  expect(texts.global.t("intake.press")).toBe("Urge");
  const said = await recorded("intake.press_words");
  expect(said).toMatch(/\p{Script=Han}/u);
  expect(texts.global.locale.value).toBe("en");
});
