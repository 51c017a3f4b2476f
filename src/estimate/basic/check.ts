/** What a fit refuses before it begins. */
import { IsoluxError } from "../../errors.ts";
import { elementCount, formatShape, type Yx } from "../../shapes.ts";
import type { ImageStack } from "./image-stack.ts";
import type { BasicParameters } from "./parameters.ts";

/**
 * Refuses parameters that make no fit, so that a caller can know before it reads any plane.
 *
 * @param shapeYx the shape of the planes to be fitted
 * @throws {IsoluxError} kind `usage`: which parameter, what it is, what it may be
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
 * Refuses a stack whose planes cannot tell illumination from specimen, or whose array does not have their size.
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
    what: "BaSiC cannot tell the illumination from the specimen in a single plane",
    found: "1 plane",
    expected: "at least 2, better 100 or more",
    advice: "Sample more planes, or more tiles",
  });
}

/**
 * Refuses a plane with NaN or infinity.
 *
 * @param smallest the plane's smallest pixel, NaN if any is
 * @param largest the plane's largest pixel
 * @param plane its number, from 0
 * @throws {IsoluxError} kind `estimation`
 */
export function checkFinite(smallest: number, largest: number, plane: number): void {
  if (Number.isFinite(smallest) && Number.isFinite(largest)) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "A plane holds pixels that are not numbers, or infinite",
    where: `plane ${plane}, counted from 0`,
    advice: "Replace these pixels, or leave the plane out",
  });
}

/**
 * Refuses planes without any light.
 *
 * @param smallest the smallest pixel of all planes
 * @param largest the largest pixel of all planes
 * @throws {IsoluxError} kind `estimation`
 */
export function checkLight(smallest: number, largest: number): void {
  if (smallest !== 0 || largest !== 0) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Every pixel of the planes is 0: there is no illumination to estimate",
    advice: "Choose planes, tiles or a channel with signal",
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
