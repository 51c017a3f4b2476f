import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitShuffle, bitUnshuffle, shuffleItems, unshuffleItems } from "../../../src/zarr/codecs/shuffle.ts";

type Kernel = typeof bitShuffle;

const shuffle: Kernel = (...move) => shuffleItems("byte", ...move);
const unshuffle: Kernel = (...move) => unshuffleItems("byte", ...move);

/** Runs a kernel between odd offsets and checks that it writes nothing else. */
function run(kernel: Kernel, bytes: Uint8Array, itemBytes: number): Uint8Array {
  const source = new Uint8Array(bytes.length + 8).fill(3);
  source.set(bytes, 3);
  const destination = new Uint8Array(bytes.length + 12).fill(9);
  kernel(source, 3, destination, 5, bytes.length, itemBytes);
  expect(destination.subarray(0, 5).every((byte) => byte === 9)).toBe(true);
  expect(destination.subarray(5 + bytes.length).every((byte) => byte === 9)).toBe(true);
  return destination.slice(5, 5 + bytes.length);
}

/** The definition: byte `plane` of item `item` goes to `plane * items + item`. */
function shuffledByDefinition(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const items = Math.floor(bytes.length / itemBytes);
  const shuffled = bytes.slice();
  for (let at = 0; at < items * itemBytes; at++) {
    shuffled[(at % itemBytes) * items + Math.floor(at / itemBytes)] = bytes[at]!;
  }
  return shuffled;
}

/** The definition: bit `bit` of item `item` becomes bit `bit * items + item` of the whole, lowest bits first. */
function bitShuffledByDefinition(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const items = Math.floor(bytes.length / itemBytes);
  if (items % 8 !== 0) return bytes.slice();
  const shuffled = bytes.slice().fill(0, 0, items * itemBytes);
  for (let from = 0; from < 8 * items * itemBytes; from++) {
    if (((bytes[from >> 3]! >> (from & 7)) & 1) === 0) continue;
    const item = Math.floor(from / (8 * itemBytes));
    const to = (from % (8 * itemBytes)) * items + item;
    shuffled[to >> 3]! |= 1 << (to & 7);
  }
  return shuffled;
}

const bytes = fc.uint8Array({ maxLength: 300 });
const itemBytes = fc.constantFrom(1, 2, 3, 4, 8, 17);

describe("byte shuffle", () => {
  test("follows its definition", () => {
    fc.assert(
      fc.property(bytes, itemBytes, (content, size) => {
        expect(run(shuffle, content, size)).toEqual(shuffledByDefinition(content, size));
      }),
    );
  });

  test("is undone", () => {
    fc.assert(
      fc.property(bytes, itemBytes, (content, size) => {
        expect(run(unshuffle, run(shuffle, content, size), size)).toEqual(content);
      }),
    );
  });
});

describe("bit shuffle", () => {
  test("follows its definition", () => {
    fc.assert(
      fc.property(bytes, itemBytes, (content, size) => {
        expect(run(bitShuffle, content, size)).toEqual(bitShuffledByDefinition(content, size));
      }),
    );
  });

  test("is undone", () => {
    fc.assert(
      fc.property(bytes, itemBytes, (content, size) => {
        expect(run(bitUnshuffle, run(bitShuffle, content, size), size)).toEqual(content);
      }),
    );
  });
});
