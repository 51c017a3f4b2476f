import { describe, expect, it } from "vitest";
import { combineOffsets, type OffsetEvidence } from "../../../src/estimate/offset/combine-offsets.ts";
import { offsetEvidence } from "../../../src/estimate/offset/offset-evidence.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";

const shapeYx = [96, 96] as const;
const planeCount = 24;

/** Planes as a camera takes them: uneven light of several brightnesses, shot noise, read noise, an offset. */
function planesOf(offset: number, countsPerElectron: number): Uint16Array {
  const random = randomStream(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const pixels = new Uint16Array(planeCount * shapeYx[0] * shapeYx[1]);
  for (let n = 0, i = 0; n < planeCount; n++) {
    for (let y = 0; y < shapeYx[0]; y++) {
      for (let x = 0; x < shapeYx[1]; x++, i++) {
        const light = (1.1 - ((x - 48) ** 2 + (y - 40) ** 2) / 9000) * (150 + 25 * n);
        const shot = Math.sqrt(light * countsPerElectron) * normal();
        pixels[i] = Math.round(Math.max(0, offset + light + shot + 1.5 * normal()));
      }
    }
  }
  return pixels;
}

describe("what planes tell of the offset", () => {
  it.each([100, 250])("is %i counts within its error, and never above what the dimmest pixels show", (offset) => {
    const planes = offsetEvidence({ pixels: planesOf(offset, 0.6), planeCount, shapeYx });
    const found = combineOffsets(planes.evidence, planes)!;
    expect(Math.abs(found.offset - offset)).toBeLessThan(3 * found.standardError);
    expect(found.standardError).toBeLessThan(30);
    expect(found.offset).toBeLessThanOrEqual(planes.bound);
  });
});

describe("evidence together", () => {
  const limits = { bound: 300, brightness: 400 };
  const told = (offset: number, standardError: number): OffsetEvidence => ({
    source: "overlaps",
    offset,
    standardError,
  });

  it("is surer than each where it agrees, and less sure where it contradicts itself", () => {
    const one = combineOffsets([told(100, 10)], limits)!;
    const two = combineOffsets([told(100, 10), told(104, 10)], limits)!;
    const apart = combineOffsets([told(60, 10), told(140, 10)], limits);
    expect(two.standardError).toBeLessThan(one.standardError);
    expect(apart === undefined || apart.standardError > 2 * two.standardError).toBe(true);
  });

  it("tells nothing where there is none, or none that is near enough", () => {
    expect(combineOffsets([], limits)).toBeUndefined();
    expect(combineOffsets([told(100, 400)], limits)).toBeUndefined();
  });
});
