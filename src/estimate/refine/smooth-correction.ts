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
import { addNormalEquations } from "./normal-equations.ts";
import { meanOf, type OverlapData } from "./overlap-data.ts";
import { solvePositive } from "./solve.ts";

/** A shading and the ways in which it may change, for fits to several sets of pairs. */
export interface CorrectionModel {
  readonly start: Shading;
  /** Counts that stand for 1 in the coefficients of the dark-field. */
  readonly brightness: number;
  /** Counts that `start` takes off and the shading that it is compared with does not: brightness counts from there. */
  readonly constant: number;
  /** Changes of log S. */
  readonly lightTerms: readonly CosineTerm[];
  /** Changes of D in units of `brightness`, each without what it changes the mean by. */
  readonly darkTerms: readonly CosineTerm[];
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
  const [lightTerms, darkTerms] = [cosineTerms(1, lightOrder), cosineTerms(0, darkOrder)];
  const roughness = Float64Array.from([...lightTerms, ...darkTerms], roughnessOf);
  return { start, brightness, constant, lightTerms, darkTerms, roughness };
}

/** Every term over the field, one after the other, so that no more than one is held. */
function* termsOverField({ start, lightTerms, darkTerms }: CorrectionModel): Generator<Float64Array> {
  const { shapeYx, flatfield } = start;
  for (const term of lightTerms) yield termOverField(term, shapeYx);
  const lightMean = meanOf(flatfield);
  for (const term of darkTerms) {
    const values = termOverField(term, shapeYx);
    const share = meanOf(values) / lightMean;
    for (let i = 0; i < values.length; i++) values[i]! -= share * flatfield[i]!;
    yield values;
  }
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
export function applyCorrection(model: CorrectionModel, coefficients: Float64Array): Shading {
  const { start, brightness, lightTerms } = model;
  const length = start.flatfield.length;
  const [flatfield, darkfield] = [new Float64Array(length), Float64Array.from(start.darkfield)];
  let k = 0;
  for (const term of termsOverField(model)) {
    const isLight = k < lightTerms.length;
    addScaled(isLight ? flatfield : darkfield, term, coefficients[k]! * (isLight ? 1 : brightness));
    k++;
  }
  for (let i = 0; i < length; i++) flatfield[i] = start.flatfield[i]! * Math.exp(flatfield[i]!);
  const mean = meanOf(flatfield);
  for (let i = 0; i < length; i++) flatfield[i]! /= mean;
  const excess = meanOf(darkfield) - meanOf(start.darkfield);
  addScaled(darkfield, flatfield, -excess);
  return { shapeYx: start.shapeYx, flatfield, darkfield };
}

function addScaled(target: Float64Array, image: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * image[i]!;
}

function combined(terms: readonly Float64Array[], coefficients: Float64Array, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const [k, term] of terms.entries()) addScaled(sum, term, coefficients[k]!);
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
  const { flatfield, darkfield } = model.start;
  const pairs = [...byPair].map(([pair, planes]) => {
    const { shapeYx, binPx, inFirstYx, inSecondYx } = planes[0]!;
    const window = (startYx: Yx) => (image: ArrayLike<number>) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
    const side = (look: (image: ArrayLike<number>) => Float64Array) => ({
      light: look(flatfield),
      dark: look(darkfield),
      lightTerms: [] as Float64Array[],
      darkTerms: [] as Float64Array[],
      look,
    });
    const { brightness, constant } = model;
    return { pair, first: side(window(inFirstYx)), second: side(window(inSecondYx)), brightness, constant, planes };
  });
  let k = 0;
  for (const term of termsOverField(model)) {
    const isLight = k++ < model.lightTerms.length;
    for (const { first, second } of pairs) {
      for (const side of [first, second]) (isLight ? side.lightTerms : side.darkTerms).push(side.look(term));
    }
  }
  return pairs;
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
