/**
 * The smooth correction of a shading by which overlaps agree best: log S changes by low cosine terms, D by low cosine
 * terms too. Found by Gauss-Newton steps on a robust loss (least absolute deviations, reweighted), regularised towards
 * no change.
 *
 * With A = (I - D) / S seen by one tile and B by the other, each pair counts with mean |A - B| in the unit of
 * `disagreement`.
 * What overlaps cannot tell is kept as it was: D and D + c·S differ by a constant in the corrected image, so the mean of
 * D stays.
 */
import type { Yx } from "../../shapes.ts";
import { binnedWindow, type Shading } from "../correct-patches.ts";
import { type CosineTerm, cosineTerms, roughnessOf, termOverField } from "./cosine-terms.ts";
import { meanOf, type OverlapData } from "./overlap-data.ts";
import { solvePositive } from "./solve.ts";

/** A shading and the ways in which it may change, made once for fits to several sets of pairs. */
export interface CorrectionModel {
  readonly start: Shading;
  /** Counts that stand for 1 in the coefficients of the dark-field. */
  readonly brightness: number;
  /** Counts that `start` takes off and the shading that it is compared with does not: brightness counts from there. */
  readonly constant: number;
  /** Over the field: changes of log S, then changes of D in units of `brightness`. */
  readonly lightTerms: readonly Float64Array[];
  readonly darkTerms: readonly Float64Array[];
  /** Of all terms, those of the light first. */
  readonly roughness: Float64Array;
}

const lightOrder = 6;
const darkOrder = 4;
const mostIterations = 10;
/** Below this relative deviation the loss is quadratic. */
const robustness = 0.01;

/** Prepares the terms of a correction. */
export function modelCorrection(start: Shading, brightness: number, constant = 0): CorrectionModel {
  const { shapeYx, flatfield } = start;
  const [light, dark] = [cosineTerms(1, lightOrder), cosineTerms(0, darkOrder)];
  const lightMean = meanOf(flatfield);
  const withoutMean = (term: CosineTerm) => {
    const values = termOverField(term, shapeYx);
    const share = meanOf(values) / lightMean;
    return values.map((value, i) => value - share * flatfield[i]!);
  };
  return {
    start,
    brightness,
    constant,
    lightTerms: light.map((term) => termOverField(term, shapeYx)),
    darkTerms: dark.map(withoutMean),
    roughness: Float64Array.from([...light, ...dark], roughnessOf),
  };
}

/**
 * Fits the coefficients of all terms.
 * @param strength of the regularisation; a pair counts as 1
 * @param from coefficients to begin with; not changed
 */
export function fitCorrection(
  model: CorrectionModel,
  pairs: readonly LinearPair[],
  strength: number,
  from: Float64Array = new Float64Array(model.roughness.length),
): Float64Array {
  const coefficients = from.slice();
  const count = coefficients.length;
  const [matrix, step] = [new Float64Array(count * count), new Float64Array(count)];
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    matrix.fill(0);
    for (let k = 0; k < count; k++) {
      matrix[k * count + k] = strength * model.roughness[k]!;
      step[k] = strength * model.roughness[k]! * coefficients[k]!;
    }
    for (const pair of pairs) addPair(pair, coefficients, matrix, step);
    solvePositive(matrix, step);
    for (let k = 0; k < count; k++) coefficients[k]! -= step[k]!;
    if (step.every((value) => Math.abs(value) < 1e-3)) break;
  }
  return coefficients;
}

/** The shading with a correction applied: flat-field of mean 1, the mean of the dark-field as it was. */
export function applyCorrection(
  { start, brightness, lightTerms, darkTerms }: CorrectionModel,
  coefficients: Float64Array,
): Shading {
  const logChange = combined(lightTerms, coefficients, start.flatfield.length);
  const darkChange = combined(darkTerms, coefficients.subarray(lightTerms.length), start.flatfield.length);
  const flatfield = logChange.map((change, i) => start.flatfield[i]! * Math.exp(change));
  const mean = meanOf(flatfield);
  for (let i = 0; i < flatfield.length; i++) flatfield[i]! /= mean;
  const darkfield = darkChange.map((change, i) => start.darkfield[i]! + brightness * change);
  const excess = meanOf(darkfield) - meanOf(start.darkfield);
  for (let i = 0; i < darkfield.length; i++) darkfield[i]! -= excess * flatfield[i]!;
  return { shapeYx: start.shapeYx, flatfield, darkfield };
}

function combined(terms: readonly Float64Array[], coefficients: Float64Array, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const [k, term] of terms.entries()) {
    const factor = coefficients[k]!;
    for (let i = 0; i < length; i++) sum[i]! += factor * term[i]!;
  }
  return sum;
}

/** One side of a pair: the start and the terms at its pixels. */
interface LinearSide {
  readonly light: Float64Array;
  readonly dark: Float64Array;
  readonly lightTerms: readonly Float64Array[];
  readonly darkTerms: readonly Float64Array[];
}

/** A pair of neighbours with the start and the terms at its pixels. */
export interface LinearPair {
  readonly pair: number;
  readonly first: LinearSide;
  readonly second: LinearSide;
  readonly brightness: number;
  readonly constant: number;
  readonly planes: readonly { readonly first: Float32Array; readonly second: Float32Array }[];
}

