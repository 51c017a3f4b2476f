/** Chunks of which only a part is wanted, and chunks that reach beyond the image. */
import fc from "fast-check";
import Blosc from "numcodecs/blosc";
import { describe, expect, it } from "vitest";
import { isWanted } from "../../src/zarr/chunk-pixels.ts";
import { decodeBlosc } from "../../src/zarr/codecs/blosc-decode.ts";
import { encodeBlosc } from "../../src/zarr/codecs/blosc-encode.ts";
import type { BloscCodec } from "../../src/zarr/metadata/metadata.ts";
import { rangesOfBox } from "../../src/zarr/wanted-pixels.ts";
import { bytesOf, makePixels } from "./pixels.ts";
import { expectSamePixels } from "./same-pixels.ts";

const codecs: readonly BloscCodec[] = [
  { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 8192 },
  { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 8192 },
  { kind: "blosc", inner: "zstd", level: 5, shuffle: "none", blockBytes: 8192 },
];

describe("the ranges of a box", () => {
  const boxes = fc
    .array(
      fc.integer({ min: 1, max: 6 }).chain((extent) =>
        fc.tuple(fc.constant(extent), fc.integer({ min: 0, max: extent - 1 })).chain(([n, start]) =>
          fc.record({
            extent: fc.constant(n),
            start: fc.constant(start),
            stop: fc.integer({ min: start + 1, max: n }),
          }),
        ),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((axes) => ({
      shape: axes.map(({ extent }) => extent),
      start: axes.map(({ start }) => start),
      stop: axes.map(({ stop }) => stop),
    }));

  it("hold every pixel of it, and begin and end with one", () => {
    fc.assert(
      fc.property(boxes, ({ shape, start, stop }) => {
        const ranges = rangesOfBox(shape, start, stop);
        const count = shape.reduce((product, extent) => product * extent, 1);
        const inBox = Array.from({ length: count }, (_, index) => {
          let rest = index;
          const place = [...shape].reverse().map((extent) => {
            const at = rest % extent;
            rest = (rest - at) / extent;
            return at;
          });
          return place.reverse().every((at, axis) => at >= start[axis]! && at < stop[axis]!);
        });
        for (const [index, isInside] of inBox.entries())
          if (isInside) expect(isWanted(ranges, 1, index, index + 1)).toBe(true);
        for (const [from, to] of ranges) expect([inBox[from], inBox[to - 1]]).toEqual([true, true]);
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(codecs)("Blosc with $inner, shuffle $shuffle", (codec) => {
  const content = bytesOf(makePixels("uint16", 200_000, "ramp"));

  it("decodes the blocks that are wanted, and leaves the others alone", async () => {
    const encoded = await encodeBlosc(codec, content, 2);
    const target = new Uint8Array(content.length).fill(0xa5);
    const blockBytes = new DataView(encoded.buffer, encoded.byteOffset).getUint32(8, true);
    const [from, to] = [2 * blockBytes + 100, 4 * blockBytes - 100];
    await decodeBlosc(encoded, content.length, "here", target, (start, stop) => start < to && stop > from);
    expectSamePixels(target.subarray(from, to), content.subarray(from, to));
    for (const others of [target.subarray(0, 2 * blockBytes), target.subarray(4 * blockBytes)]) {
      expect(others.length).toBeGreaterThan(0);
      expect(others.every((byte) => byte === 0xa5)).toBe(true);
    }
  });

  it("finds chunks too long whatever is wanted of them", async () => {
    const encoded = await encodeBlosc(codec, content, 2);
    const longer = new Uint8Array([...encoded, 0]);
    const decoding = decodeBlosc(longer, content.length, "here", undefined, () => false);
    await expect(decoding).rejects.toThrow();
  });

  it("gives chunks back that are mostly of one value, and c-blosc reads them", async () => {
    for (const value of [0, 0x0101, 0x1234]) {
      const pixels = makePixels("uint16", 60_000, "noise");
      // Blocks of one value between others, one of another value, and a shorter one at the end
      pixels.fill(value, 5_000, 30_000);
      pixels.fill(value + 1, 35_000, 48_000);
      pixels.fill(value, 50_000);
      const bytes = bytesOf(pixels);
      const encoded = await encodeBlosc(codec, bytes, 2);
      expectSamePixels(await decodeBlosc(encoded, bytes.length, "here"), bytes);
      expectSamePixels(await Blosc.fromConfig({ id: "blosc" }).decode(encoded), bytes);
    }
  });

  it("stores a chunk of one value that has no room for its blocks", async () => {
    const bytes = new Uint8Array(256).fill(7);
    const encoded = await encodeBlosc({ ...codec, blockBytes: 128 }, bytes, 2);
    expectSamePixels(await decodeBlosc(encoded, bytes.length, "here"), bytes);
  });
});
