// @ts-check
/**
 * The least that any program must do that works on all pixels of an array: reads and decodes each chunk and, with an
 * output folder, encodes and writes it again. In two threads. By Isolux' own codec.
 *
 *     node work-through-chunks.mjs ARRAY [OUTPUT]
 */
import { join } from "node:path";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { DirectoryStore, openArray } from "./engine.mjs";

const threads = 2;

if (isMainThread) {
  const [array, output] = process.argv.slice(2);
  for (let part = 0; part < threads; part++)
    new Worker(new URL(import.meta.url), { workerData: { array, output, part } });
} else {
  const { array: path, output, part } = workerData;
  const array = await openArray(new DirectoryStore(path), "");
  const target = output === undefined ? undefined : new DirectoryStore(join(output, "0"));
  const count = array.chunkGrid.reduce((product, extent) => product * extent, 1);
  for (let index = part; index < count; index += threads) {
    const coords = coordinates(index, array.chunkGrid);
    const pixels = await array.readChunk(coords);
    if (pixels !== undefined) await target?.set(array.chunkKey(coords), await array.encodeChunk(pixels));
  }
}

/**
 * @param {number} index
 * @param {readonly number[]} grid
 */
function coordinates(index, grid) {
  let rest = index;
  return grid
    .toReversed()
    .map((extent) => {
      const coordinate = rest % extent;
      rest = Math.floor(rest / extent);
      return coordinate;
    })
    .toReversed();
}
