import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Connection, pause, WATCHDOG_MS } from "./connection";
import { serve, type Server } from "./wire.test-kit";

let server: Server;
let said: string[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  server = serve();
  said = [];
  connection = new Connection(
    () => "/api/v1/stream?topics=desk&since=4",
    {
      opened: () => said.push("opened"),
      heard: (told) => told.forEach((item) => said.push(item.kind)),
      dropped: () => said.push("dropped"),
      refused: (status) => said.push(`refused ${status}`),
    },
    { fetch: server.fetch, random: () => 1 },
  );
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("the pause before another attempt", () => {
  it("doubles from half a second up to fifteen, spread by chance", () => {
    const most = [0, 1, 2, 3, 4, 9].map((attempt) => pause(attempt, () => 1));
    expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect([0, 4, 40].map((attempt) => pause(attempt, () => 0))).toEqual([500, 500, 500]);
  });
});

describe("a stream that keeps itself open", () => {
  it("gives a line up that is silent for 25 s, and comes back", async () => {
    connection.start();
    await wait(0);
    await wait(WATCHDOG_MS - 1);
    server.last().say(": still here\n\n");
    await wait(WATCHDOG_MS - 1);
    expect(said).toEqual(["opened"]);
    await wait(1);
    expect(said).toEqual(["opened", "dropped"]);
    expect(server.last().aborted()).toBe(true);
    await wait(1_000);
    expect(server.streams).toHaveLength(2);
  });

  it("waits longer after each failure, and little again after a line that held", async () => {
    server.status = 502;
    connection.start();
    await wait(0);
    const attempts = async (ms: number): Promise<number> => (await wait(ms), server.asked.length);
    expect(await attempts(999)).toBe(1);
    expect(await attempts(1)).toBe(2);
    expect(await attempts(1_999)).toBe(2);
    expect(await attempts(1)).toBe(3);
    server.status = 0;
    expect(await attempts(4_000)).toBe(4);
    server.status = 200;
    expect(await attempts(8_000)).toBe(5);
    expect(said.at(-1)).toBe("opened");
    await wait(6_000);
    server.last().end();
    await wait(1_000);
    expect(server.asked).toHaveLength(6);
  });

  it("takes another page's 200 for a failure", async () => {
    const page = vi.fn(() => Promise.resolve(new Response("<html>", { headers: { "content-type": "text/html" } })));
    connection = new Connection(() => "/", { opened: () => said.push("opened"), heard: () => undefined, dropped: () => said.push("dropped"), refused: () => undefined }, { fetch: page, random: () => 0 });
    connection.start();
    await wait(0);
    expect(said).toEqual(["dropped"]);
  });

  it.each([401, 403])("does not come back by itself after %i", async (status) => {
    server.status = status;
    connection.start();
    await wait(60_000);
    expect(said).toEqual([`refused ${status}`]);
    expect(server.asked).toHaveLength(1);
  });

  it("comes back at once when the network does", async () => {
    server.status = 0;
    connection.start();
    await wait(0);
    server.status = 200;
    connection.wake();
    await wait(0);
    expect(said).toEqual(["dropped", "opened"]);
  });

  it("hears nothing from a line it has left", async () => {
    connection.start();
    await wait(0);
    const old = server.last();
    connection.start();
    await wait(0);
    expect(() => old.say("data: {}\n\n")).toThrow();
    expect(said).toEqual(["opened", "opened"]);
  });
});
