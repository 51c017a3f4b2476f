import { describe, expect, it } from "vitest";
import { measureFlatfield, measurePlanes } from "../../src/report/plane-measures.ts";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";
import type { Yx } from "../../src/shapes.ts";
import { syntheticFlatfield } from "../../src/synthetic/optics.ts";

const shapeYx: Yx = [48, 40];
const flatfield = syntheticFlatfield(shapeYx, 0.3, 1, 0);
const darkfield = new Float32Array(flatfield.length).fill(100);

/** Planes of dots in one half of the pixels, at random, seen through the flat-field. */
function planes() {
  const random = randomStream(3);
  const pixels = Uint16Array.from({ length: 300 * flatfield.length }, (_, i) => {
    const light = random() < 0.3 ? 3000 + 200 * random() : 500 + 50 * random();
    return light * flatfield[i % flatfield.length]! + 100;
  });
  return new MemoryStack("uint16", 300, shapeYx, pixels);
}

describe("measurePlanes", () => {
  it("sees shading as variation, and less of it after the correction", async () => {
    const before = await measurePlanes(planes());
    const shading = { shapeYx, flatfield, darkfield };
    const after = await measurePlanes(planes(), { shading, background: 0 });
    expect(after.jointVariation).toBeLessThan(0.4 * before.jointVariation!);
    expect(after.meanPlaneVariation).toBeLessThan(0.5 * before.meanPlaneVariation);
    expect(before.meanPlaneVariation).toBeGreaterThan(0.05);
    expect(after).toMatchObject({ planeCount: 300, saturatedShare: 0, clippedLowShare: 0, clippedHighShare: 0 });
  });

  it("counts saturated and clipped pixels", async () => {
    const pixels = Uint16Array.from({ length: 2 * 1920 }, (_, i) => (i < 192 ? 65535 : i < 576 ? 60 : 300));
    const ones = new Float32Array(1920).fill(0.9);
    const measures = await measurePlanes(new MemoryStack("uint16", 2, shapeYx, pixels), {
      shading: { shapeYx, flatfield: ones, darkfield },
      background: 0,
    });
    expect(measures.saturatedShare).toBeCloseTo(0.05, 10);
    expect(measures.clippedHighShare).toBeCloseTo(0.05, 10);
    expect(measures.clippedLowShare).toBeCloseTo(0.1, 10);
  });

  it("says nothing of classes where there is one", async () => {
    const pixels = new Uint16Array(1920).fill(7);
    const { jointVariation } = await measurePlanes(new MemoryStack("uint16", 1, shapeYx, pixels));
    expect(jointVariation).toBeUndefined();
  });
});

describe("measureFlatfield", () => {
  it("tells depth and smoothness", () => {
    const smooth = measureFlatfield(flatfield, shapeYx);
    expect(smooth.depth).toBeGreaterThan(0.23);
    expect(smooth.depth).toBeLessThan(0.3);
    expect(smooth.roughnessRatio).toBeLessThan(4);
    const random = randomStream(1);
    const rough = measureFlatfield(
      flatfield.map((value) => value * (1 + 0.2 * (random() - 0.5))),
      shapeYx,
    );
    expect(rough.roughnessRatio).toBeGreaterThan(2 * smooth.roughnessRatio);
    expect(measureFlatfield(new Float32Array(1920).fill(1), shapeYx)).toMatchObject({ depth: 0, roughnessRatio: 0 });
  });
});
