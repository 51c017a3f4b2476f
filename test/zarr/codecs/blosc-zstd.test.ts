/** The microscope's own codec: Blosc with zstd, whose blocks are compressed plane by plane of bits. */
import { readFile } from "node:fs/promises";
import * as fc from "fast-check";
import Blosc from "numcodecs/blosc";
import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { decodeBlosc } from "../../../src/zarr/codecs/blosc-decode.ts";
import { encodeBlosc } from "../../../src/zarr/codecs/blosc-encode.ts";
import { loadZstd, zstdExports } from "../../../src/zarr/codecs/zstd-engine.ts";
import type { BloscCodec } from "../../../src/zarr/metadata/metadata.ts";
import { bytesOf, makePixels } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

const codec: BloscCodec = { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 0 };

/** Light with shot noise and a little structure, as a camera shows it: 12 bits of 16. */
function cameraPixels(length: number): Uint16Array {
  const noise = makePixels("uint16", 12 * length, "noise", 7);
  return Uint16Array.from({ length }, (_, at) => {
    let sum = -6;
    for (let n = 0; n < 12; n++) sum += noise[12 * at + n]! / 65536;
    const light = 300 + 200 * Math.sin(at / 900) + (at % 4000 < 300 ? 1500 : 0);
    return 100 + light + sum * Math.sqrt(light);
  });
}

const pixels = cameraPixels(300_000);
const content = bytesOf(pixels);

/** What c-blosc itself, in WebAssembly, makes of a chunk. */
async function decodedByBlosc(chunk: Uint8Array): Promise<Uint8Array> {
  return await Blosc.fromConfig({ id: "blosc" }).decode(chunk);
}

describe("bit planes of a camera's pixels", () => {
  test("are read by c-blosc, and by us", async () => {
    const ours = await encodeBlosc(codec, content, 2);
    expectSamePixels(await decodedByBlosc(ours), content);
    expectSamePixels(await decodeBlosc(ours, content.length, "ours"), content);
  });

  test("become no longer than blocks that zstd compresses as a whole by the same level", async () => {
    const ours = await encodeBlosc(codec, content, 2);
    const whole = await encodeBlosc({ ...codec, level: 6 }, content, 2);
    expect(ours.length).toBeLessThan(whole.length);
  });

  test.each([1, 2, 4])("of items of %i bytes come back, whatever they hold", async (itemBytes) => {
    const flat = new Uint8Array(200_000).fill(7);
    const noise = bytesOf(makePixels("uint16", 100_000, "noise"));
    const twice = new Uint8Array([...noise.subarray(0, 100_000), ...noise.subarray(0, 100_000)]);
    for (const bytes of [
      flat,
      noise,
      twice,
      bytesOf(makePixels("uint16", 100_000, "ramp")),
      content.slice(0, 200_000),
    ]) {
      for (const level of [1, 5, 6, 9]) {
        const ours = await encodeBlosc({ ...codec, level }, bytes, itemBytes);
        expectSamePixels(await decodedByBlosc(ours), bytes);
        expectSamePixels(await decodeBlosc(ours, bytes.length, "ours"), bytes);
      }
    }
  });

  test("that look like noise but repeat are not stored", async () => {
    const once = bytesOf(makePixels("uint16", 8192, "noise"));
    const repeated = new Uint8Array(2 ** 18);
    for (let at = 0; at < repeated.length; at += once.length) repeated.set(once, at);
    const ours = await encodeBlosc(codec, repeated, 2);
    expect(ours.length).toBeLessThan(0.2 * repeated.length);
    expectSamePixels(await decodedByBlosc(ours), repeated);
  });
});

