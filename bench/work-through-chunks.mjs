// @ts-check
/**
 * The least that any program must do that works on all pixels of an array: reads and decodes each chunk and, with an
 * output folder, encodes and writes it again. In two threads. By Isolux' own codec.
 *
 *     node work-through-chunks.mjs ARRAY [OUTPUT]
 */
import { join } from "node:path";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { DirectoryStore, KernelMemory, loadKernels, openArray, useNodeKernels } from "./engine.mjs";

const threads = 2;

if (isMainThread) {
  const [array, output] = process.argv.slice(2);
  for (let part = 0; part < threads; part++)
    new Worker(new URL(import.meta.url), { workerData: { array, output, part } });
} else {
  const { array: path, output, part } = workerData;
  const array = await openArray(new DirectoryStore(path), "");
  const target = output === undefined ? undefined : new DirectoryStore(join(output, "0"));
  useNodeKernels();
  await loadKernels();
  const { chunkLength, metadata } = array;
  const memory = KernelMemory.open(24 * chunkLength + 2 ** 23);
  if (memory === undefined) throw new Error("there are no kernels");
  const pixels = memory.pixels(metadata.type, chunkLength);
  const [encoded, written] = [memory.bytes(4 * chunkLength + 4096), memory.bytes(4 * chunkLength + 4096)];
  if (!pixels || !encoded || !written) throw new Error("the memory is too small");
  const count = array.chunkGrid.reduce((product, extent) => product * extent, 1);
  for (let index = part; index < count; index += threads) {
    const coords = coordinates(index, array.chunkGrid);
    const decoded = await array.readChunk(coords, { pixels, encoded });
    if (decoded !== undefined) await target?.set(array.chunkKey(coords), await array.encodeChunk(decoded, written));
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
