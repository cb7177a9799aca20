import { computed } from "vue";
import { createI18n } from "vue-i18n";

import { carried } from "@/api/http";

export interface Tree {
  [name: string]: string | Tree;
}
export type Language = "zh-CN" | "en";

const KEPT = "chuishao.language";
/** A language is fetched when it is first used: most people never change it. */
const LOAD: Record<Language, () => Promise<{ files: Record<string, Tree> }>> = {
  "zh-CN": () => import("./chinese"),
  en: () => import("./english"),
};

function first(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh-CN" || kept === "en") return kept;
  const named = navigator.languages.find((name) => /^(zh|en)/i.test(name));
  return named && /^en/i.test(named) ? "en" : "zh-CN";
}

/** The texts of all pages, one file a page and language: `<page>.<key>`. */
export const texts = createI18n({ legacy: false, locale: first() as string, messages: {} });

async function learn(chosen: Language): Promise<void> {
  const { files } = await LOAD[chosen]();
  const named = Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.json$/g, ""), text]);
  texts.global.setLocaleMessage(chosen, Object.fromEntries(named));
}

/** A text that goes into the record: in the source language, whatever the screen speaks. */
export async function recorded(key: string): Promise<string> {
  if (!texts.global.te(key, "zh-CN")) await learn("zh-CN").catch(() => undefined);
  return texts.global.te(key, "zh-CN") ? texts.global.t(key, {}, { locale: "zh-CN" }) : texts.global.t(key);
}

/** Fetch what a language says, then speak it. */
export async function speak(chosen: Language = first()): Promise<void> {
  await learn(chosen);
  texts.global.locale.value = chosen;
  carried.language = chosen;
  document.documentElement.lang = chosen;
}

/** The language in use; setting it switches every text without a reload and is remembered. */
export const language = computed<Language>({
  get: () => texts.global.locale.value as Language,
  set: (chosen) => {
    localStorage.setItem(KEPT, chosen);
    void speak(chosen);
  },
});
