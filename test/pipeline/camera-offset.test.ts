import { describe, expect, it } from "vitest";
import { basicDefaults } from "../../src/estimate/basic/parameters.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { planEstimateMemory } from "../../src/pipeline/profiles/estimate-memory.ts";
import { estimateFromStack } from "../../src/pipeline/profiles/estimate-stack.ts";
import { describeDifference } from "../../src/pipeline/record/run-documents.ts";
import { identityParameters } from "../../src/pipeline/run/provenance.ts";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";
import type { Yx } from "../../src/shapes.ts";

const offset = 100;
const planeCount = 10;

/** Noisy planes of a tilted light over an offset that some pixels fall below, and the same without the offset. */
function stacks(shapeYx: Yx) {
  const random = randomStream(1, 0);
  const lifted = new MemoryStack("uint16", planeCount, shapeYx);
  const light = new MemoryStack("float32", planeCount, shapeYx);
  const pixels = shapeYx[0] * shapeYx[1];
  for (let at = 0; at < lifted.pixels.length; at++) {
    const [n, x] = [Math.floor(at / pixels), at % shapeYx[1]];
    const signal = (10 + 4 * n) * (0.7 + (0.6 * x) / shapeYx[1]);
    lifted.pixels[at] = Math.round(offset + signal + 30 * (random() - 0.5));
    light.pixels[at] = lifted.pixels[at]! - offset;
  }
  return { lifted, light };
}

function estimate(stack: MemoryStack, cameraOffset: number, hiddenOffset = 0, more: { workingSizeYx?: Yx } = {}) {
  const method = { kind: "basic", parameters: { ...basicDefaults, ...more }, cameraOffset } as const;
  return estimateFromStack(stack, { method, bandBytes: 1e6 }, { onProgress: () => {} }, hiddenOffset);
}

describe("BaSiC with a camera offset", () => {
  it.each([
    ["at the planes' size", {}],
    ["at a working size", { workingSizeYx: [12, 10] as const }],
  ])("fits the planes less the offset, which may be negative, and keeps it as dark-field: %s", async (_, more) => {
    const { lifted, light } = stacks([24, 20]);
    expect(Math.min(...light.pixels)).toBeLessThan(0);
    const [given, wanted] = [await estimate(lifted, offset, 0, more), await estimate(light, 0, 0, more)];
    expect(given.profile.baseline).toBeCloseTo(wanted.profile.baseline, 3);
    for (const [at, value] of given.profile.flatfield.entries())
      expect(value).toBeCloseTo(wanted.profile.flatfield[at]!, 4);
    for (const [at, value] of given.profile.darkfield.entries())
      expect(value).toBeCloseTo(wanted.profile.darkfield[at]! + offset, 3);
  });

  it("takes off what a refinement finds beside it", async () => {
    const { lifted } = stacks([24, 20]);
    expect(await estimate(lifted, 60, 40)).toEqual(await estimate(lifted, offset));
  });

  it("is refused where the planes show no more", async () => {
    const { lifted } = stacks([24, 20]);
    await expect(estimate(lifted, 400)).rejects.toMatchObject({ kind: "estimation" });
  });

  it("is planned with room for the planes less the offset", () => {
    const bytes = (cameraOffset: number) => {
      const method = { kind: "basic", parameters: basicDefaults, cameraOffset } as const;
      const box = { start: [0, 0, 0], stop: [1, 100, 100] } as const;
      const planes = Array.from({ length: 50 }, (_, plane) => ({ tileNumber: 1, plane, box }));
      const sample = { level: 0, fieldYx: [100, 100] as const, planes, warnings: [] };
      return planEstimateMemory("uint16", sample, method, 1e6, 2e9).projectedBytes;
    };
    expect(bytes(offset) - bytes(0)).toBe(4 * 50 * 100 * 100);
  });
});

describe("the camera offset in what a run is known by", () => {
  const asked = (raw: object) =>
    identityParameters({
      parameters: correctSchema.parse({ image: "x", ...raw }),
      profileSource: { kind: "basic", parameters: basicDefaults },
    });

  it("is there as it was given: none is not 0", () => {
    expect(asked({})).not.toHaveProperty("cameraOffset");
    expect(asked({ cameraOffset: 0 })).toHaveProperty("cameraOffset", 0);
    const identity = { version: "1", source: "s", parameters: asked({ cameraOffset: 100 }) };
    const earlier = { ...identity, parameters: asked({}) };
    expect(describeDifference(earlier, identity)).toBe("cameraOffset was not given, now 100");
  });
});
