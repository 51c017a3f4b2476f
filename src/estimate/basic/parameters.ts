/** The parameters of a BaSiC fit, and the checks of a fit's input. */
import { IsoluxError } from "../../errors.ts";
import { elementCount, formatShape, type PixelArray, type Yx } from "../../shapes.ts";

/**
 * The algorithm of a fit: `faithful` iterates as the reference does; `fast` reaches the same profile in a fraction of
 * the time, see {@link fitProfileFast}, and uses at most 128 x 128 pixels of each plane.
 */
export type BasicSolver = "fast" | "faithful";

/** The parameters of a BaSiC fit that users set. Names follow the reference task. */
export interface BasicParameters {
  /** Ignore pixels brighter than the Otsu threshold of the whole stack. */
  readonly autosegment: boolean;
  /** Radius in px by which the mask of background pixels is eroded. */
  readonly autosegmentMargin: number;
  /** How strongly outliers lose weight from one reweighting to the next: smaller is stronger. */
  readonly epsilon: number;
  /** Estimate a dark-field too. */
  readonly getDarkfield: boolean;
  /** Smoothness of the dark-field: larger is smoother. */
  readonly smoothnessDarkfield: number;
  /** Smoothness of the flat-field: larger is smoother. */
  readonly smoothnessFlatfield: number;
  /** Fit on planes resized to this shape; the planes' own shape where it is not given. */
  readonly workingSizeYx?: Yx;
  /** Sort every pixel's values over the planes first: for tissue that covers the same place in most planes. */
  readonly sortIntensity: boolean;
  readonly solver: BasicSolver;
}

/** The defaults of the reference task. */
export const basicDefaults: BasicParameters = {
  autosegment: false,
  autosegmentMargin: 10,
  epsilon: 0.1,
  getDarkfield: true,
  smoothnessDarkfield: 1,
  smoothnessFlatfield: 1,
  sortIntensity: false,
  solver: "fast",
};

// Checks of the input before a fit begins.

/**
 * Refuses invalid parameters, so that a caller knows before it reads any plane.
 *
 * @param shapeYx the shape of the planes to be fitted
 * @throws {IsoluxError} kind `usage`: which parameter, its value, the allowed values
 */
export function checkBasicParameters(parameters: BasicParameters, shapeYx: Yx): void {
  requireParameter("epsilon", parameters.epsilon, parameters.epsilon > 0, "a number above 0");
  requireParameter(
    "autosegment_margin",
    parameters.autosegmentMargin,
    isCount(parameters.autosegmentMargin),
    "0, 1, ...",
  );
  const { smoothnessFlatfield, smoothnessDarkfield, workingSizeYx } = parameters;
  requireParameter("smoothness_flatfield", smoothnessFlatfield, smoothnessFlatfield >= 0, "0 or more");
  requireParameter("smoothness_darkfield", smoothnessDarkfield, smoothnessDarkfield >= 0, "0 or more");
  if (workingSizeYx === undefined) return;
  const fits = workingSizeYx.every((extent, axis) => isCount(extent) && extent >= 1 && extent <= shapeYx[axis]!);
  if (fits) return;
  throw new IsoluxError({
    kind: "usage",
    what: "The working size does not fit the planes",
    where: "working_size",
    found: formatShape(workingSizeYx),
    expected: `whole numbers from 1 to ${formatShape(shapeYx)} (y x x)`,
    advice: "Give a smaller working size, or none to fit the planes as they are",
  });
}

/**
 * Refuses a stack of too few planes to separate illumination from specimen, or whose array does not have their size.
 *
 * @throws {IsoluxError} kind `estimation` or `invalid`
 */
export function checkStack({ pixels, planeCount, shapeYx }: ImageStack): void {
  const expected = elementCount([planeCount, ...shapeYx]);
  if (pixels.length !== expected || expected === 0) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The stack of planes does not have the pixels that its shape says",
      found: `${pixels.length} pixels`,
      expected: expected === 0 ? "at least one" : `${formatShape([planeCount, ...shapeYx])} = ${expected}`,
    });
  }
  if (planeCount >= 2) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "BaSiC cannot separate illumination and specimen in a single plane",
    found: "1 plane",
    expected: "at least 2, better 100 or more",
    advice: "Sample more planes, or more tiles",
  });
}

function requireParameter(name: string, value: number, valid: boolean, expected: string): void {
  if (valid && Number.isFinite(value)) return;
  const what = "A parameter of BaSiC is out of range";
  throw new IsoluxError({ kind: "usage", what, where: name, found: String(value), expected });
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** Planes in memory, `[plane, y, x]` in C order. */
export interface ImageStack {
  /** `[n, y, x]` in C order: `planeCount * rows * columns` counts. */
  readonly pixels: PixelArray | Float64Array;
  readonly planeCount: number;
  /** Rows and columns of a plane. */
  readonly shapeYx: Yx;
}
