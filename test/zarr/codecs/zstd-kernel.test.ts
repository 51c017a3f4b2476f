/** The kernel that decodes zstd, held against libzstd; and native code that compresses in its place. */
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { endOf, reading, writing } from "../../../src/kernels/addresses.ts";
import { runKernel } from "../../../src/kernels/bind.ts";
import { KernelMemory } from "../../../src/kernels/kernel-memory.ts";
import { decodeBlosc } from "../../../src/zarr/codecs/blosc-decode.ts";
import { encodeBlosc } from "../../../src/zarr/codecs/blosc-encode.ts";
import { decodeZstd } from "../../../src/zarr/codecs/codec.ts";
import { encodeZstd, zstdContentBounds } from "../../../src/zarr/codecs/zstd.ts";
import { describeZstd, loadZstd, setNativeZstd } from "../../../src/zarr/codecs/zstd-engine.ts";
import { useNodeDeflate } from "../../../src/zarr/deflate-node.ts";
import type { BloscCodec } from "../../../src/zarr/metadata/metadata.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

const guardBytes = 64;
const zstd = await loadZstd();
const memory = KernelMemory.need(2 ** 22);

/** What the kernel alone makes of a stream; it must touch nothing beside its target. */
function decoded(stream: Uint8Array, length: number): Uint8Array | undefined {
  const mark = memory.mark();
  const source = memory.bytes(stream.length)!;
  source.set(stream);
  const whole = memory.bytes(length + 2 * guardBytes)!.fill(0xa5);
  const target = whole.subarray(guardBytes, guardBytes + length);
  const [from, to] = [reading(source), writing(target)];
  const bytes = runKernel("decodeZstd", from, endOf(from), to, endOf(to));
  const result = bytes < 0 ? undefined : target.slice(0, bytes);
  const around = [...whole.subarray(0, guardBytes), ...whole.subarray(guardBytes + length)];
  memory.release(mark);
  expect(around.every((byte) => byte === 0xa5)).toBe(true);
  return result;
}

function frameOf(content: Uint8Array, level: number): Uint8Array {
  const frame = new Uint8Array(2 * content.length + 1024);
  return frame.slice(0, zstd.compress(content, level, frame));
}

/** Few words in any order: sequences of all kinds, offsets that repeat, matches that overlap themselves. */
const words = fc
  .array(fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 400 })
  .map((some) => {
    const bytes = some.flatMap(([word, length]) => {
      return Array.from({ length }, (_, at) => (word < 3 ? word : (word * 37 + at * (word % 7) * 11) & 255));
    });
    return Uint8Array.from(bytes);
  });

describe("the kernel that decodes zstd", () => {
  test("takes all that libzstd makes of pixels, at any level", () => {
    for (const kind of pixelKinds) {
      for (const length of [1, 60, 3001, 150_000]) {
        const content = bytesOf(makePixels("uint16", length, kind));
        for (const level of [1, 3, 5, 9, 15, 19, 22]) {
          expectSamePixels(decoded(frameOf(content, level), content.length)!, content);
        }
      }
    }
  });

  test("takes what libzstd makes of words, and frames that follow each other", () => {
    fc.assert(
      fc.property(words, fc.constantFrom(1, 2, 4, 6, 9, 13, 19), (content, level) => {
        const frame = frameOf(content, level);
        expectSamePixels(decoded(frame, content.length)!, content);
        const two = Uint8Array.from([...frame, ...frame]);
        expectSamePixels(decoded(two, 2 * content.length)!, Uint8Array.from([...content, ...content]));
      }),
      { numRuns: 60 },
    );
  });

  test("leaves frames with a checksum to libzstd", () => {
    const frame = frameOf(bytesOf(makePixels("uint16", 3001, "dim")), 3);
    frame[4]! |= 4;
    expect(decoded(Uint8Array.from([...frame, 0, 0, 0, 0]), 6002)).toBeUndefined();
  });

  test("neither hangs nor touches what is not its own where bytes are changed", () => {
    const contents = [bytesOf(makePixels("uint16", 20_000, "dim")), bytesOf(makePixels("uint8", 5000, "noise"))];
    const frames = contents.flatMap((content) =>
      [1, 5, 19].map((level) => ({ frame: frameOf(content, level), content })),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), { maxLength: 6 }),
        fc.nat({ max: 40 }),
        ({ frame, content }, changes, cut) => {
          const broken = frame.slice(0, Math.max(1, frame.length - (cut > 30 ? cut : 0)));
          // Most of what steers the decoder stands at the beginning
          for (const [place, byte] of changes) broken[Math.floor(place ** 3 * (broken.length - 1))] = byte;
          const result = decoded(broken, content.length);
          if (result !== undefined) expect(result.length).toBeLessThanOrEqual(content.length);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("a target that is too short is refused", () => {
    const content = bytesOf(makePixels("uint16", 3001, "dim"));
    for (const length of [0, 1, 16, content.length - 1]) expect(decoded(frameOf(content, 5), length)).toBeUndefined();
  });
});

describe("zstd by native code", () => {
  afterEach(() => useNodeDeflate());

  const content = bytesOf(makePixels("uint16", 300_000, "dim"));
  const blosc: BloscCodec = { kind: "blosc", inner: "zstd", level: 5, shuffle: "none", blockBytes: 0 };

  test("is used for contents that are large, and gives the same pixels", async () => {
    let calls = 0;
    const frame = frameOf(content, 1);
    const compress = () => {
      calls++;
      return frame;
    };
    setNativeZstd(() => ({ name: "a test's own", compress }));
    expect(await describeZstd()).toBe("kernels, a test's own");
    expectSamePixels(await decodeZstd(await encodeZstd(content, 4, 2), content.length, "x"), content);
    await encodeZstd(content.subarray(0, 1000), 4, 2);
    expect(calls).toBe(1);
  });

  test("of Node and in WebAssembly can be read alike, and tells its length", async () => {
    for (const isNative of [true, false]) {
      if (isNative) useNodeDeflate();
      else setNativeZstd(() => undefined);
      const plain = await encodeZstd(content, 3, 2);
      expectSamePixels(await decodeZstd(plain, content.length, "x"), content);
      // Without it some readers of plain zstd refuse a chunk
      expect(zstdContentBounds(plain)).toEqual({ least: content.length, most: content.length });
      const chunk = await encodeBlosc(blosc, content, 2);
      expectSamePixels(await decodeBlosc(chunk, content.length, "x"), content);
    }
    expect(await describeZstd()).toBe("kernels, libzstd in WebAssembly");
  });

  test("blocks without shuffle become hardly longer than by the codec's own level", async () => {
    setNativeZstd(() => undefined);
    const noisy = bytesOf(makePixels("uint16", 200_000, "noise").map((value) => 400 + (value % 300)));
    const ours = await encodeBlosc(blosc, noisy, 2);
    const frames = [0, 1].map((n) => frameOf(noisy.subarray(n * 262_144, (n + 1) * 262_144), 9).length);
    expect(ours.length - 16 - 2 * 8).toBeLessThanOrEqual(1.06 * (frames[0]! + frames[1]!));
  });
});
