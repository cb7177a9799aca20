import { beforeEach, expect, test, vi } from "vitest";

import { recall, remember } from "@/offline/who";

const ME = { sub: "P1", roles: ["unit"], person_units: [{ unit: "GT-1", name: "n", leading: false }], areas: [], topics: [], csrf: "c", until: 0, services_time: "2026-11-23T02:00:00Z" };
let mine: typeof import("./session");
let answer: () => Response;

const away = (): Response => {
  throw new TypeError("no network");
};
const says = (status: number, body: object) => (): Response => new Response(JSON.stringify(body), { status });

beforeEach(async () => {
  localStorage.clear();
  ME.until = Date.now() / 1_000 + 60;
  vi.resetModules();
  vi.stubGlobal("fetch", async () => answer());
  mine = await import("./session");
});

test("without a network the person before goes on, and writes nothing until the server knows them", async () => {
  remember(ME);
  expect(localStorage.getItem("chuishao.who")).not.toContain('"c"');
  answer = away;
  const why = await mine.resume().catch((error: unknown) => error);
  expect([mine.goOn(why), mine.session.value?.sub, mine.unit.value]).toEqual([true, "P1", "GT-1"]);
  expect(await mine.confirmed()).toBe(false);
  answer = says(200, { ...ME, csrf: "new" });
  expect([await mine.confirmed(), mine.session.value?.csrf]).toEqual([true, "new"]);
});

test("nobody goes on after the end of the sign-in, after signing out, or where the server said no", async () => {
  const { Problem: Its } = await import("@/api/http");
  remember({ ...ME, until: Date.now() / 1_000 - 1 });
  expect(mine.goOn(new Its(0, {}))).toBe(false);
  remember(ME);
  expect(mine.goOn(new Its(403, {}))).toBe(false);
  answer = says(401, {});
  expect(await mine.resume()).toBe(false);
  expect(recall(Date.now())).toBeNull();
  remember(ME);
  answer = says(204, {});
  await mine.signOut().catch(() => undefined);
  expect(recall(Date.now())).toBeNull();
});

test("whoever signs in next is not taken for the one before", async () => {
  remember(ME);
  answer = says(200, { ...ME, sub: "P2" });
  await mine.signIn("token");
  expect([mine.session.value?.sub, recall(Date.now())]).toEqual(["P2", null]);
});

test("what is no session is none", () => {
  localStorage.setItem("chuishao.who", "{");
  expect(recall(0)).toBeNull();
});
