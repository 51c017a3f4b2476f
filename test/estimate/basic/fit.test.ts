import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { fitBasic } from "../../../src/estimate/basic/fit.ts";
import type { Ladmap } from "../../../src/estimate/basic/ladmap-state.ts";
import { type BasicParameters, basicDefaults, type ImageStack } from "../../../src/estimate/basic/parameters.ts";
import type { BasicProgress } from "../../../src/estimate/basic/reweighted-fit.ts";
import { sumOfDifferences } from "../../../src/estimate/basic/reweighted-fit.ts";
import type { Precision } from "../../../src/estimate/basic/working-planes.ts";
import { sum } from "../../../src/estimate/vectors.ts";
import { basicFitBytes } from "../../../src/pipeline/profiles/estimate-memory.ts";
import type { PixelArray, Yx } from "../../../src/shapes.ts";
import { readNpz } from "../../support/npz.ts";

// A synthetic stack of 8 planes, generated for this project, with the fit that BaSiCPy 1.2 makes of it.
const recorded = readNpz(fileURLToPath(new URL("../../fixtures/basic-few-planes.npz", import.meta.url)));
const few: ImageStack = { pixels: recorded.stack!.data as PixelArray, planeCount: 8, shapeYx: [48, 56] };
const quick: BasicParameters = { ...basicDefaults, getDarkfield: false };

/** Planes of a given brightness under a known light, with a bright square that moves from plane to plane. */
function synthetic(planeCount: number, shapeYx: Yx): ImageStack & { light: Float64Array } {
  const [height, width] = shapeYx;
  const light = Float64Array.from({ length: height * width }, (_, p) => {
    const [y, x] = [Math.floor(p / width) / height - 0.5, (p % width) / width - 0.4];
    return 1.3 - 1.2 * (y * y + x * x);
  });
  const mean = sum(light) / light.length;
  const pixels = new Uint16Array(planeCount * light.length);
  for (let n = 0; n < planeCount; n++) {
    for (let p = 0; p < light.length; p++) {
      const [y, x] = [Math.floor(p / width), p % width];
      const inSquare = (y + 7 * n) % height < 8 && (x + 5 * n) % width < 8;
      pixels[n * light.length + p] = Math.round((light[p]! / mean) * (300 + 10 * n + (inSquare ? 900 : 0)));
    }
  }
  return { pixels, planeCount, shapeYx, light: light.map((value) => value / mean) };
}

