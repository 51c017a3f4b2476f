import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EmptyOptions, estimateEmpty } from "../../../src/estimate/empty/empty.ts";
import { estimateEmptyBytes } from "../../../src/pipeline/profiles/estimate-memory.ts";
import { MemoryStack, type PlaneStack } from "../../../src/sample/plane-stack.ts";
import { elementCount, type PixelArray, type PixelType, type Yx } from "../../../src/shapes.ts";
import { largestDifference, numbersOf, openNpzFile } from "../../profile/numpy-fixtures.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { type EmptyScene, emptyPlanes } from "../empty-scene.ts";

const plain: EmptyOptions = { cameraOffset: 0, bandBytes: 1e6 };

function stackOf(scene: Partial<EmptyScene> = {}) {
  const { pixels, planeCount, shapeYx, truth } = emptyPlanes(scene);
  return { stack: new MemoryStack("uint16", planeCount, shapeYx, pixels), truth };
}

describe("an estimate from empty regions", () => {
  it("finds the profile that planes were made with", async () => {
    const { stack, truth } = stackOf({ planeCount: 60, brightness: 400 });
    const { profile, baselineMeaning, warnings } = await estimateEmpty(stack, plain);
    expect(largestDifference(profile.flatfield, truth)).toBeLessThan(0.03);
    expect([...new Set(profile.darkfield), baselineMeaning, warnings.length]).toEqual([0, "offset", 0]);
  });

  it("has mean 1", async () => {
    const { profile } = await estimateEmpty(stackOf().stack, plain);
    const mean = profile.flatfield.reduce((sum, value) => sum + value, 0) / profile.flatfield.length;
    expect(mean).toBeCloseTo(1, 5);
  });

  it("is the same whatever the bands", async () => {
    const { stack } = stackOf({ offset: 100 });
    const whole = await estimateEmpty(stack, { ...plain, bandBytes: 1e9 });
    for (const bandBytes of [0, 7000, 20000]) {
      expect(await estimateEmpty(stack, { ...plain, bandBytes })).toEqual(whole);
    }
  });

  it("with the camera offset given is that of planes without one", async () => {
    const { stack } = stackOf();
    const lifted = stackOf({ offset: 100 }).stack;
    const without = await estimateEmpty(stack, plain);
    const { profile, warnings } = await estimateEmpty(lifted, { ...plain, cameraOffset: 100 });
    expect(profile.flatfield).toEqual(without.profile.flatfield);
    expect(profile.baseline).toBe(without.profile.baseline);
    expect([...new Set(profile.darkfield)]).toEqual([100]);
    expect(warnings).toEqual([]);
  });

  it("reads planes of every pixel type", async () => {
    const { pixels, planeCount, shapeYx } = emptyPlanes({ brightness: 80 });
    const ofType = (type: PixelType, data: PixelArray) =>
      estimateEmpty(new MemoryStack(type, planeCount, shapeYx, data), plain);
    const uint16 = await ofType("uint16", pixels);
    expect(await ofType("uint8", Uint8Array.from(pixels))).toEqual(uint16);
    expect(await ofType("float32", Float32Array.from(pixels))).toEqual(uint16);
  });

  it("reads no more than a band at a time, and tells how far it is", async () => {
    const { stack } = stackOf();
    const rowBytes = stack.planeCount * stack.shapeYx[1] * 2;
    const asked: number[] = [];
    const spied: PlaneStack = {
      type: stack.type,
      planeCount: stack.planeCount,
      shapeYx: stack.shapeYx,
      read: (n0, n1, y0, y1) => {
        asked.push((n1 - n0) * (y1 - y0) * stack.shapeYx[1] * 2);
        return stack.read(n0, n1, y0, y1);
      },
    };
    const shares: number[] = [];
    await estimateEmpty(spied, { ...plain, bandBytes: 5 * rowBytes, onProgress: (share) => shares.push(share) });
    expect(Math.max(...asked)).toBe(5 * rowBytes);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    const bytes = estimateEmptyBytes("uint16", stack.planeCount, stack.shapeYx, 5 * rowBytes);
    expect(bytes).toBeGreaterThan(5 * rowBytes + 16 * elementCount(stack.shapeYx));
  });
});

