import { describe, expect, it } from "vitest";

import { Cursor, SseReader, topicOf, type Told } from "./frames";

const frame = (seq: number, prev: number, topic = "desk"): string =>
  `id: ${seq}\ndata: ${JSON.stringify({ topic, prev, seq, now: "2026-11-22T01:00:00Z", events: [] })}\n\n`;

const seqs = (told: Told[]): (number | string)[] => told.map((item) => (item.kind === "frame" ? item.frame.seq : `reset ${item.seq}`));

describe("reading a stream", () => {
  const text = `retry: 1000\n\n: still here\n\n${frame(7, 0)}event: reset\ndata: {"seq":90}\n\n${frame(91, 7)}`;

  it("finds the same frames wherever the text is cut, with every kind of line end", () => {
    for (const written of [text, text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r")]) {
      for (let cut = 0; cut <= written.length; cut += 1) {
        const reader = new SseReader();
        const told = [...reader.push(written.slice(0, cut)), ...reader.push(written.slice(cut)), ...reader.push(": end\n")];
        expect(seqs(told), `cut at ${cut}`).toEqual([7, "reset 90", 91]);
      }
    }
  });

  it("takes a frame it cannot read for a reset: it may have been of any topic", () => {
    expect(seqs(new SseReader().push(`id: 12\ndata: {"topic":"desk"\n\n`))).toEqual(["reset 12"]);
    expect(seqs(new SseReader().push(`id: 13\ndata: {"topic":"desk","seq":13}\n\n`))).toEqual(["reset 13"]);
  });
});

describe("where a reader of a topic stands", () => {
  const judge = (from: number, frames: [seq: number, prev: number][]): string[] => {
    const cursor = new Cursor(from);
    return frames.map(([seq, prev]) => cursor.take({ topic: "desk", seq, prev }));
  };

  it("drops what the snapshot already holds and takes the first frame that reaches back to it", () => {
    expect(judge(100, [[90, 80], [100, 90], [105, 90], [110, 105]])).toEqual(["duplicate", "duplicate", "take", "take"]);
    expect(judge(100, [[105, 0]])).toEqual(["take"]);
  });

  it("sees a gap right behind the snapshot", () => {
    expect(judge(100, [[110, 105]])).toEqual(["gap"]);
  });

  it("asks for the very frame before from then on, and does not step over a gap", () => {
    expect(judge(100, [[105, 90], [112, 100]])).toEqual(["take", "gap"]);
    expect(judge(100, [[105, 90], [112, 110], [110, 105]])).toEqual(["take", "gap", "take"]);
    expect(judge(100, [[105, 90], [112, 0]])).toEqual(["take", "gap"]);
  });

  it("drops what comes twice after a reconnect", () => {
    expect(judge(5, [[6, 5], [7, 6], [6, 5], [7, 6], [8, 7]])).toEqual(["take", "take", "duplicate", "duplicate", "take"]);
  });

  it("follows each chain of a topic by itself, and knows how far it is in all", () => {
    const cursor = new Cursor(100);
    const [plain, kept] = ["inbox.u1", "inbox.u1!u7+u9"];
    const judged = [[plain, 105, 90], [kept, 106, 40], [plain, 107, 105], [kept, 108, 106], [kept, 110, 109], [plain, 111, 107]] as const;
    expect(judged.map(([topic, seq, prev]) => cursor.take({ topic, seq, prev }))).toEqual(["take", "take", "take", "take", "gap", "take"]);
    expect([cursor.last, topicOf({ topic: kept }), topicOf({ topic: plain })]).toEqual([111, plain, plain]);
  });
});
