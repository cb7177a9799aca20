import { beforeEach, expect, test } from "vitest";

import { Problem } from "@/api/http";
import { flush, type Item, type Line, type Shelf } from "./queue";

let items: Item[] = [];
let next = 1;
const shelf: Shelf = {
  all: async () => items.map((item) => ({ ...item })),
  put: async (item) => {
    item.seq ??= next++;
    items = [...items.filter(({ seq }) => seq !== item.seq), { ...item }].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    return item;
  },
  drop: async (seq) => {
    items = items.filter((item) => item.seq !== seq);
  },
};
const item = (id: string, more: Partial<Item> = {}): Item => ({
  id, ticket: "t", number: "1", what: "w", path: `/${id}`, data: {}, photos: [], proof: [], state: "waiting", why: "", at: 0, ...more,
}); // prettier-ignore

let said: [string, object][] = [];
let fails: Record<string, number> = {};
const line: Line = {
  photo: async () => "p1",
  act: async (path, body) => {
    const status = fails[path];
    if (status !== undefined) throw new Problem(status, { title: "x", detail: `no ${path}` });
    said.push([path, body]);
  },
};
const states = (): string[] => items.map(({ id, state }) => `${id} ${state}`);
const nothing = (): void => undefined;

beforeEach(() => {
  items = [];
  said = [];
  fails = {};
});

test("what was done first is sent first, under its own id, photos before it", async () => {
  await shelf.put(item("a", { photos: [new Blob(["x"])], data: { note: "n" } }));
  await shelf.put(item("b"));
  expect(await flush(shelf, line, nothing)).toBe(true);
  expect(said).toEqual([
    ["/a", { command_id: "a", data: { note: "n", proof: ["p1"] } }],
    ["/b", { command_id: "b", data: {} }],
  ]);
  expect(states()).toEqual(["a sent", "b sent"]);
});

test("without a network nothing is passed over, and the next turn goes on under the same ids", async () => {
  for (const id of ["a", "b", "c"]) await shelf.put(item(id));
  fails = { "/b": 0 };
  expect(await flush(shelf, line, nothing)).toBe(false);
  expect(states()).toEqual(["a sent", "b waiting", "c waiting"]);
  fails = {};
  await flush(shelf, line, nothing);
  expect(said.map(([path]) => path)).toEqual(["/a", "/b", "/c"]);
});

test("a photo that is there is not sent again when its action was not answered", async () => {
  await shelf.put(item("a", { photos: [new Blob(["x"])] }));
  fails = { "/a": 503 };
  await flush(shelf, line, nothing);
  expect(items[0]).toMatchObject({ proof: ["p1"], photos: [], state: "waiting" });
});

test("a refusal is kept with its reason, and what was done after it is sent", async () => {
  for (const id of ["a", "b"]) await shelf.put(item(id));
  fails = { "/a": 409 };
  expect(await flush(shelf, line, nothing)).toBe(true);
  expect(states()).toEqual(["a refused", "b sent"]);
  expect(items[0]?.why).toBe("no /a");
});

test("after the end of the session everything waits", async () => {
  await shelf.put(item("a"));
  fails = { "/a": 401 };
  expect(await flush(shelf, line, nothing)).toBe(false);
  expect(states()).toEqual(["a waiting"]);
});

test("of what arrived only the last are kept", async () => {
  for (const id of ["a", "b", "c", "d", "e", "f", "g"]) await shelf.put(item(id));
  await flush(shelf, line, nothing);
  expect(states()).toEqual(["c sent", "d sent", "e sent", "f sent", "g sent"]);
});