/** The terms at the pixels of every pair, made once for many fits. */
export function linearPairs(model: CorrectionModel, { patches, fieldYx }: OverlapData): LinearPair[] {
  const byPair = new Map<number, (typeof patches)[number][]>();
  for (const patch of patches) byPair.set(patch.pair, [...(byPair.get(patch.pair) ?? []), patch]);
  return [...byPair.values()].map((planes) => {
    const { shapeYx, binPx, inFirstYx, inSecondYx } = planes[0]!;
    const side = (startYx: Yx): LinearSide => {
      const window = (image: ArrayLike<number>) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
      return {
        light: window(model.start.flatfield),
        dark: window(model.start.darkfield),
        lightTerms: model.lightTerms.map(window),
        darkTerms: model.darkTerms.map(window),
      };
    };
    return {
      pair: planes[0]!.pair,
      first: side(inFirstYx),
      second: side(inSecondYx),
      brightness: model.brightness,
      constant: model.constant,
      planes,
    };
  });
}

/** Adds a pair's share of the normal equations: `matrix` (its lower triangle) and gradient. */
function addPair(pair: LinearPair, coefficients: Float64Array, matrix: Float64Array, gradient: Float64Array): void {
  const [sideA, sideB] = [
    sideAt(pair.first, pair.brightness, coefficients),
    sideAt(pair.second, pair.brightness, coefficients),
  ];
  const [lights, count, length] = [pair.first.lightTerms.length, coefficients.length, sideA.light.length];
  const [a, b, valid] = [new Float64Array(length), new Float64Array(length), new Uint8Array(length)];
  const slopes = new Float64Array(count * length);
  const [residuals, weights] = [new Float64Array(length), new Float64Array(length)];
  for (const plane of pair.planes) {
    // 1. What both tiles show when corrected, and the unit: how bright that was at the start, in the scale of now.
    let [sum, pixels] = [0, 0];
    for (let i = 0; i < length; i++) {
      a[i] = (plane.first[i]! - sideA.dark[i]!) / sideA.light[i]!;
      b[i] = (plane.second[i]! - sideB.dark[i]!) / sideB.light[i]!;
      valid[i] = Number.isNaN(a[i]! + b[i]!) ? 0 : 1;
      if (valid[i] === 0) continue;
      sum += (plane.first[i]! - pair.first.dark[i]!) / pair.first.light[i]!;
      sum += (plane.second[i]! - pair.second.dark[i]!) / pair.second.light[i]!;
      pixels++;
    }
    if (!(sum > 0)) continue;
    const mean = (sum / 2 / pixels + pair.constant) * scaleOf(valid, pair, sideA, sideB);
    // 2. How far they are apart, and the weights that make squares of that absolute values.
    for (let i = 0; i < length; i++) {
      residuals[i] = valid[i] === 0 ? 0 : (a[i]! - b[i]!) / mean;
      weights[i] = valid[i] === 0 ? 0 : 1 / Math.hypot(residuals[i]!, robustness) / pixels / pair.planes.length;
    }
    // 3. How that changes with the coefficients, the change of the mean included.
    for (let k = 0; k < count; k++) {
      const dark = k >= lights;
      const termA = dark ? pair.first.darkTerms[k - lights]! : pair.first.lightTerms[k]!;
      const termB = dark ? pair.second.darkTerms[k - lights]! : pair.second.lightTerms[k]!;
      let scale = 0;
      for (let i = 0; i < length; i++) {
        if (valid[i] === 0) continue;
        const changeA = dark ? (-pair.brightness * termA[i]!) / sideA.light[i]! : -a[i]! * termA[i]!;
        const changeB = dark ? (-pair.brightness * termB[i]!) / sideB.light[i]! : -b[i]! * termB[i]!;
        slopes[k * length + i] = (changeA - changeB) / mean;
        if (!dark) scale -= (termA[i]! + termB[i]!) / 2 / pixels;
      }
      // The unit takes part in changes of scale, not in those of a constant.
      for (let i = 0; i < length; i++) slopes[k * length + i]! -= residuals[i]! * scale;
    }
    // 4. The normal equations.
    addNormalEquations(slopes, residuals, weights, matrix, gradient);
  }
}

/** By how much corrected pixels are larger than at the start, on average over the valid ones. */
function scaleOf(
  valid: Uint8Array,
  { first, second }: LinearPair,
  sideA: Pick<LinearSide, "light">,
  sideB: Pick<LinearSide, "light">,
): number {
  let [sum, pixels] = [0, 0];
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 0) continue;
    sum += first.light[i]! / sideA.light[i]! + second.light[i]! / sideB.light[i]!;
    pixels += 2;
  }
  return sum / pixels;
}

function addNormalEquations(
  slopes: Float64Array,
  residuals: Float64Array,
  weights: Float64Array,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  const [count, length] = [gradient.length, residuals.length];
  const weighted = new Float64Array(length);
  for (let k = 0; k < count; k++) {
    let slope = 0;
    for (let i = 0; i < length; i++) {
      weighted[i] = weights[i]! === 0 ? 0 : weights[i]! * slopes[k * length + i]!;
      slope += weighted[i]! * residuals[i]!;
    }
    gradient[k]! += slope;
    for (let j = 0; j <= k; j++) {
      let product = 0;
      for (let i = 0, at = j * length; i < length; i++, at++) product += weighted[i]! * slopes[at]!;
      matrix[k * count + j]! += product;
    }
  }
}

/** Light and dark of a side with a correction applied. */
function sideAt(side: LinearSide, brightness: number, coefficients: Float64Array) {
  const length = side.light.length;
  const logChange = combined(side.lightTerms, coefficients, length);
  const darkChange = combined(side.darkTerms, coefficients.subarray(side.lightTerms.length), length);
  return {
    light: side.light.map((value, i) => value * Math.exp(logChange[i]!)),
    dark: side.dark.map((value, i) => value + brightness * darkChange[i]!),
  };
}