describe("a BaSiC fit", () => {
  it.each<Precision>(["single", "double"])("gives the recorded profile in %s precision", async (precision) => {
    const fit = await fitBasic(few, { ...basicDefaults, epsilon: 0.3 }, { precision });
    expect(fit.innerIterations).toEqual([...recorded.inner_iterations!.data]);
    expect(fit.reweightings).toBe(7);
    const difference = (found: Float64Array, name: string) =>
      sumOfDifferences(found, Float64Array.from(recorded[name]!.data)) / found.length;
    expect(difference(fit.flatfield, "flatfield")).toBeLessThan(1e-6);
    expect(difference(fit.darkfield, "darkfield")).toBeLessThan(1e-4);
    expect(difference(fit.baselines, "baseline")).toBeLessThan(1e-4);
    expect(fit.baseline).toBeCloseTo(364.9419514637475, precision === "double" ? 5 : 3);
  });

  it("finds a known light behind moving specimen", async () => {
    const stack = synthetic(24, [40, 36]);
    const fit = await fitBasic(stack, { ...quick, smoothnessFlatfield: 0.1 });
    expect(fit.converged).toBe(true);
    expect(sum(fit.flatfield) / fit.flatfield.length).toBeCloseTo(1, 10);
    expect(sumOfDifferences(fit.flatfield, stack.light) / stack.light.length).toBeLessThan(0.01);
  });

  it("gives images of the planes' shape when it works on smaller ones", async () => {
    const stack = synthetic(24, [40, 36]);
    const fit = await fitBasic(stack, { ...quick, smoothnessFlatfield: 0.1, workingSizeYx: [20, 18] });
    expect(fit.shapeYx).toEqual([40, 36]);
    expect(sumOfDifferences(fit.flatfield, stack.light) / stack.light.length).toBeLessThan(0.015);
  });

  it("does not depend on the order of the planes, but for their baselines", async () => {
    const reversed = new Uint16Array(few.pixels.length);
    const pixelCount = 48 * 56;
    for (let n = 0; n < 8; n++)
      reversed.set(few.pixels.slice((7 - n) * pixelCount, (8 - n) * pixelCount), n * pixelCount);
    const fit = await fitBasic(few, quick, { precision: "double" });
    const other = await fitBasic({ ...few, pixels: reversed }, quick, { precision: "double" });
    expect(sumOfDifferences(other.flatfield, fit.flatfield) / pixelCount).toBeLessThan(1e-9);
    expect(sumOfDifferences(other.baselines.reverse(), fit.baselines)).toBeLessThan(1e-6);
  });

  it("leaves the stack as it was and is the same every time, whatever the pixel type", async () => {
    const before = few.pixels.slice();
    const parameters = { ...basicDefaults, sortIntensity: true, autosegment: true, autosegmentMargin: 1 };
    const fit = await fitBasic(few, parameters);
    expect(few.pixels).toEqual(before);
    expect(await fitBasic(few, parameters)).toEqual(fit);
    const floats = { ...few, pixels: Float32Array.from(few.pixels) };
    expect(await fitBasic(floats, quick)).toEqual(await fitBasic(few, quick));
    expect(fit.flatfield.every(Number.isFinite) && fit.baselines.every(Number.isFinite)).toBe(true);
  });

  it("fits planes that are all alike, and planes with negative values", async () => {
    const constant = await fitBasic(
      { pixels: new Uint8Array(4 * 64).fill(100), planeCount: 4, shapeYx: [8, 8] },
      quick,
    );
    expect(constant.flatfield.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
    expect(constant.baseline).toBeCloseTo(100, 0);
    const shifted = { ...few, pixels: Float32Array.from(few.pixels, (value) => value - 200) };
    const fit = await fitBasic(shifted, basicDefaults);
    expect(fit.flatfield.every(Number.isFinite) && fit.darkfield.every(Number.isFinite)).toBe(true);
  });
});

describe("a BaSiC fit that is not possible", () => {
  const refusal = (stack: ImageStack, parameters: Partial<BasicParameters>) =>
    fitBasic(stack, { ...quick, ...parameters }).then(
      () => "none",
      (error: Error & { kind?: string }) => `${error.kind}: ${error.message}`,
    );

  it.each<[string, Partial<BasicParameters>, RegExp]>([
    ["a working size of 0", { workingSizeYx: [0, 8] }, /^usage: .*working_size.*found 0 x 8.*48 x 56/],
    ["a negative working size", { workingSizeYx: [8, -1] }, /^usage: .*working_size/],
    ["a fractional working size", { workingSizeYx: [8.5, 8] }, /^usage: .*working_size/],
    ["a working size beyond the planes'", { workingSizeYx: [48, 57] }, /^usage: .*found 48 x 57/],
    ["an epsilon of 0", { epsilon: 0 }, /^usage: .*epsilon.*found 0/],
    ["a smoothness that is no number", { smoothnessFlatfield: Number.NaN }, /^usage: .*smoothness_flatfield.*NaN/],
    ["a negative smoothness", { smoothnessDarkfield: -1 }, /^usage: .*smoothness_darkfield/],
    ["a fractional margin", { autosegmentMargin: 0.5 }, /^usage: .*autosegment_margin/],
    ["too much smoothness", { smoothnessFlatfield: 100 }, /^estimation: .*Lower smoothness_flatfield \(it is 100\)\.$/],
    [
      "a flat-field that costs more than a dark-field",
      { smoothnessFlatfield: 5, getDarkfield: true },
      /^estimation: .*Lower smoothness_flatfield \(it is 5\), raise smoothness_darkfield \(it is 1\)/,
    ],
    ["a margin that leaves nothing", { autosegment: true, autosegmentMargin: 90 }, /^estimation: .*autosegment_margin/],
  ])("%s", async (_, parameters, message) => {
    expect(await refusal(few, parameters)).toMatch(message);
  });

  it.each<[string, ImageStack, RegExp]>([
    ["a single plane", { ...few, planeCount: 1, pixels: few.pixels.slice(0, 48 * 56) }, /^estimation: .*1 plane/],
    ["no plane", { ...few, planeCount: 0, pixels: new Uint8Array(0) }, /^invalid: /],
    ["another size than the shape says", { ...few, planeCount: 7 }, /^invalid: .*found 21504 pixels.*7 x 48 x 56/],
    ["nothing but 0", { ...few, pixels: new Uint16Array(few.pixels.length) }, /^estimation: .*Every pixel.*0/],
    ["NaN", withPixel(Number.NaN), /^estimation: .*plane 3/],
    ["infinity", withPixel(Number.POSITIVE_INFINITY), /^estimation: .*plane 3/],
  ])("%s", async (_, stack, message) => {
    expect(await refusal(stack, {})).toMatch(message);
  });

  function withPixel(value: number): ImageStack {
    const pixels = Float32Array.from(few.pixels);
    pixels[3 * 48 * 56 + 11] = value;
    return { ...few, pixels };
  }
});

/** Array buffers are freed in the background after a collection, so that one alone is not enough. */
async function freeUnusedMemory(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a BaSiC fit under way", () => {
  const stack = synthetic(60, [128, 128]);

  it("tells how far it is and stops when asked to", async () => {
    const control = new AbortController();
    const seen: BasicProgress[] = [];
    const onProgress = (progress: BasicProgress) => {
      seen.push(progress);
      if (seen.length === 3) control.abort();
    };
    // At this size the faithful solver takes long enough to tell three times on any machine.
    const parameters = { ...basicDefaults, solver: "faithful" } as const;
    const fitting = fitBasic(synthetic(60, [256, 256]), parameters, { signal: control.signal, onProgress });
    await expect(fitting).rejects.toMatchObject({ kind: "interrupted" });
    expect(seen.length).toBe(3);
    expect(seen[2]!.share).toBeGreaterThan(seen[0]!.share);
  });

  it("does not begin when it was stopped before", async () => {
    const fitting = fitBasic(few, quick, { signal: AbortSignal.abort() });
    await expect(fitting).rejects.toMatchObject({ kind: "interrupted" });
  });

  it.each<[Precision, Yx]>([
    ["single", [128, 128]],
    ["double", [128, 128]],
    ["single", [127, 113]],
  ])("needs the memory that was said: %s precision, %s", async (precision, workingSizeYx) => {
    await freeUnusedMemory();
    const before = process.memoryUsage().arrayBuffers;
    const control = new AbortController();
    let peak = 0;
    const onIteration = (progress: BasicProgress, { flatfield }: Readonly<Ladmap>) => {
      // What the kernels work on is not among the array buffers.
      const ofKernels = flatfield.buffer.byteLength;
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before + ofKernels);
      if (progress.iteration === 3) control.abort();
    };
    const options = { precision, onIteration, signal: control.signal };
    await expect(fitBasic(stack, { ...quick, workingSizeYx, solver: "faithful" }, options)).rejects.toThrow("stopped");
    const promised = basicFitBytes(60, [128, 128], precision, { workingSizeYx, solver: "faithful" });
    expect(peak).toBeLessThanOrEqual(promised);
    expect(peak).toBeGreaterThan(0.75 * promised);
  });
});
