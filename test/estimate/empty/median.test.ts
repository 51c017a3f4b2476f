import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { medianKernelBytes, medianOverPlanes, medianScratch } from "../../../src/estimate/empty/median.ts";
import type { PixelArray } from "../../../src/shapes.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

function medians(planes: PixelArray, planeCount: number): Float32Array {
  const pixelCount = planes.length / planeCount;
  const destination = new Float32Array(pixelCount);
  medianOverPlanes(planes, planeCount, pixelCount, destination, medianScratch(planeCount).take(undefined));
  expect(mediansOfKernel(planes, planeCount)).toEqual(destination);
  return destination;
}

/** What the kernel makes of integers, with pixels beside the medians that it must leave alone. */
function mediansOfKernel(planes: PixelArray, planeCount: number): Float32Array {
  const pixelCount = planes.length / planeCount;
  const memory = dirtyMemory(planes.byteLength + 4 * pixelCount + medianKernelBytes(planeCount) + 1024);
  const inside = placed(memory, planes, 1);
  const destination = placed(memory, new Float32Array(pixelCount + 2).fill(-1));
  const mark = memory.mark();
  medianOverPlanes(
    inside,
    planeCount,
    pixelCount,
    destination.subarray(1, -1),
    medianScratch(planeCount).take(undefined),
  );
  expect(memory.mark()).toBe(mark);
  expect([destination[0], destination.at(-1)]).toEqual([-1, -1]);
  expect(inside).toEqual(planes);
  return destination.slice(1, -1);
}

function bySorting(planes: PixelArray, planeCount: number): Float32Array {
  const pixelCount = planes.length / planeCount;
  return Float32Array.from({ length: pixelCount }, (_, pixel) => {
    const values = Float64Array.from({ length: planeCount }, (_, plane) => planes[plane * pixelCount + pixel]!).sort();
    return (values[(planeCount - 1) >> 1]! + values[planeCount >> 1]!) / 2;
  });
}

const types = [
  ["uint8", Uint8Array, fc.integer({ min: 0, max: 255 })],
  ["uint16, wide", Uint16Array, fc.integer({ min: 0, max: 65535 })],
  ["uint16, narrow", Uint16Array, fc.integer({ min: 300, max: 310 })],
  ["float32", Float32Array, fc.float({ noNaN: true })],
] as const;

describe.each(types)("%s", (_, TypedArray, value) => {
  it("is what sorting gives, for odd and even numbers of planes", () => {
    const stacks = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 150 })).chain(([n, p]) => {
      const values = fc.array(value, { minLength: n * p, maxLength: n * p });
      return fc.tuple(fc.constant(n), values);
    });
    fc.assert(
      fc.property(stacks, ([planeCount, values]) => {
        // Adding 0 makes one of the two zeros: which of them a sort puts first says nothing.
        const planes = TypedArray.from(values.map((number) => number + 0));
        const found = medians(planes, planeCount).map((number) => number + 0);
        expect(found).toEqual(bySorting(planes, planeCount).map((number) => number + 0));
      }),
      { numRuns: 60 },
    );
  });
});

it("handles the extremes of a range", () => {
  expect([...medians(Uint16Array.of(0, 65535, 65535, 0), 4)]).toEqual([32767.5]);
  expect([...medians(Uint8Array.of(255, 255, 0), 3)]).toEqual([255]);
  const [infinity, largest] = [Number.POSITIVE_INFINITY, 3.4028234663852886e38];
  expect([...medians(Float32Array.of(-infinity, -largest, -1, infinity, infinity), 5)]).toEqual([-1]);
});

it("is NaN where a plane is", () => {
  const negativeNaN = new Float32Array(Uint32Array.of(0xffc00000).buffer)[0]!;
  expect([...medians(Float32Array.of(1, 2, 3, Number.NaN, negativeNaN, 4, 1, 2, 3), 3)]).toEqual([
    Number.NaN,
    Number.NaN,
    3,
  ]);
});

it("can be told the same of a part of a larger array", () => {
  const whole = Float32Array.of(9, 9, 1, 2, 3);
  expect([...medians(whole.subarray(2), 3)]).toEqual([2]);
});

it("of values that span a byte and no more, or just more, is what sorting gives", () => {
  let seed = 3;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) / 2 ** 24;
  };
  for (const planeCount of [1, 2, 251, 252, 253, 254, 509, 600]) {
    for (const [span, least] of [
      [255, 0],
      [255, 65280],
      [256, 65279],
      [256, 32700],
    ] as const) {
      // Of each pixel the ends of the range are there, so that spans are what they are said to be
      const planes = Uint16Array.from({ length: planeCount * 33 }, (_, at) =>
        at < 33 ? least : at < 66 ? least + span : least + Math.floor(random() ** (at % 3) * (span + 0.99)),
      );
      expect(medians(planes, planeCount)).toEqual(bySorting(planes, planeCount));
    }
  }
});

it("of as many planes as an acquisition has is what sorting gives", () => {
  const [planeCount, pixelCount] = [201, 70];
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed >>> 16;
  };
  for (const spread of [3, 40, 3000, 65535]) {
    for (const count of [planeCount, planeCount - 1]) {
      const planes = Uint16Array.from({ length: count * pixelCount }, () => (random() % spread) + (65535 - spread));
      expect(medians(planes, count)).toEqual(bySorting(planes, count));
    }
  }
});

it("finds each pixel's median whatever its neighbours' spread, and of a part of the planes' rows", () => {
  const [planeCount, planeStride, pixelCount] = [40, 150, 133];
  let seed = 5;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) / 2 ** 24;
  };
  // Groups of 16 pixels in turns: of one value, near a guess, far from it in a few planes or in most, at both ends
  const spreads = [0, 6, 90, 250, 700, 40000];
  const draw = (pixel: number, plane: number) => {
    const spread = spreads[(pixel >> 4) % spreads.length]!;
    const isFar = plane % 3 === pixel % 4;
    return Math.min(65535, Math.floor(random() * spread) + (isFar ? spread : 0) + (pixel % 5 === 0 ? 65300 : 120));
  };
  const planes = Uint16Array.from({ length: planeCount * planeStride }, (_, at) =>
    draw(at % planeStride, Math.floor(at / planeStride)),
  );
  const part = Uint16Array.from(
    { length: planeCount * pixelCount },
    (_, at) => planes[Math.floor(at / pixelCount) * planeStride + (at % pixelCount)]!,
  );
  const expected = bySorting(part, planeCount);
  const memory = dirtyMemory(planes.byteLength + 4 * pixelCount + medianKernelBytes(planeCount) + 1024);
  const [inside, found] = [placed(memory, planes, 1), placed(memory, new Float32Array(pixelCount + 1).fill(-1))];
  medianOverPlanes(inside, planeCount, pixelCount, found, medianScratch(planeCount).take(undefined), planeStride);
  expect(found.subarray(0, -1)).toEqual(expected);
  expect(found.at(-1)).toBe(-1);
  const reference = new Float32Array(pixelCount);
  medianOverPlanes(planes, planeCount, pixelCount, reference, medianScratch(planeCount).take(undefined), planeStride);
  expect(reference).toEqual(expected);
});
