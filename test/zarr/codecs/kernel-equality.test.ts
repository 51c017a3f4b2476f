import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesPerPixel } from "../../../src/shapes.ts";
import { decodeBlosc } from "../../../src/zarr/codecs/blosc-decode.ts";
import { encodeBlosc } from "../../../src/zarr/codecs/blosc-encode.ts";
import { lz4BlockBound } from "../../../src/zarr/codecs/codec.ts";
import { decodeLz4, encodeLz4 } from "../../../src/zarr/codecs/lz4.ts";
import { bitShuffle, bitUnshuffle, shuffleItems, unshuffleItems } from "../../../src/zarr/codecs/shuffle.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";
import { createLz4Table, decodeLz4Block, encodeLz4Block } from "../../support/reference/lz4.ts";
import { shuffle, unshuffle } from "../../support/reference/shuffle.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";

const memory = dirtyMemory(2 ** 22);
const table = createLz4Table();
const guard = 24;

/** An array between guards of one value, in the kernels' memory or not. */
function guarded(length: number, inMemory: boolean): Uint8Array {
  const plain = new Uint8Array(length + 2 * guard).fill(0xa5);
  return inMemory ? placed(memory, plain, 3) : plain;
}

/** Whether kernel and reference return the same and write the same; what they leave in the rest of the room does not count. */
function both(buffer: number, work: (inMemory: boolean) => [Uint8Array, number]) {
  const mark = memory.mark();
  const [kernel, reference] = [work(true), work(false)];
  for (const [array, result] of [kernel, reference]) array.fill(0, guard + Math.max(0, result), guard + buffer);
  expect(kernel[1]).toBe(reference[1]);
  const same = Buffer.compare(kernel[0], reference[0]) === 0;
  memory.release(mark);
  return { same, result: reference[1], bytes: reference[0] };
}

function encodeBoth(content: Uint8Array, capacity: number, acceleration: number) {
  return both(capacity, (inMemory) => {
    const to = guarded(capacity, inMemory);
    const [start, stop] = [guard, guard + capacity];
    if (!inMemory) return [to, encodeLz4Block(content, 0, content.length, to, start, stop, acceleration, table)];
    return [to, encodeLz4(placed(memory, content, 1), 0, content.length, to, start, stop, acceleration)];
  });
}

function decodeBoth(block: Uint8Array, length: number) {
  return both(length, (inMemory) => {
    const to = guarded(length, inMemory);
    if (!inMemory) return [to, decodeLz4Block(block, 0, block.length, to, guard, guard + length)];
    return [to, decodeLz4(placed(memory, block, 1), 0, block.length, to, guard, guard + length)];
  });
}

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2000 }).map((values) => Uint8Array.from(values)),
  fc
    .tuple(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 80 }),
      fc.uint8Array({ maxLength: 20 }),
    )
    .map(([piece, times, end]) => Uint8Array.from([...Array.from({ length: times }, () => [...piece]).flat(), ...end])),
);

