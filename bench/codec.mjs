// @ts-check
/**
 * The speed of Blosc (level 5: lz4 with byte shuffle, and the microscope's zstd with bit shuffle) in one thread, on the pixels of the bench's mosaic, and that of c-blosc
 * where there is Python: each piece is timed by itself and its best round counts, so that a busy machine matters little.
 *
 *     npm run build && node bench/codec.mjs
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWith } from "../scripts/python-environment.mjs";
import {
  DirectoryStore,
  decodeBytes,
  encodeBytes,
  KernelMemory,
  loadKernels,
  openArray,
  readBox,
  root,
  useNodeKernels,
} from "./engine.mjs";
import { BenchImages } from "./images.mjs";

const pieceBytes = 2 ** 20;
const rounds = 25;
/** @type {readonly import("../src/zarr/metadata/metadata.ts").BloscCodec[]} */
const codecs = [
  { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 },
  { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 0 },
];

const folder = mkdtempSync(join(tmpdir(), "isolux-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { image } = await new BenchImages(folder).mosaic({ tilePx: 508, planes: 16, chunkZyx: [16, 512, 512] });
const array = await openArray(new DirectoryStore(image), "0");
const pixels = new Uint8Array((await readBox(array, [0, 0, 0, 0], [1, 16, 1024, 1024])).buffer);
const file = join(folder, "pixels");
writeFileSync(file, pixels);

useNodeKernels();
await loadKernels();
const memory = KernelMemory.open(8 * pieceBytes);
const [source, buffer, back] = [memory?.bytes(pieceBytes), memory?.bytes(2 * pieceBytes), memory?.bytes(pieceBytes)];
if (!source || !buffer || !back) throw new Error("there are no kernels");
const python = pythonWith("copy", ["numpy", "numcodecs"]);
for (const codec of codecs) {
  const sum = { encode: 0, decode: 0, bytes: 0 };
  for (let at = 0; at < pixels.length; at += pieceBytes) {
    source.set(pixels.subarray(at, at + pieceBytes));
    let encoded = await encodeBytes(codec, source, 2, buffer);
    sum.encode += await leastSeconds(async () => {
      encoded = await encodeBytes(codec, source, 2, buffer);
    });
    sum.decode += await leastSeconds(() => decodeBytes(codec, encoded, pieceBytes, "a piece", back));
    sum.bytes += encoded.length;
    if (Buffer.compare(back, source) !== 0) throw new Error("other pixels came back");
  }
  print(`isolux ${codec.inner}`, sum);
  if (python === undefined) continue;
  const options = [file, String(pieceBytes), String(rounds), codec.inner, codec.shuffle];
  const { stdout } = spawnSync(python, [`${root}bench/python/blosc_speed.py`, ...options], { encoding: "utf8" });
  print(`c-blosc ${codec.inner}`, JSON.parse(stdout));
}

/** @param {() => Promise<unknown>} work */
async function leastSeconds(work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work();
    least = Math.min(least, (performance.now() - began) / 1000);
  }
  return least;
}

/**
 * @param {string} name
 * @param {{ encode: number, decode: number, bytes: number }} sums
 */
function print(name, { encode, decode, bytes }) {
  const rate = (/** @type {number} */ seconds) => `${(pixels.length / seconds / 1e6).toFixed(0)} MB/s`;
  const share = `${((100 * bytes) / pixels.length).toFixed(1)} %`;
  console.log(`${name.padEnd(12)} encode ${rate(encode)}, decode ${rate(decode)}, ${share} of the bytes`);
}
