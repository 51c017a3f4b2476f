import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { working } from "../../src/estimate/empty/median.ts";
import { reading, readingRows, strideOf, writing, writingRows } from "../../src/kernels/addresses.ts";
import { bindKernel, runKernel, withWorkingBytes } from "../../src/kernels/bind.ts";
import { KernelMemory } from "../../src/kernels/kernel-memory.ts";
import { dirtyMemory, placed } from "../support/kernel-arrays.ts";

/** An array in one of two memories, or in none. */
function put<Numbers extends Float64Array | Uint16Array>(
  where: number,
  memories: readonly KernelMemory[],
  numbers: Numbers,
) {
  const memory = memories[where];
  return memory === undefined ? numbers : placed(memory, numbers, 1);
}

const anywhere = fc.integer({ min: 0, max: 2 });

describe("a kernel", () => {
  it("gives the same wherever its arrays lie, and leaves the rest of them alone", () => {
    fc.assert(
      fc.property(anywhere, anywhere, fc.integer({ min: 1, max: 300 }), (whereFrom, whereTo, length) => {
        const memories = [dirtyMemory(2 ** 14), dirtyMemory(2 ** 14)];
        const from = put(
          whereFrom,
          memories,
          Float64Array.from({ length: length + 2 }, (_, i) => i),
        );
        const to = put(whereTo, memories, new Float64Array(length + 3).fill(1));
        const marks = memories.map((memory) => memory.mark());
        runKernel("addScaled", reading(from, 2), 10, 0.5, writing(to, 1, length), length);
        expect([...to]).toEqual([1, ...Array.from({ length }, (_, i) => 1 + 10 * (i + 2.5)), 1, 1]);
        expect(memories.map((memory) => memory.mark())).toEqual(marks);
      }),
      { numRuns: 60 },
    );
  });

  it("is given rows where they lie, and copies of them alone", () => {
    fc.assert(
      fc.property(anywhere, anywhere, fc.boolean(), (wherePixels, whereSums, hasRoom) => {
        const memories = [dirtyMemory(hasRoom ? 2 ** 16 : 0), dirtyMemory(2 ** 10)];
        if (!hasRoom) for (const memory of memories) memory.bytes(memory.left - 2 ** 10);
        const pixels = put(
          wherePixels,
          memories,
          Uint16Array.from({ length: 50 }, (_, i) => i),
        );
        const sums = put(whereSums, memories, new Float64Array(9).fill(100));
        const rows = readingRows(pixels, 3, [4, 2, 12]);
        const to = writingRows(sums, 1, [4, 1, 2]);
        runKernel("sumRuns", rows, 2, 4, strideOf(rows), 2, to, strideOf(to));
        expect([...sums]).toEqual([100, 107, 100, 131, 100, 155, 100, 179, 100]);
      }),
      { numRuns: 60 },
    );
  });

  it("has memory to work in, and lets arrays through that no memory has room for beside others", () => {
    const memory = dirtyMemory(2 ** 10);
    const planes = placed(memory, Uint16Array.of(5, 1, 9, 2, 4, 3));
    memory.bytes(memory.left);
    const medians = new Float32Array(2);
    runKernel("medianOverPlanes", reading(planes), 2, 3, 2, 2, writing(medians), 64, working(2 * 64 + 3 * 96));
    expect([...medians]).toEqual([5, 2]);
  });

  it("is refused what lies beyond an array", () => {
    const numbers = new Float64Array(8);
    expect(() => reading(numbers, 3, 6)).toThrow(/take 6 numbers from 3 on, of an array of 8/);
    expect(() => reading(numbers, -1, 2)).toThrow(RangeError);
    expect(() => reading(numbers, 9)).toThrow(RangeError);
    expect(() => reading(numbers, Number.NaN, 1)).toThrow(RangeError);
    expect(() => writingRows(numbers, 0, [3, 2, 4])).toThrow(/3 rows of 2 numbers, 4 apart, from 0 on/);
    expect(readingRows(numbers, 2, [2, 2, 4]).length).toBe(2);
  });

  it("is bound to arrays of one memory only", () => {
    const memory = dirtyMemory(2 ** 10);
    const numbers = placed(memory, Float64Array.of(1, 2, 3));
    const double = bindKernel("scaleAndAdd", reading(numbers), 2, 0, writing(numbers), 3);
    double();
    double();
    expect([...numbers]).toEqual([4, 8, 12]);
    const elsewhere = new Float64Array(3);
    expect(() => bindKernel("scaleAndAdd", reading(numbers), 2, 0, writing(elsewhere), 3)).toThrow(RangeError);
    expect(() => bindKernel("scaleAndAdd", reading(elsewhere), 2, 0, writing(elsewhere), 3)).toThrow(RangeError);
  });
});

it("bytes to work in lie beside an array, and are given back", async () => {
  const memory = KernelMemory.need(1000);
  const neighbour = memory.bytes(10)!;
  const mark = memory.mark();
  await withWorkingBytes(neighbour, 100, async (buffer) => {
    expect([memory.holds(buffer), buffer.length]).toEqual([true, 100]);
  });
  expect(memory.mark()).toBe(mark);
  await withWorkingBytes(neighbour, 2 ** 20, async (buffer) => {
    expect([memory.holds(buffer), buffer.length]).toEqual([false, 2 ** 20]);
  });
  await expect(withWorkingBytes(neighbour, 5, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(memory.mark()).toBe(mark);
});
