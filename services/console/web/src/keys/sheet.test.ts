import { mount } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { effectScope, nextTick } from "vue";
import { createI18n } from "vue-i18n";

import KeySheet from "./KeySheet.vue";
import { listGridKeys, useKeys, useSingleKeys } from "./keys";

const texts = createI18n({
  legacy: false,
  locale: "en",
  messages: {
    en: {
      keys: { title: "Keys", close: "Close", single: "Single letters", then: "then", group: { page: "Page", grid: "List" }, name: { Esc: "Escape" } },
      shell: { back: "Back", inbox: "Inbox", send: "Send", down: "Down" },
    },
  },
});
const scope = effectScope();
afterEach(() => {
  useSingleKeys().value = true;
});

describe("the sheet of keys", () => {
  it("lists what is active under its headings and switches single keys off", async () => {
    const run = (): void => undefined;
    scope.run(() => {
      useKeys({ Esc: { text: "shell.back", run }, "g i": { text: "shell.inbox", run }, "Ctrl+Enter": { text: "shell.send", run } });
      listGridKeys([["j", "shell.down"]]);
    });
    const sheet = mount(KeySheet, { props: { open: true }, global: { plugins: [texts] }, attachTo: document.body });
    await nextTick();
    await nextTick();
    expect(sheet.get("dialog").attributes("open")).toBeDefined();
    const lines = (): string[] => sheet.findAll("dl > div").map((each) => each.text().replace(/\s+/g, " "));
    expect(sheet.findAll("h3").map((each) => each.text())).toEqual(["Page", "List"]);
    expect(lines()).toEqual(["EscapeBack", "gtheniInbox", "CtrlEnterSend", "jDown"]);
    await sheet.get("input").setValue(false);
    expect(lines()).toEqual(["EscapeBack", "CtrlEnterSend"]);
    await sheet.get(".key-sheet-close").trigger("click");
    expect(sheet.emitted("update:open")).toEqual([[false]]);
    scope.stop();
    sheet.unmount();
  });
});
