import { beforeEach, expect, test } from "vitest";

import { Shell } from "./shell";

const ORIGIN = "https://city.example";
let kept: Map<string, Map<string, string>>;
let served: Record<string, string>;
let status: number;
let asked: string[];

/** Caches as a browser has them, as far as they are used here. */
const caches = {
  open: async (name: string) => {
    const files = kept.get(name) ?? new Map<string, string>();
    kept.set(name, files);
    return {
      addAll: async (all: (string | Request)[]) => {
        const found = await Promise.all(all.map(async (one) => {
          const path = new URL(typeof one === "string" ? one : one.url, ORIGIN).pathname;
          const text = served[path];
          if (text === undefined) throw new TypeError(path);
          return [ORIGIN + path, text] as const;
        }));
        for (const [address, text] of found) files.set(address, text);
      },
      match: async (address: string) => (files.has(address) ? new Response(files.get(address)) : undefined),
    };
  },
  keys: async () => [...kept.keys()],
  delete: async (name: string) => kept.delete(name),
} as unknown as CacheStorage;
const line = (async (request: Request) => {
  const path = new URL(request.url).pathname;
  asked.push(path);
  if (!status) throw new TypeError("no network");
  return new Response(served[path] ?? "", { status });
}) as unknown as typeof fetch;
const shell = (name = "b1"): Shell => new Shell({ name, files: ["/assets/a-1.js"] }, { caches, fetch: line, origin: ORIGIN });
const request = (path: string, more: Record<string, string> = {}): Request =>
  ({ url: ORIGIN + path, method: "GET", mode: "cors", ...more }) as unknown as Request;
const page = (): Request => request("/m/inbox?x=1", { mode: "navigate" });
const said = async (answer: Promise<Response> | null): Promise<string | undefined> => (await answer)?.text();

beforeEach(async () => {
  kept = new Map();
  served = { "/m/inbox": "old page", "/assets/a-1.js": "a" };
  asked = [];
  status = 200;
  await shell().install();
});

test("the server's page comes first, the kept one where the server is away or broken", async () => {
  served["/m/inbox"] = "new page";
  expect(await said(shell().answer(page()))).toBe("new page");
  for (status of [0, 502]) expect(await said(shell().answer(page()))).toBe("old page");
  status = 404;
  expect((await shell().answer(page()))?.status).toBe(404);
});

test("a file that is kept is not asked for, another one is", async () => {
  status = 0;
  expect(await said(shell().answer(request("/assets/a-1.js")))).toBe("a");
  expect(asked).toEqual([]);
  await expect(shell().answer(request("/assets/b-2.js"))).rejects.toThrow("no network");
});

test.each([
  ["what programs answer", request("/api/v1/inbox")],
  ["what is written", request("/assets/a-1.js", { method: "POST" })],
  ["another's files", { url: "https://other.example/assets/a-1.js", method: "GET", mode: "cors" } as Request],
])("%s is none of its business", (_, asked) => {
  expect(shell().answer(asked)).toBeNull();
});

test("a new build keeps its own files and drops the old ones', and none of another program", async () => {
  kept.set("somebody else's", new Map());
  const next = shell("b2");
  await next.install();
  await next.tidy();
  expect([...kept.keys()]).toEqual(["somebody else's", "chuishao.shell.b2"]);
});

test("a build that cannot be had whole is not kept", async () => {
  delete served["/assets/a-1.js"];
  await expect(shell("b3").install()).rejects.toThrow();
  expect(kept.get("chuishao.shell.b3")?.size).toBe(0);
});
