import { deflateSync } from "node:zlib";
import type { Yx } from "../../src/shapes.ts";

/** A TIFF file of uint16 planes, a page for each, with a description of the first; `deflate` compresses each plane as one strip. */
export function tiffFile(
  planes: readonly Uint16Array[],
  [rows, columns]: Yx,
  description = "",
  compression: "none" | "deflate" = "none",
): Uint8Array {
  const isDeflated = compression === "deflate";
  const strips = planes.map((plane) => {
    const bytes = new Uint8Array(plane.buffer, plane.byteOffset, 2 * rows * columns);
    return isDeflated ? new Uint8Array(deflateSync(bytes)) : bytes;
  });
  const text = new TextEncoder().encode(`${description}\0`);
  const tagCount = 11;
  const directoryBytes = 2 + 12 * tagCount + 4;
  const textAt = 8;
  const first = textAt + text.length + (text.length % 2);
  const evenBytes = (strip: Uint8Array) => strip.length + (strip.length % 2);
  const stripBytes = strips.reduce((sum, strip) => sum + directoryBytes + evenBytes(strip), 0);
  const view = new DataView(new ArrayBuffer(first + stripBytes));
  view.setUint32(0, 0x49492a00);
  view.setUint32(4, first, true);
  new Uint8Array(view.buffer).set(text, textAt);
  let start = first;
  for (const [n, strip] of strips.entries()) {
    const next = start + directoryBytes + evenBytes(strip);
    // Width, height, bits, compression, photometric (0 is black), description, offset, samples, rows, bytes, format.
    const entries = [
      ...[
        [256, 4, 1, columns],
        [257, 4, 1, rows],
        [258, 3, 1, 16],
        [259, 3, 1, isDeflated ? 8 : 1],
        [262, 3, 1, 1],
      ],
      [270, 2, n === 0 ? text.length : 1, n === 0 && text.length > 4 ? textAt : 0],
      ...[
        [273, 4, 1, start + directoryBytes],
        [277, 3, 1, 1],
        [278, 4, 1, rows],
        [279, 4, 1, strip.length],
        [339, 3, 1, 1],
      ],
    ];
    view.setUint16(start, entries.length, true);
    for (const [index, [tag, type, count, value]] of entries.entries()) {
      const at = start + 2 + 12 * index;
      view.setUint16(at, tag!, true);
      view.setUint16(at + 2, type!, true);
      view.setUint32(at + 4, count!, true);
      view.setUint32(at + 8, value!, true);
    }
    view.setUint32(start + directoryBytes - 4, n + 1 < strips.length ? next : 0, true);
    new Uint8Array(view.buffer).set(strip, start + directoryBytes);
    start = next;
  }
  return new Uint8Array(view.buffer);
}
