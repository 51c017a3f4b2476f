import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import Lz4 from "numcodecs/lz4";
import { describe, expect, test } from "vitest";
import { lz4BlockBound } from "../../../src/zarr/codecs/codec.ts";
import { decodeLz4, encodeLz4 } from "../../../src/zarr/codecs/lz4.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

const guard = 32;
const untouched = 0xa5;

/** Encodes into the middle of a larger array, to see that nothing around it is touched. */
function encode(bytes: Uint8Array, acceleration = 1, capacity = lz4BlockBound(bytes.length)): Uint8Array {
  const around = new Uint8Array(capacity + 2 * guard).fill(untouched);
  const padded = new Uint8Array(bytes.length + 14).fill(7);
  padded.set(bytes, 7);
  const written = encodeLz4(padded, 7, 7 + bytes.length, around, guard, guard + capacity, acceleration);
  expect(around.subarray(0, guard).every((byte) => byte === untouched)).toBe(true);
  expect(around.subarray(guard + capacity).every((byte) => byte === untouched)).toBe(true);
  return around.slice(guard, guard + written);
}

function decode(encoded: Uint8Array, length: number): Uint8Array | undefined {
  const around = new Uint8Array(length + 2 * guard).fill(untouched);
  const padded = new Uint8Array(encoded.length + 10).fill(1);
  padded.set(encoded, 5);
  const written = decodeLz4(padded, 5, 5 + encoded.length, around, guard, guard + length);
  expect(written).toBeGreaterThanOrEqual(-1);
  expect(written).toBeLessThanOrEqual(length);
  expect(around.subarray(0, guard).every((byte) => byte === untouched)).toBe(true);
  expect(around.subarray(guard + length).every((byte) => byte === untouched)).toBe(true);
  return written < 0 ? undefined : around.slice(guard, guard + written);
}

describe("LZ4 blocks", () => {
  test("round trips of any bytes, at any acceleration", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2000 }).map((values) => Uint8Array.from(values)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 12 }), (content, acceleration) => {
        expectSamePixels(decode(encode(content, acceleration), content.length)!, content);
      }),
    );
  });

  test.each(pixelKinds)("%s pixels pass through it and through the reference implementation", async (kind) => {
    const content = bytesOf(makePixels("uint16", 100_003, kind));
    const encoded = encode(content);
    expectSamePixels(decode(encoded, content.length)!, content);

    const framed = new Uint8Array(4 + encoded.length);
    new DataView(framed.buffer).setUint32(0, content.length, true);
    framed.set(encoded, 4);
    const reference = Lz4.fromConfig({ id: "lz4" });
    expectSamePixels(new Uint8Array(await reference.decode(framed)), content);

    const theirs = await reference.encode(content);
    expectSamePixels(decode(theirs.slice(4), content.length)!, content);
  });

  test("gives up where the room is too small, and never writes beyond it", () => {
    const content = bytesOf(makePixels("uint8", 3000, "repeats"));
    const whole = encode(content).length;
    for (let capacity = 0; capacity < whole + 20; capacity += 7) {
      const encoded = encode(content, 1, capacity);
      if (encoded.length > 0) expectSamePixels(decode(encoded, content.length)!, content);
      else expect(capacity).toBeLessThan(whole + 8);
    }
    expect(encode(bytesOf(makePixels("uint8", 3000, "noise")), 1, 2999).length).toBe(0);
  });

  test("a block cut at any length never gives the whole content", () => {
    const content = bytesOf(makePixels("uint8", 2000, "repeats"));
    const encoded = encode(content);
    for (let length = 0; length < encoded.length; length++) {
      expect(decode(encoded.subarray(0, length), content.length)?.length).not.toBe(content.length);
    }
  });

  test("any bytes at all decode or fail within bounds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 500 }), (bytes, length) => {
        decode(bytes, length);
      }),
      { numRuns: 2000 },
    );
  });

  test("lengths beyond 2^31 are refused, not wrapped", () => {
    // One literal of 15 + 255 * 9 million bytes
    const bytes = new Uint8Array(9_000_002).fill(255);
    expect(decode(bytes, 100)).toBeUndefined();
  });

  test("decodes a block written by hand from the specification", () => {
    // Literals "abc", a match of 6 three back, literals "z"
    const block = Uint8Array.of(0x32, 97, 98, 99, 3, 0, 0x10, 122);
    expect(new TextDecoder().decode(decode(block, 10))).toBe("abcabcabcz");
  });

  test("this file shrinks", () => {
    const source = new Uint8Array(readFileSync(import.meta.filename));
    expect(encode(source).length).toBeLessThan(0.7 * source.length);
  });
});
