import type { Tree } from "./index";

/** Every text in English, one file a page. */
export const files = import.meta.glob<Tree>("./en/*.json", { eager: true, import: "default" });
