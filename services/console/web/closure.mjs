// What the build made, and which of it belongs together.
import { readFileSync } from "node:fs";

export const STATIC = new URL("../static/", import.meta.url);
export const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", STATIC), "utf-8"));

/** The files of a source and of all it imports at once: scripts, styles, pictures. */
export function closure(name, found = new Set()) {
  const chunk = manifest[name];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const beside of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) found.add(beside);
  for (const below of chunk.imports ?? []) closure(below, found);
  return found;
}
