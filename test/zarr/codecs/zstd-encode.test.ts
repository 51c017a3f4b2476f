/** The kernel that encodes zstd: libzstd and c-blosc read its frames, and it keeps to its room. */
import * as fc from "fast-check";
import Blosc from "numcodecs/blosc";
import { describe, expect, test } from "vitest";
import { endOf, reading, writing } from "../../../src/kernels/addresses.ts";
import { runKernel } from "../../../src/kernels/bind.ts";
import { KernelMemory } from "../../../src/kernels/kernel-memory.ts";
import { encodeBlosc } from "../../../src/zarr/codecs/blosc-encode.ts";
import { decodeZstd } from "../../../src/zarr/codecs/codec.ts";
import { encodeZstd, zstdContentBounds } from "../../../src/zarr/codecs/zstd.ts";
import { loadZstd } from "../../../src/zarr/codecs/zstd-engine.ts";
import type { BloscCodec } from "../../../src/zarr/metadata/metadata.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

const guardBytes = 64;
const zstd = await loadZstd();
const memory = KernelMemory.need(2 ** 24);
const unshuffled: BloscCodec = { kind: "blosc", inner: "zstd", level: 5, shuffle: "none", blockBytes: 0 };

/** A frame by the kernel, in a room of so many bytes, beside which it must touch nothing; `undefined` where it has no room. */
function frameOf(content: Uint8Array, itemBytes: number, room = content.length + 1024): Uint8Array | undefined {
  const mark = memory.mark();
  const source = memory.bytes(content.length)!;
  source.set(content);
  const whole = memory.bytes(room + 2 * guardBytes)!.fill(0xa5);
  const target = whole.subarray(guardBytes, guardBytes + room);
  const [from, to] = [reading(source), writing(target)];
  const bytes = runKernel("encodeZstd", from, endOf(from), to, endOf(to), itemBytes);
  const frame = bytes === 0 ? undefined : target.slice(0, bytes);
  const around = [...whole.subarray(0, guardBytes), ...whole.subarray(guardBytes + room)];
  memory.release(mark);
  expect(around.every((byte) => byte === 0xa5)).toBe(true);
  return frame;
}

/** What libzstd reads: a frame with a checksum, here one without content, keeps away the kernel that decodes. */
function readByLibzstd(frame: Uint8Array, length: number): Uint8Array {
  const empty = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x00, 0x01, 0x00, 0x00, 0x99, 0xe9, 0xd8, 0x51]);
  const content = new Uint8Array(length);
  expect(zstd.decompress(Uint8Array.from([...empty, ...frame]), content)).toBe(length);
  return content;
}

/** Light with the noise of photons, as a camera shows it. */
function cameraPixels(length: number, mean: number): Uint16Array {
  const noise = makePixels("uint16", 12 * length, "noise", 7);
  return Uint16Array.from({ length }, (_, at) => {
    let sum = -6;
    for (let n = 0; n < 12; n++) sum += noise[12 * at + n]! / 65536;
    const light = mean * (1 + 0.3 * Math.sin(at / 900));
    return 100 + light + sum * Math.sqrt(light);
  });
}

const words = fc
  .array(fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 700 })), { minLength: 1, maxLength: 400 })
  .map((some) => {
    const bytes = some.flatMap(([word, length]) => {
      return Array.from({ length }, (_, at) => (word < 3 ? word : (word * 37 + at * (word % 7) * 11) & 255));
    });
    return Uint8Array.from(bytes);
  });

