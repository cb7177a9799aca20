/** A zip of some files, so that a folder travels as one body. Pure but for the browser's own compression. */

export interface Packable {
  name: string;
  file: Blob;
}

interface Entry {
  name: Uint8Array;
  crc: number;
  size: number;
  packed: Uint8Array;
  at: number;
}

const LOCAL = 0x04034b50;
const LISTED = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const DEFLATED = 8;
/** 1980-01-01, the first day a zip knows: what day it is changes nothing. */
const DAY = 0x21;

const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

export function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (REMAINDERS[(rest ^ byte) & 0xff] ?? 0);
  return ~rest >>> 0;
}

/** Pack files one after the other; `done` hears after each. */
export async function packed(files: readonly Packable[], done: (n: number) => void = () => undefined): Promise<Blob> {
  const parts: Uint8Array[] = [];
  const entries: Entry[] = [];
  let at = 0;
  for (const [n, { name, file }] of files.entries()) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const entry = { name: new TextEncoder().encode(name), crc: crc32(bytes), size: bytes.length, packed: await deflated(bytes), at };
    const head = numbers([LOCAL, 4], [VERSION, 2], ...described(entry));
    parts.push(head, entry.name, entry.packed);
    at += head.length + entry.name.length + entry.packed.length;
    entries.push(entry);
    done(n + 1);
  }
  const list = entries.flatMap((entry) => [
    numbers([LISTED, 4], [VERSION, 2], [VERSION, 2], ...described(entry), [0, 2], [0, 2], [0, 2], [0, 4], [entry.at, 4]),
    entry.name,
  ]);
  const size = list.reduce((sum, part) => sum + part.length, 0);
  const end = numbers([END, 4], [0, 2], [0, 2], [entries.length, 2], [entries.length, 2], [size, 4], [at, 4], [0, 2]);
  return new Blob([...parts, ...list, end] as BlobPart[], { type: "application/zip" });
}

/** What an entry says of itself at both of its places. */
const described = (entry: Entry): [number, 2 | 4][] => [
  [FLAGS, 2], [DEFLATED, 2], [0, 2], [DAY, 2], [entry.crc, 4], [entry.packed.length, 4], [entry.size, 4], [entry.name.length, 2], [0, 2],
]; // prettier-ignore

function numbers(...fields: [number, 2 | 4][]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(fields.reduce((sum, [, width]) => sum + width, 0)));
  let at = 0;
  for (const [value, width] of fields) {
    if (width === 2) bytes.setUint16(at, value, true);
    else bytes.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(bytes.buffer);
}

async function deflated(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