describe("a camera offset that was not given", () => {
  it.each([
    ["of 100 over a background of 40", { offset: 100, brightness: 40 }, 100],
    ["of 100 over a bright background", { offset: 100, brightness: 300 }, 100],
    ["without noise", { offset: 30, brightness: 200, noise: false }, 30],
  ])("%s is noticed", async (_, scene, offset) => {
    const { warnings } = await estimateEmpty(stackOf({ planeCount: 30, ...scene }).stack, plain);
    expect(warnings).toHaveLength(1);
    const suggested = Number(/of about (\d+) counts/.exec(warnings[0]!)?.[1]);
    expect(Math.abs(suggested / offset - 1)).toBeLessThan(0.25);
  });

  it("is noticed beyond one that was given", async () => {
    const { stack } = stackOf({ planeCount: 30, offset: 150, brightness: 100 });
    const { warnings } = await estimateEmpty(stack, { ...plain, cameraOffset: 50 });
    expect(warnings.join()).toMatch(/beyond the 50 counts given, of about (9|10|11)\d counts/);
  });

  it("is never suspected in planes without one", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      for (const scene of [
        { brightness: 40 },
        { brightness: 400, planeCount: 6 },
        { brightness: 300, sway: 0 },
        { brightness: 200, sway: 0.01 },
        { brightness: 200, noise: false },
        { brightness: 250, falloff: 0 },
        { brightness: 300, specks: true },
        { brightness: 200, sway: 0.03, glow: 100, planeCount: 40 },
      ]) {
        const { warnings } = await estimateEmpty(stackOf({ seed, ...scene }).stack, plain);
        expect(warnings, JSON.stringify({ seed, ...scene })).toEqual([]);
      }
    }
  });
});

describe("planes that give no profile", () => {
  const constantStack = (type: PixelType, shapeYx: Yx, planes: PixelArray) =>
    new MemoryStack(type, planes.length / elementCount(shapeYx), shapeYx, planes);

  it("black ones", async () => {
    await expect(estimateEmpty(constantStack("uint16", [4, 4], new Uint16Array(48)), plain)).rejects.toThrow(
      /sampled planes are black.*estimate with BaSiC/,
    );
  });

  it("darker than the camera offset", async () => {
    const stack = constantStack("uint16", [4, 4], new Uint16Array(48).fill(90));
    await expect(estimateEmpty(stack, { ...plain, cameraOffset: 100 })).rejects.toThrow(/smaller camera offset/);
  });

  it("with a black corner", async () => {
    const planes = new Uint16Array(3 * 400).map((_, at) => (at % 400 < 200 ? 0 : 100));
    await expect(estimateEmpty(constantStack("uint16", [20, 20], planes), plain)).rejects.toMatchObject({
      kind: "estimation",
      found: expect.stringMatching(/^120 of 400 pixels, the first 0 at \(y, x\) = \(0, 0\)$/),
    });
  });

  it("with values that are not numbers", async () => {
    const planes = new Float32Array(48).fill(Number.NaN);
    await expect(estimateEmpty(constantStack("float32", [4, 4], planes), plain)).rejects.toThrow(/not finite/);
  });

  it("none at all", async () => {
    await expect(estimateEmpty(constantStack("uint16", [4, 4], new Uint16Array(0)), plain)).rejects.toThrow(
      /No planes/,
    );
  });

  it("or not any more, when the run is interrupted", async () => {
    const stop = new AbortController();
    const { stack } = stackOf();
    const options = { ...plain, bandBytes: 5000, signal: stop.signal, onProgress: () => stop.abort() };
    await expect(estimateEmpty(stack, options)).rejects.toMatchObject({ kind: "interrupted" });
  });
});

describe.skipIf(!hasReferenceData)("the reference's estimates", () => {
  it.each(["empty0", "empty1", "empty2"])("%s", async (name) => {
    const facts = JSON.parse(readFileSync(`${referenceFolder}golden/golden.json`, "utf8")).empty_tile[name];
    const golden = openNpzFile(`${referenceFolder}golden/${facts.file}`);
    const tiles = numbersOf(golden, "tiles");
    const [planeCount, ...shapeYx] = tiles.shape as [number, number, number];
    const stack = new MemoryStack("uint16", planeCount, shapeYx, Uint16Array.from(tiles.data));
    const { profile, warnings } = await estimateEmpty(stack, { ...plain, bandBytes: 50_000, sigmaPx: facts.sigma });
    expect(largestDifference(profile.flatfield, numbersOf(golden, "flatfield").data)).toBeLessThan(5e-7);
    expect(profile.baseline).toBe(facts.baseline_exact_percentile);
    // These tiles were made with an offset.
    expect(warnings.join()).toMatch(/suggest a camera offset/);
  });
});
