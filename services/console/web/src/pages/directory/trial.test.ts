import { expect, it } from "vitest";

import { byFile, changes, counted, inLanguage, inside, KINDS, same, total, type Changes, type Difference, type Fault, type Kind } from "./trial";
import { crc32, packed } from "./zip";

const NONE: Changes = { added: [], removed: [], changed: {}, counts: [0, 0, 0] };
const fault = (file: string, line: number): Fault => ({ file, line, field: "-", kind: "x", remedy: "" });
const file = (path: string): File => {
  const made = new File(["x"], path.split("/").at(-1) ?? "");
  Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
};

it("takes of a folder what may belong to a directory, by its name inside", () => {
  const names = ["city/units.csv", "city/calendar/2026.csv", "city/limits.toml", "city/areas.geojson", "city/notes.xlsx", "city/.git/a.csv", "city/.~units.csv"];
  expect(inside(names.map(file)).map(({ name }) => name)).toEqual(["units.csv", "calendar/2026.csv", "limits.toml", "areas.geojson"]);
  expect(inside([file("")].map(() => new File(["x"], "units.csv"))).map(({ name }) => name)).toEqual(["units.csv"]);
});

it("says a remedy in one language", () => {
  expect([inLanguage("a / b / c", "zh-CN"), inLanguage("a / b / c", "en"), inLanguage("alone", "en")]).toEqual(["a", "b / c", "alone"]);
});

it("gathers faults by file in their order", () => {
  const found = byFile([fault("b.csv", 2), fault("a.csv", 1), fault("b.csv", 9)]);
  expect(found.map((one) => [one.file, one.faults.map(({ line }) => line)])).toEqual([["b.csv", [2, 9]], ["a.csv", [1]]]);
});

it("lists what goes, what comes and what is otherwise, values as people read them", () => {
  const of: Changes = { added: ["n"], removed: ["o"], changed: { c: { lead: ["A", "B"], assists: [["X", "Y"], []], valid_to: [null, "2026-12-01"] } }, counts: [1, 1, 1] };
  expect(changes(of).map(({ mark, code }) => `${mark} ${code}`)).toEqual(["removed o", "added n", "changed c"]);
  expect(changes(of)[2]?.fields).toEqual([
    { name: "lead", before: "A", after: "B" },
    { name: "assists", before: "X, Y", after: "" },
    { name: "valid_to", before: "", after: "2026-12-01" },
  ]);
  expect(total({ ...of, counts: [600, 1, 2] })).toBe(603);
});

it("counts what decides always, the other tables where they changed", () => {
  const none = Object.fromEntries(KINDS.map((kind) => [kind, NONE])) as unknown as Difference;
  expect(counted(none)).toEqual(["areas", "units", "posts", "rules", "categories"]);
  expect(counted({ ...none, limits: { ...NONE, counts: [0, 0, 1] } })).toEqual(["areas", "units", "posts", "rules", "categories", "limits"]);
});

it("is the same where every count is nought", () => {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  const summary = { ...kinds, cells_with_another_owner: 0, owner_changes: 0, moved: 0, ended: 0 };
  const none = { summary, areas: NONE } as unknown as Difference;
  expect(same(none)).toBe(true);
  expect(same({ ...none, summary: { ...summary, moved: 1 } })).toBe(false);
});

it("reckons the remainder every zip reader reckons", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

it("packs files so that their list is found from the end", async () => {
  const heard: number[] = [];
  const zip = await packed([{ name: "units.csv", file: new Blob(["code\n"]) }, { name: "calendar/2026.csv", file: new Blob([""]) }], (n) => heard.push(n));
  const bytes = new DataView(await zip.arrayBuffer());
  const end = bytes.byteLength - 22;
  expect(bytes.getUint32(end, true)).toBe(0x06054b50);
  expect(bytes.getUint16(end + 10, true)).toBe(2);
  const list = bytes.getUint32(end + 16, true);
  expect(list + bytes.getUint32(end + 12, true)).toBe(end);
  expect(bytes.getUint32(list, true)).toBe(0x02014b50);
  const name = new Uint8Array(bytes.buffer, list + 46, bytes.getUint16(list + 28, true));
  expect(new TextDecoder().decode(name)).toBe("units.csv");
  expect([zip.type, heard]).toEqual(["application/zip", [1, 2]]);
});