test("labels become as small behind noise at the edge of an image as alone", async () => {
  // An eighth of each block is noise, the rest is padding: small, but no smaller as a whole
  const edge = new Uint16Array(2 ** 17);
  edge.set(pixels.subarray(0, 2 ** 14));
  const labels = Uint16Array.from({ length: 2 ** 17 }, (_, at) => 257 * ((at >> 9) % 90));
  const alone = await encodeBlosc(codec, bytesOf(labels), 2);
  const blocks = Array.from({ length: 40 }, (_, block) => (block === 0 ? edge : labels));
  const all = new Uint16Array(40 * 2 ** 17);
  for (const [block, content] of blocks.entries()) all.set(content, block * 2 ** 17);
  const ours = await encodeBlosc(codec, bytesOf(all), 2);
  const first = await encodeBlosc(codec, bytesOf(edge), 2);
  expect(ours.length).toBeLessThan(1.1 * (first.length + 39 * alone.length));
  expectSamePixels(await decodedByBlosc(ours), bytesOf(all));
});

test("changed bytes of planes are refused, or give as many pixels", async () => {
  const bytes = content.subarray(0, 2 ** 18);
  const ours = await encodeBlosc(codec, bytes, 2);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(ours.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(ours.length),
      async (changes, cut) => {
        const broken = ours.slice();
        // The first bytes are Blosc's; most of what follows is what zstd has to be proof against
        for (const [at, byte] of changes) broken[at % 3 === 0 ? 24 + (at % 400) : at] = byte;
        for (const chunk of [broken, broken.subarray(0, cut)]) {
          const decoded = await decodeBlosc(chunk, bytes.length, "here").catch((error: unknown) => error);
          if (decoded instanceof Uint8Array) expect(decoded.length).toBe(bytes.length);
          else expect(decoded).toBeInstanceOf(IsoluxError);
        }
      },
    ),
    { numRuns: 300 },
  );
  expectSamePixels(await decodeBlosc(ours, bytes.length, "ours"), bytes);
});

describe("libzstd", () => {
  test("has the exports that its package's own code calls by these names", async () => {
    const code = await readFile("node_modules/@bokuweb/zstd-wasm/dist/esm/zstd.js", "utf8");
    const names = {
      memory: /wasmMemory = wasmExports\['(\w)'\]/,
      start: /addOnInit\(wasmExports\['(\w)'\]\)/,
      compressBound: /_ZSTD_compressBound = Module\['_ZSTD_compressBound'\] = wasmExports\['(\w)'\]/,
      createCompression: /_ZSTD_createCCtx = Module\['_ZSTD_createCCtx'\] = wasmExports\['(\w)'\]/,
      compress: /_ZSTD_compress_usingDict = Module\['_ZSTD_compress_usingDict'\] = wasmExports\['(\w)'\]/,
      createDecompression: /_ZSTD_createDCtx = Module\['_ZSTD_createDCtx'\] = wasmExports\['(\w)'\]/,
      decompress: /_ZSTD_decompress_usingDict = Module\['_ZSTD_decompress_usingDict'\] = wasmExports\['(\w)'\]/,
      malloc: /_malloc = Module\['_malloc'\] = wasmExports\['(\w)'\]/,
      free: /_free = Module\['_free'\] = wasmExports\['(\w)'\]/,
    };
    expect(Object.fromEntries(Object.entries(names).map(([name, call]) => [name, call.exec(code)?.[1]]))).toEqual(
      zstdExports,
    );
  });

  test("gives back what a large chunk took, and works on", async () => {
    const zstd = await loadZstd();
    const large = new Uint8Array(2 ** 26).fill(1);
    const encoded = new Uint8Array(2 ** 16);
    const length = zstd.compress(large, 1, encoded);
    expect(length).toBeGreaterThan(0);
    const back = new Uint8Array(large.length);
    expect(zstd.decompress(encoded.subarray(0, length), back)).toBe(large.length);
    expect(back).toEqual(large);
    expect(zstd.decompress(encoded.subarray(0, length), back.subarray(1))).toBe(-1);
    expect(zstd.compress(content, 3, encoded.subarray(0, 100))).toBe(0);
  });
});
