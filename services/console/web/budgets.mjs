// What a page may weigh: JavaScript on the wire (gzip) of the entry, the page and all they import at once.
// `node budgets.mjs` after the build; exits 1 with the pages that are over.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { closure, manifest, STATIC } from "./closure.mjs";

/** The program, and the language that is fetched before anything is shown. */
const FIRST = ["index.html", "src/texts/chinese.ts"];
const KB = 1000;
const BUDGETS_KB = {
  "src/pages/login/LoginPage.vue": 140,
  "src/pages/intake/IntakePage.vue": 170,
  "src/pages/inbox/InboxPage.vue": 170,
  "src/pages/hall/HallPage.vue": 320,
};

const weight = (file) => gzipSync(readFileSync(new URL(file, STATIC))).length;
let over = 0;
for (const [page, most] of Object.entries(BUDGETS_KB)) {
  if (!manifest[page]) continue;
  const files = [...FIRST.reduce((found, name) => closure(name, found), closure(page))].filter((file) => file.endsWith(".js"));
  const kb = files.reduce((sum, file) => sum + weight(file), 0) / KB;
  const late = kb > most;
  over += Number(late);
  console.log(`${late ? "OVER" : "ok  "} ${page} ${kb.toFixed(1)} of ${most} kB`);
}
process.exit(over ? 1 : 0);
