/** A server of streams and snapshots for tests: what `fetch` would reach, under the test's hand. */

import type { Frame } from "./frames";

export interface OpenStream {
  url: URL;
  say(text: string): void;
  frame(frame: Partial<Frame> & { topic: string; seq: number; prev: number }): void;
  end(): void;
  aborted(): boolean;
}

export interface Server {
  fetch: typeof fetch;
  streams: OpenStream[];
  /** Every request that asked for a stream, answered or not. */
  asked: URL[];
  last(): OpenStream;
  /** What to answer a stream with; 200 when not set. */
  status: number;
  problem: Record<string, unknown>;
  snapshots: Map<string, () => { status?: number; body: unknown }>;
  fetched: string[];
}

export function frameText(frame: Partial<Frame> & { topic: string; seq: number; prev: number }): string {
  return `id: ${frame.seq}\ndata: ${JSON.stringify({ now: new Date().toISOString(), events: [], ...frame })}\n\n`;
}

export function serve(): Server {
  const server: Server = {
    streams: [],
    asked: [],
    status: 200,
    problem: {},
    snapshots: new Map(),
    fetched: [],
    last: () => server.streams.at(-1)!,
    fetch: (input, init) => answer(server, new URL(String(input), "http://console.test"), init?.signal ?? null),
  };
  return server;
}

async function answer(server: Server, url: URL, signal: AbortSignal | null): Promise<Response> {
  if (url.pathname !== "/api/v1/stream") {
    const path = url.pathname.replace("/api/v1/", "") + url.search;
    server.fetched.push(path);
    const { status = 200, body } = server.snapshots.get(path)?.() ?? { status: 503, body: {} };
    return Response.json(body, { status });
  }
  server.asked.push(url);
  if (server.status === 0) throw new TypeError("refused");
  if (server.status !== 200) return Response.json(server.problem, { status: server.status });
  return new Response(stream(server, url, signal), { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

function stream(server: Server, url: URL, signal: AbortSignal | null): ReadableStream<Uint8Array> {
  let control!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (control = given) });
  const open: OpenStream = {
    url,
    say: (text) => control.enqueue(new TextEncoder().encode(text)),
    frame: (frame) => open.say(frameText(frame)),
    end: () => control.close(),
    aborted: () => signal?.aborted ?? false,
  };
  signal?.addEventListener("abort", () => control.error(new DOMException("aborted", "AbortError")));
  server.streams.push(open);
  return body;
}
