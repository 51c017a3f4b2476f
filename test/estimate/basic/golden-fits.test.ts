import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BasicFit, fitBasic } from "../../../src/estimate/basic/fit.ts";
import type { Ladmap } from "../../../src/estimate/basic/ladmap-state.ts";
import type { BasicParameters, BasicSolver, ImageStack } from "../../../src/estimate/basic/parameters.ts";
import type { BasicProgress } from "../../../src/estimate/basic/reweighted-fit.ts";
import { sumOfDifferences, sumOfMagnitudes } from "../../../src/estimate/basic/reweighted-fit.ts";
import type { Precision } from "../../../src/estimate/basic/working-planes.ts";
import { histogramOf, otsuThreshold } from "../../../src/estimate/otsu.ts";
import type { PixelArray, Yx } from "../../../src/shapes.ts";
import { type NpyArray, readNpz } from "../../support/npz.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

interface GoldenParameters {
  readonly autosegment: boolean;
  readonly autosegment_margin: number;
  readonly epsilon: number;
  readonly get_darkfield: boolean;
  readonly smoothness_darkfield: number;
  readonly smoothness_flatfield: number;
  readonly working_size: Yx | null;
  readonly sort_intensity: boolean;
}

interface GoldenCase {
  readonly file: string;
  readonly stack: string;
  readonly params: GoldenParameters;
  readonly raises?: string;
  readonly init_mu: number;
  readonly inner_iterations: readonly number[];
  readonly baseline_inner_iterations: readonly number[];
  readonly otsu_threshold?: number;
  readonly segment_weight_fraction: number | null;
}

interface Golden {
  readonly trace_columns: readonly string[];
  readonly stacks: Record<string, { readonly file: string }>;
  readonly basic: Record<string, GoldenCase>;
}

const folder = `${referenceFolder}golden/`;
const golden: Golden | undefined = hasReferenceData
  ? (JSON.parse(readFileSync(`${folder}golden.json`, "utf8")) as Golden)
  : undefined;
const cases = Object.entries(golden?.basic ?? {});
const precisions: Precision[] = ["double", "single"];

function stackOf({ stack }: GoldenCase): ImageStack {
  const { shape, data } = readNpz(folder + golden!.stacks[stack]!.file).stack!;
  return { pixels: data as PixelArray, planeCount: shape[0]!, shapeYx: [shape[1]!, shape[2]!] };
}

function parametersOf({ params }: GoldenCase, solver: BasicSolver): BasicParameters {
  return {
    autosegment: params.autosegment,
    autosegmentMargin: params.autosegment_margin,
    epsilon: params.epsilon,
    getDarkfield: params.get_darkfield,
    smoothnessDarkfield: params.smoothness_darkfield,
    smoothnessFlatfield: params.smoothness_flatfield,
    sortIntensity: params.sort_intensity,
    solver,
    ...(params.working_size === null ? {} : { workingSizeYx: params.working_size }),
  };
}

/** A row of the golden traces: what an iteration leaves behind. */
function traceRow({ reweighting, iteration, mu, remainder, change }: BasicProgress, fit: Readonly<Ladmap>): number[] {
  const mean = (image: Float64Array) => sumOfMagnitudes(image) / image.length;
  const { darkOffset, flatfield, darkResidual, baselines } = fit;
  return [
    reweighting - 1,
    iteration,
    mu,
    remainder,
    change,
    darkOffset,
    mean(flatfield),
    mean(darkResidual),
    baselines[0]!,
  ];
}

/** The mean absolute difference, over the expected mean. */
function relativeDifference(found: Float64Array, expected: NpyArray): number {
  return sumOfDifferences(found, Float64Array.from(expected.data)) / sumOfMagnitudes(Float64Array.from(expected.data));
}

function expectProfile(fit: BasicFit, arrays: Record<string, NpyArray>, precision: Precision): void {
  const suffix = precision === "double" && "flatfield_f64" in arrays ? "_f64" : "";
  // A resized stack was kept in single precision by the reference, but for the arrays named so.
  const [tight, darkTight] = precision === "double" ? [1e-9, 1e-7] : [1e-6, 1e-3];
  expect(relativeDifference(fit.flatfield, arrays[`flatfield${suffix}`]!)).toBeLessThan(tight);
  expect(relativeDifference(fit.baselines, arrays[`baseline${suffix}`]!)).toBeLessThan(tight);
  const darkfield = Float64Array.from(arrays[`darkfield${suffix}`]!.data);
  expect(sumOfDifferences(fit.darkfield, darkfield) / darkfield.length).toBeLessThan(darkTight);
}

describe.skipIf(!hasReferenceData)("BaSiC against recorded fits", () => {
  describe.each(precisions)("in %s precision", (precision) => {
    it.each(cases)("%s", async (_, recorded) => {
      const rows: number[][] = [];
      const fitting = fitBasic(stackOf(recorded), parametersOf(recorded, "faithful"), {
        precision,
        onIteration: (progress, fit) => {
          if (progress.phase === "profile") rows.push(traceRow(progress, fit));
        },
      });
      if (recorded.raises !== undefined) {
        await expect(fitting).rejects.toMatchObject({
          kind: "estimation",
          advice: expect.stringContaining("Lower smoothness_flatfield"),
        });
        expect(rows.length).toBe(recorded.inner_iterations[0]);
        return;
      }
      const fit = await fitting;
      expect(fit.innerIterations).toEqual(recorded.inner_iterations);
      expect(fit.baselineIterations).toEqual(recorded.baseline_inner_iterations);
      const arrays = readNpz(folder + recorded.file);
      expectProfile(fit, arrays, precision);
      if (precision === "double") expectTrace(rows, arrays.trace_f64 ?? arrays.trace!);
    });
  });

  it.each(cases.filter(([, recorded]) => recorded.otsu_threshold !== undefined))(
    "%s: the threshold between background and specimen",
    (_, recorded) => {
      const { pixels } = stackOf(recorded);
      expect(otsuThreshold(histogramOf(Float32Array.from(pixels), true))).toBe(recorded.otsu_threshold);
    },
  );
});

/** Below this a difference in a column of a trace says nothing: a dark-field in counts, a change that is all but 0. */
const smallestOfNote: Record<string, number> = { D_Z: 1, mean_abs_D_R: 1, value_diff: 1e-9 };

function expectTrace(rows: readonly number[][], trace: NpyArray): void {
  const columns = golden!.trace_columns;
  expect([rows.length, columns.length]).toEqual(trace.shape);
  rows.forEach((row, r) => {
    row.forEach((value, column) => {
      const expected = trace.data[r * columns.length + column]!;
      // The reference begins in single precision, which its traces remember.
      const allowed = 1e-6 * (Math.abs(expected) + (smallestOfNote[columns[column]!] ?? 0));
      expect(Math.abs(value - expected), `${columns[column]} at row ${r}`).toBeLessThanOrEqual(allowed);
    });
  });
}
