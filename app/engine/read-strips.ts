/** Reads a part of a plane some rows of chunks at a time, as servers answer several requests at once. */
import type { PixelLevel } from "isolux";

type Box = Parameters<PixelLevel["readBox"]>[1];

/** Requests at a time; one if chunks are large, as each takes memory. */
const lanes = 4;
const largeChunkBytes = 32e6;

/** The pixels of a box of one plane, in rows. */
export async function readInStrips(level: PixelLevel, channel: number, box: Box) {
  const [z, top, left] = box.start;
  const [, bottom, right] = box.stop;
  const [, , rows] = level.chunkShapeCzyx;
  const edges = [top];
  for (let y = (Math.floor(top / rows) + 1) * rows; y < bottom; y += rows) edges.push(y);
  const chunkBytes = 4 * level.chunkShapeCzyx.reduce((product, extent) => product * extent, 1);
  if (edges.length === 1 || chunkBytes > largeChunkBytes) return await level.readBox(channel, box);
  const read = (y: number, at: number) =>
    level.readBox(channel, { start: [z, y, left], stop: [z + 1, edges[at + 1] ?? bottom, right] });
  const strips = await inLanes(edges, read);
  const pixels = new Float32Array((bottom - top) * (right - left));
  for (const [at, strip] of strips.entries()) pixels.set(strip, (edges[at]! - top) * (right - left));
  return pixels;
}

/** Does something for each item, some at a time. */
async function inLanes<Item, Result>(items: readonly Item[], work: (item: Item, at: number) => Promise<Result>) {
  const results: Result[] = [];
  const todo = items.entries();
  const lane = async () => {
    for (const [at, item] of todo) results[at] = await work(item, at);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
