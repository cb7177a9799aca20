import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, type EffectScope } from "vue";

import { chordOpen, useActiveKeys, useKeys, useSingleKeys } from "./keys";
import { keyName } from "./match";

let scope: EffectScope;
let ran: string[];

const shortcut = (name: string): { text: string; run: () => void } => ({ text: `keys.${name}`, run: () => void ran.push(name) });

function press(key: string, init: KeyboardEventInit & { keyCode?: number } = {}, target: Element = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  if (init.keyCode) Object.defineProperty(event, "keyCode", { value: init.keyCode });
  target.dispatchEvent(event);
  return event;
}

function field(html: string): Element {
  document.body.innerHTML = html;
  return document.body.querySelector("[data-here]")!;
}

beforeEach(() => {
  ran = [];
  scope = effectScope();
  scope.run(() =>
    useKeys({
      "/": shortcut("search"),
      "?": shortcut("sheet"),
      "g i": shortcut("inbox"),
      "g h": shortcut("hall"),
      i: shortcut("single"),
      Esc: shortcut("back"),
      "Ctrl+Enter": shortcut("send"),
      "Alt+1": shortcut("first"),
    }),
  );
});
afterEach(() => {
  scope.stop();
  useSingleKeys().value = true;
  document.body.innerHTML = "";
  vi.useRealTimers();
});

describe("page keys", () => {
  it("runs them and keeps the browser from acting too", () => {
    const events = [press("/"), press("?", { shiftKey: true }), press("Escape"), press("Enter", { ctrlKey: true }), press("1", { altKey: true, code: "Digit1" })];
    expect(ran).toEqual(["search", "sheet", "back", "send", "first"]);
    expect(events.every((event) => event.defaultPrevented)).toBe(true);
  });

  it("knows the digit where Alt writes another character, the full-width marks and a Mac's command key", () => {
    press("\u00A1", { altKey: true, code: "Digit1" });
    press("\uFF1F", { shiftKey: true });
    press("Enter", { metaKey: true });
    expect(ran).toEqual(["first", "sheet", "send"]);
    expect(keyName(new KeyboardEvent("keydown", { key: "X", shiftKey: true }))).toBe("Shift+x");
  });

  it("takes no other modifiers for the same key: AltGr writes characters", () => {
    press("1", { altKey: true, ctrlKey: true, code: "Digit1" });
    press("Enter", { ctrlKey: true, shiftKey: true });
    press("/", { ctrlKey: true });
    expect(ran).toEqual([]);
  });

  it("takes two keys in a row, for a while", () => {
    vi.useFakeTimers();
    press("g");
    expect(chordOpen()).toBe(true);
    press("i");
    expect([ran, chordOpen()]).toEqual([["inbox"], false]);
    press("g");
    vi.advanceTimersByTime(2_000);
    press("i");
    expect(ran).toEqual(["inbox", "single"]);
  });
});

describe("somebody writes", () => {
  const composing: [string, KeyboardEventInit & { keyCode?: number }][] = [
    ["isComposing", { isComposing: true }],
    ["keyCode 229", { keyCode: 229 }],
  ];

  it.each(composing)("never acts during composition (%s), not even Ctrl+Enter or Esc", (_, init) => {
    const input = field("<input data-here>");
    for (const target of [input, document.body]) {
      press("Enter", { ...init, ctrlKey: true }, target);
      press("Escape", init, target);
      press("/", init, target);
    }
    expect(ran).toEqual([]);
  });

  it.each(["<input data-here>", "<textarea data-here></textarea>", "<select data-here></select>", "<div contenteditable><b data-here></b></div>", "<div role='combobox' data-here></div>"])(
    "leaves single keys to %s, but not the others",
    (html) => {
      const target = field(html);
      expect([press("/", {}, target), press("g", {}, target), press("i", {}, target)].some((event) => event.defaultPrevented)).toBe(false);
      expect(ran).toEqual([]);
      press("Enter", { ctrlKey: true }, target);
      press("1", { altKey: true, code: "Digit1" }, target);
      press("Escape", {}, target);
      expect(ran).toEqual(["send", "first", "back"]);
    },
  );

  it("acts where a field takes no text", () => {
    press("/", {}, field("<input type='checkbox' data-here>"));
    expect(ran).toEqual(["search"]);
  });
});

describe("single keys switched off", () => {
  it("rests them, keeps the others and is remembered", async () => {
    useSingleKeys().value = false;
    expect(localStorage.getItem("chuishao.single-keys")).toBe("off");
    for (const key of ["/", "?", "g", "i"]) press(key);
    press("Escape");
    expect(ran).toEqual(["back"]);
    vi.resetModules();
    expect((await import("./keys")).useSingleKeys().value).toBe(false);
  });
});

describe("who is asked", () => {
  it("asks the newest first, passes on what it leaves, and forgets it with its component", () => {
    const page = effectScope();
    let mine = true;
    page.run(() => useKeys({ Esc: { text: "keys.close", run: () => (mine ? void ran.push("close") : false) } }));
    press("Escape");
    mine = false;
    press("Escape");
    mine = true;
    page.stop();
    press("Escape");
    expect(ran).toEqual(["close", "back", "back"]);
  });

  it("leaves alone what somebody handled, and what is not active", () => {
    scope.run(() => useKeys({ n: { ...shortcut("note"), when: () => false } }));
    const input = field("<button data-here></button>");
    input.addEventListener("keydown", (event) => event.preventDefault());
    press("Escape", {}, input);
    press("n");
    expect(ran).toEqual([]);
  });

  it("acts in an open dialog only where it says so", () => {
    scope.run(() => useKeys({ "Ctrl+Enter": { ...shortcut("dialog"), modal: true } }));
    const inside = field("<div role='dialog' aria-modal='true'><input data-here></div>");
    press("Enter", { ctrlKey: true }, inside);
    press("Escape", {}, inside);
    press("/", {}, inside.parentElement!);
    expect(ran).toEqual(["dialog"]);
  });
});

describe("the list for the sheet", () => {
  it("shows what is active now", async () => {
    const active = scope.run(() => useActiveKeys())!;
    scope.run(() => useKeys({ Esc: { ...shortcut("close"), group: "dialog" }, n: { ...shortcut("note"), when: () => false } }));
    expect(active.value.map(({ keys, text, group }) => `${keys} ${text} ${group}`)).toEqual([
      "/ keys.search page",
      "? keys.sheet page",
      "g i keys.inbox page",
      "g h keys.hall page",
      "i keys.single page",
      "Esc keys.close dialog",
      "Ctrl+Enter keys.send page",
      "Alt+1 keys.first page",
    ]);
    useSingleKeys().value = false;
    await nextTick();
    expect(active.value.map(({ keys }) => keys)).toEqual(["Esc", "Ctrl+Enter", "Alt+1"]);
  });
});