describe("LZ4 in WebAssembly", () => {
  it("writes the very bytes of the reference, in any room, and nothing around them", () => {
    const buffer = fc.integer({ min: -40, max: 30 });
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 12 }), buffer, (content, acceleration, more) => {
        const whole = encodeLz4Block(
          content,
          0,
          content.length,
          new Uint8Array(lz4BlockBound(content.length)),
          0,
          lz4BlockBound(content.length),
          acceleration,
          table,
        );
        const { same } = encodeBoth(content, Math.max(0, whole + more), acceleration);
        expect(same).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(pixelKinds)("encodes and decodes %s pixels as the reference does", (kind) => {
    for (const length of [1, 13, 1001, 100_003, 300_000]) {
      const content = bytesOf(makePixels("uint16", length, kind));
      const encoded = encodeBoth(content, lz4BlockBound(content.length), 5);
      expect(encoded.same).toBe(true);
      const decoded = decodeBoth(encoded.bytes.slice(guard, guard + encoded.result), content.length);
      expect(decoded).toMatchObject({ same: true, result: content.length });
      expect(Buffer.compare(decoded.bytes.subarray(guard, guard + content.length), content)).toBe(0);
    }
  });

  it("decodes matches of every offset and length, up to the last byte of the room", () => {
    for (let offset = 1; offset <= 40; offset++) {
      for (let length = 4; length <= 70; length += 1 + (offset % 3)) {
        const start = Array.from({ length: offset }, (_, i) => 7 * i + 1);
        const block = Uint8Array.of(
          ...(offset < 15 ? [(offset << 4) | 15] : [0xff, offset - 15]),
          ...start,
          offset,
          0,
          ...(length < 19 ? [] : [length - 19]),
          0x50,
          1,
          2,
          3,
          4,
          5,
        );
        if (length < 19) block[0] = (block[0]! & 0xf0) | (length - 4);
        const whole = offset + length + 5;
        expect(decodeBoth(block, whole)).toMatchObject({ same: true, result: whole });
        expect(decodeBoth(block, whole - 1)).toMatchObject({ same: true, result: -1 });
        expect(decodeBoth(block, whole + 30)).toMatchObject({ same: true, result: whole });
      }
    }
  });

  it("finds every broken block broken, and writes nothing around its room", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(contents, damage, fc.nat(60), fc.integer({ min: -30, max: 30 }), (content, changes, cut, more) => {
        const buffer = new Uint8Array(lz4BlockBound(content.length));
        const length = encodeLz4Block(content, 0, content.length, buffer, 0, buffer.length, 1, table);
        const block = buffer.slice(0, Math.max(0, length - (cut > 30 ? cut - 30 : 0)));
        for (const [at, byte] of changes) if (block.length > 0) block[at % block.length] = byte;
        expect(decodeBoth(block, Math.max(0, content.length + more)).same).toBe(true);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(500), (bytes, length) => {
        expect(decodeBoth(bytes, length).same).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses lengths that would wrap around", () => {
    const endless = new Uint8Array(2 ** 21).fill(255);
    expect(decodeBoth(endless, 100).result).toBe(-1);
  });
});

describe.each(["byte", "bit"] as const)("%s shuffles in WebAssembly", (kind) => {
  it("move the very bytes of the reference wherever they lie, and nothing around them", () => {
    const pairs = [
      [shuffleItems, kind === "bit" ? bitShuffle : shuffle],
      [unshuffleItems, kind === "bit" ? bitUnshuffle : unshuffle],
    ] as const;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.oneof(fc.constantFrom(1, 2, 4), fc.integer({ min: 1, max: 9 })),
        fc.boolean(),
        (bytes, size, cut) => {
          const length = cut ? bytes.length : bytes.length - (bytes.length % (8 * size));
          for (const [moved, reference] of pairs) {
            const { same } = both(length, (inMemory) => {
              const to = guarded(length, inMemory);
              if (inMemory) moved(kind, placed(memory, bytes, 5), 0, to, guard, length, size);
              else reference(bytes, 0, to, guard, length, size);
              return [to, length];
            });
            expect(same).toBe(true);
            const [plain, elsewhere] = [guarded(length, false), guarded(length, false)];
            reference(bytes, 0, plain, guard, length, size);
            moved(kind, bytes, 0, elsewhere, guard, length, size);
            expect(Buffer.compare(plain, elsewhere)).toBe(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("Blosc chunks in the kernels' memory", () => {
  it.each(pixelKinds)("have the bytes of others, and give %s pixels back", async (kind) => {
    for (const inner of ["lz4", "zlib"] as const) {
      for (const shuffle of ["none", "byte", "bit"] as const) {
        for (const type of ["uint8", "uint16", "float32"] as const) {
          for (const blockBytes of [0, 4096]) {
            const content = bytesOf(makePixels(type, 20_011, kind));
            const codec = { kind: "blosc", inner, level: 5, shuffle, blockBytes } as const;
            const elsewhere = await encodeBlosc(codec, content, bytesPerPixel(type));
            const mark = memory.mark();
            const buffer = guarded(content.length + 16, true);
            const inside = placed(memory, content, 1);
            const encoded = await encodeBlosc(codec, inside, bytesPerPixel(type), buffer.subarray(guard, -guard));
            expect(Buffer.compare(encoded, elsewhere)).toBe(0);
            const back = guarded(content.length, true);
            await decodeBlosc(encoded, content.length, "here", back.subarray(guard, -guard));
            expect(Buffer.compare(back.subarray(guard, -guard), content)).toBe(0);
            for (const array of [buffer, back]) {
              expect(array.subarray(0, guard).every((byte) => byte === 0xa5)).toBe(true);
              expect(array.subarray(-guard).every((byte) => byte === 0xa5)).toBe(true);
            }
            memory.release(mark);
          }
        }
      }
    }
  });
});
