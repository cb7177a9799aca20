import type { Tree } from "./index";

/** Every text in Chinese, one file a page. */
export const files = import.meta.glob<Tree>("./zh-CN/*.json", { eager: true, import: "default" });