describe("frames by the kernel", () => {
  test("of pixels of all kinds are read by libzstd and by the kernel that decodes", async () => {
    for (const kind of pixelKinds) {
      for (const length of [1, 5, 31, 64, 300, 3001, 32_768, 32_769, 150_000]) {
        const content = bytesOf(makePixels("uint16", length, kind));
        for (const itemBytes of [1, 2, 4, 255]) {
          const frame = frameOf(content, itemBytes)!;
          expect(zstdContentBounds(frame)).toEqual({ least: content.length, most: content.length });
          expectSamePixels(await decodeZstd(frame, content.length, "x"), content);
          expectSamePixels(readByLibzstd(frame, content.length), content);
        }
      }
    }
  });

  test("of words, whose matches are long, far or over themselves, are read by libzstd", () => {
    const property = fc.property(words, fc.constantFrom(1, 2, 3, 4), (content, itemBytes) => {
      expectSamePixels(readByLibzstd(frameOf(content, itemBytes)!, content.length), content);
    });
    fc.assert(property, { numRuns: 100 });
  });

  test("of no bytes are read", async () => {
    expect(await decodeZstd(frameOf(new Uint8Array(0), 2)!, 0, "x")).toHaveLength(0);
  });

  test("of more bytes than readers keep are read by libzstd", () => {
    const once = bytesOf(makePixels("uint16", 1_500_000, "noise"));
    const content = new Uint8Array(2 * once.length);
    content.set(once);
    content.set(once, once.length);
    expectSamePixels(readByLibzstd(frameOf(content, 2)!, content.length), content);
  });

  test("are refused where they do not fit, and nothing beside the room is touched", () => {
    for (const mean of [20, 400]) {
      const content = bytesOf(cameraPixels(50_000, mean));
      const { length } = frameOf(content, 2)!;
      for (const room of [0, 1, 15, 16, 17, 100, length >> 1, length - 300, length - 1]) {
        expect(frameOf(content, 2, room)).toBeUndefined();
      }
    }
  });

  test("neither hang nor touch what is not theirs, whatever the bytes and the room", () => {
    const bytes = fc.oneof(
      words,
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.uint8Array({ max: 3, minLength: 1, maxLength: 3000 }),
    );
    const property = fc.property(bytes, fc.nat({ max: 4000 }), fc.constantFrom(1, 2, 4), (content, room, itemBytes) => {
      const frame = frameOf(content, itemBytes, room);
      if (frame !== undefined) expectSamePixels(readByLibzstd(frame, content.length), content);
    });
    fc.assert(property, { numRuns: 400 });
  });

  test.each([20, 400, 5000])("of a camera's noise about %i are hardly longer than libzstd's of level 3", (mean) => {
    const content = bytesOf(cameraPixels(150_000, mean));
    const theirs = new Uint8Array(content.length);
    expect(frameOf(content, 2)!.length).toBeLessThan(1.04 * zstd.compress(content, 3, theirs));
  });
});

describe("which contents the kernel compresses", () => {
  test("a camera's noise, in chunks and in blocks that c-blosc reads", async () => {
    const content = bytesOf(cameraPixels(300_000, 400));
    expect(await encodeZstd(content, 0, 2)).toEqual(frameOf(content, 2));
    const chunk = await encodeBlosc(unshuffled, content, 2);
    expectSamePixels(await Blosc.fromConfig({ id: "blosc" }).decode(chunk), content);
    const block = frameOf(content.subarray(0, 2 ** 18), 2)!;
    const start = 16 + 4 * Math.ceil(content.length / 2 ** 18) + 4;
    expect(chunk.subarray(start, start + block.length)).toEqual(block);
  });

  test("no mask, of which short samples do not tell that libzstd makes less", async () => {
    const isInside = (at: number) => Math.hypot(((at >> 8) % 256) - 128, (at & 255) - 128) < 60;
    const mask = bytesOf(Uint16Array.from({ length: 2 ** 20 }, (_, at) => Number(isInside(at))));
    const theirs = zstd.compress(mask, 3, new Uint8Array(mask.length));
    expect(frameOf(mask, 2)!.length).toBeGreaterThan(1.06 * theirs);
    expect((await encodeZstd(mask, 3, 2)).length).toBe(theirs);
  });

  test("no labels, of which libzstd makes less, and none of levels that ask for speed or for little", async () => {
    const labels = bytesOf(Uint16Array.from({ length: 300_000 }, (_, at) => Math.floor(at / 977) * 7919));
    const theirs = new Uint8Array(labels.length);
    expect((await encodeZstd(labels, 3, 2)).length).toBe(zstd.compress(labels, 3, theirs));
    const content = bytesOf(cameraPixels(150_000, 400));
    for (const level of [1, 2, 4, 9]) {
      expect((await encodeZstd(content, level, 2)).length).toBe(zstd.compress(content, level, new Uint8Array(400_000)));
    }
  });
});
