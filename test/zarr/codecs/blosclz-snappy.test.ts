import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBloscLz, decodeSnappy } from "../../../src/zarr/codecs/old-streams.ts";

const guard = 16;
const untouched = 0xa5;

function decode(kernel: typeof decodeSnappy, encoded: ArrayLike<number>, length: number): string | undefined {
  const around = new Uint8Array(length + 2 * guard).fill(untouched);
  const padded = new Uint8Array(encoded.length + 8).fill(1);
  padded.set(encoded, 3);
  const written = kernel(padded, 3, 3 + encoded.length, around, guard, guard + length);
  expect(around.subarray(0, guard).every((byte) => byte === untouched)).toBe(true);
  expect(around.subarray(guard + length).every((byte) => byte === untouched)).toBe(true);
  return written < 0 ? undefined : new TextDecoder().decode(around.subarray(guard, guard + written));
}

const letters = [97, 98, 99];

describe("BloscLZ", () => {
  test("decodes streams written by hand", () => {
    expect(decode(decodeBloscLz, [2, ...letters], 3)).toBe("abc");
    // The first control byte is always literals
    expect(decode(decodeBloscLz, [32 | 2, ...letters], 3)).toBe("abc");
    // A match of 3 + 2 bytes, 3 back; then one of 9 + 4 bytes, 1 back
    expect(decode(decodeBloscLz, [2, ...letters, 0x60, 2], 8)).toBe("abcabcab");
    expect(decode(decodeBloscLz, [2, ...letters, 0xe0, 4, 0], 16)).toBe("abcccccccccccccc");
  });

  test("reaches back further than 8191 bytes", () => {
    const run = [0, 97, 0xe0, ...Array.from({ length: 40 }, () => 255), 0, 0];
    const far = [0x3f, 255, 0x07, 0x00];
    const length = 1 + 9 + 40 * 255;
    expect(decode(decodeBloscLz, [...run, ...far], length + 3)).toBe("a".repeat(length + 3));
    expect(decode(decodeBloscLz, [...run, 0x3f, 255, 0xff, 0xff], length + 3)).toBeUndefined();
  });

  test("refuses what reaches out of bounds", () => {
    expect(decode(decodeBloscLz, [2, 97, 98], 3)).toBeUndefined();
    expect(decode(decodeBloscLz, [2, ...letters], 2)).toBeUndefined();
    expect(decode(decodeBloscLz, [2, ...letters, 0x60, 3], 8)).toBeUndefined();
    expect(decode(decodeBloscLz, [2, ...letters, 0x60], 8)).toBeUndefined();
    expect(decode(decodeBloscLz, [2, ...letters, 0xe0, 255], 800)).toBeUndefined();
  });
});

describe("Snappy", () => {
  test("decodes streams written by hand", () => {
    expect(decode(decodeSnappy, [3, 0x08, ...letters], 3)).toBe("abc");
    // Matches with one, two and four bytes of offset
    expect(decode(decodeSnappy, [8, 0x08, ...letters, 0x05, 3], 8)).toBe("abcabcab");
    expect(decode(decodeSnappy, [6, 0x08, ...letters, 0x0a, 1, 0], 6)).toBe("abcccc");
    expect(decode(decodeSnappy, [6, 0x08, ...letters, 0x0b, 3, 0, 0, 0], 6)).toBe("abcabc");
    // Literals whose length takes one byte more
    expect(decode(decodeSnappy, [70, 0xf0, 69, ...Array.from({ length: 70 }, () => 97)], 70)).toBe("a".repeat(70));
  });

  test("refuses what reaches out of bounds, or is of another length than it says", () => {
    expect(decode(decodeSnappy, [], 3)).toBeUndefined();
    expect(decode(decodeSnappy, [4, 0x08, ...letters], 4)).toBeUndefined();
    expect(decode(decodeSnappy, [3, 0x08, 97, 98], 3)).toBeUndefined();
    expect(decode(decodeSnappy, [3, 0x08, ...letters], 2)).toBeUndefined();
    expect(decode(decodeSnappy, [8, 0x08, ...letters, 0x05, 4], 8)).toBeUndefined();
    expect(decode(decodeSnappy, [8, 0x08, ...letters, 0x05, 0], 8)).toBeUndefined();
    expect(decode(decodeSnappy, [255, 255, 255, 255, 255, 255, 255, 1], 8)).toBeUndefined();
    expect(decode(decodeSnappy, [5, 0xfc, 255, 255, 255, 255, 1], 8)).toBeUndefined();
  });
});

test.each([decodeBloscLz, decodeSnappy])("%o: any bytes at all decode or fail within bounds", (kernel) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 300 }), (bytes, length) => {
      decode(kernel, bytes, length);
    }),
    { numRuns: 2000 },
  );
});
