// After the build: tells the phone's service worker which files its page is made of.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import { closure, manifest, STATIC } from "./closure.mjs";

const WORKER = new URL("m/worker.js", STATIC);
const NEEDED = [
  "index.html",
  "src/texts/chinese.ts",
  "src/texts/english.ts",
  "src/pages/m_inbox/MInboxPage.vue",
  "src/pages/login/LoginPage.vue",
  "src/session/AgainSignIn.vue",
];

const unknown = NEEDED.filter((name) => !manifest[name]);
if (unknown.length) throw new Error(`shell.mjs names what was not built: ${unknown.join(", ")}`);
const files = [...NEEDED.reduce((found, name) => closure(name, found), new Set())].sort();
const name = createHash("sha256").update(readFileSync(new URL("index.html", STATIC))).update(files.join("\n")).digest("hex").slice(0, 16);
const build = JSON.stringify({ name, files: files.map((file) => `/${file}`) });
const code = readFileSync(WORKER, "utf-8");
if (code.split("CHUISHAO_BUILD").length !== 2) throw new Error("m/worker.js wants CHUISHAO_BUILD exactly once");
writeFileSync(WORKER, code.replace("CHUISHAO_BUILD", () => build));
