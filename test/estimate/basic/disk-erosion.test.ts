import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { erodeByDisk } from "../../../src/estimate/basic/working-planes.ts";
import type { Yx } from "../../../src/shapes.ts";

/** The definition, pixel by pixel. */
function erodedByDefinition(mask: Uint8Array, [height, width]: Yx, radius: number): Uint8Array {
  return mask.map((_, i) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dy, dx] = [y - Math.floor(i / width), x - (i % width)];
        if (dy * dy + dx * dx <= radius * radius && mask[y * width + x] === 0) return 0;
      }
    }
    return 1;
  });
}

const masks = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })).chain(([height, width]) => {
  const pixel = fc.integer({ min: 0, max: 11 }).map((value) => (value === 0 ? 0 : 1));
  const mask = fc.array(pixel, { minLength: height * width, maxLength: height * width });
  return fc.tuple(fc.constant([height, width] as Yx), mask);
});

describe("erosion by a disk", () => {
  it("is what its definition says, for any mask and radius", () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: 0, max: 30 }), ([shapeYx, values], radius) => {
        const mask = Uint8Array.from(values);
        const eroded = new Uint8Array(mask.length);
        erodeByDisk(mask, shapeYx, radius, eroded);
        expect(eroded).toEqual(erodedByDefinition(mask, shapeYx, radius));
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("does not erode from the plane's edge", () => {
    const eroded = new Uint8Array(25);
    erodeByDisk(new Uint8Array(25).fill(1), [5, 5], 3, eroded);
    expect(eroded.every((value) => value === 1)).toBe(true);
  });
});
