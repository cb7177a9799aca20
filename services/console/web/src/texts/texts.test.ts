import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

type Tree = { [name: string]: string | Tree };

const files = import.meta.glob<Tree>("./*/*.json", { eager: true, import: "default" });
const of = (language: string): Map<string, Tree> =>
  new Map(
    Object.entries(files)
      .filter(([path]) => path.startsWith(`./${language}/`))
      .map(([path, tree]) => [path.split("/")[2] ?? "", tree]),
  );
const chinese = of("zh-CN");
const english = of("en");

function flat(tree: Tree, before = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, below] of Object.entries(tree)) {
    if (typeof below === "string") found.set(before + name, below);
    else for (const [key, text] of flat(below, `${before}${name}.`)) found.set(key, text);
  }
  return found;
}

const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((each) => each[1] ?? "").sort();

test("every page has its texts in both languages", () => {
  expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
});

test.each([...chinese.keys()])("%s says the same things in both languages", (file) => {
  const zh = flat(chinese.get(file) ?? {});
  const en = flat(english.get(file) ?? {});
  expect([...en.keys()].sort()).toEqual([...zh.keys()].sort());
  for (const [key, text] of zh) {
    expect(places(en.get(key) ?? ""), key).toEqual(places(text));
    expect(text, key).not.toBe("");
  }
});

test.each([...english.keys()])("%s is English where it should be", (file) => {
  for (const [key, text] of flat(english.get(file) ?? {})) {
    if (!key.startsWith("other_language")) expect(text, key).not.toMatch(/\p{Script=Han}/u);
  }
});

/** All but the types, whose comments are those of the services. */
const sources = import.meta.glob(["../**/*.{vue,ts}", "!../api/schema/*"], { query: "?raw", import: "default", eager: true });

test("no text for people stands outside the texts", () => {
  const found = Object.entries(sources as Record<string, string>)
    .filter(([path, code]) => !path.endsWith(".test.ts") && /\p{Script=Han}/u.test(code))
    .map(([path]) => path);
  expect(found).toEqual([]);
});

test("what names a text in keys names one that is there", () => {
  const known = new Set([...chinese].flatMap(([file, tree]) => [...flat(tree, `${file.replace(".json", "")}.`).keys()]));
  const named = Object.entries(sources as Record<string, string>)
    .filter(([path]) => !path.endsWith(".test.ts"))
    .flatMap(([, code]) => [...code.matchAll(/text: "([a-z_]+(?:\.[\w-]+)+)"|"(keys\.[\w.]+)"/g)].map((each) => each[1] ?? each[2] ?? ""));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((key) => !known.has(key))).toEqual([]);
});

test("the address bar's page is Chinese first", () => {
  expect(readFileSync("index.html", "utf-8")).toContain('lang="zh-CN"');
});
