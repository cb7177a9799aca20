import { ref, watch, type Ref } from "vue";

import { BOXES, type Box } from "@/work/boxes";

/** A way to look at the inbox that somebody gave a name. */
export interface SavedView {
  name: string;
  box: Box;
  words: string;
  urgency: string;
}

const MOST = 12;

function sound(found: unknown): found is SavedView {
  const { name, box, words, urgency } = (found ?? {}) as Record<string, unknown>;
  return typeof name === "string" && BOXES.includes(box as Box) && typeof words === "string" && typeof urgency === "string";
}

/** What was kept; anything that is no view is left out. */
export function read(text: string | null): SavedView[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(sound).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** A view joins the others; of the same name it takes the place of the one before. */
export function joined(views: readonly SavedView[], added: SavedView): SavedView[] {
  return [...views.filter(({ name }) => name !== added.name), added].slice(-MOST);
}

/** The views of one person in this browser. */
export function useSaved(person: string): Ref<SavedView[]> {
  const key = `chuishao.inbox.views.${person}`;
  const views = ref(read(localStorage.getItem(key)));
  watch(views, (now) => localStorage.setItem(key, JSON.stringify(now)), { deep: true });
  return views;
}
