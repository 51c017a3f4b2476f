/** Pairs of neighbours as a smooth correction sees them: how far both are apart, and how that changes with every unknown. */
import type { Yx } from "../../shapes.ts";
import { binnedWindow } from "../correct-patches.ts";
import { addScaled, type CorrectionModel, termsOverField } from "./correction-model.ts";
import { addNormalEquations } from "./normal-equations.ts";
import type { OverlapData } from "./overlap-data.ts";

/** Below this relative deviation the loss is quadratic. */
const robustness = 0.01;

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
  /** The tiles of the sides, by number. */
  readonly tiles: readonly [number, number];
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
    const { tiles, shapeYx, binPx, inFirstYx, inSecondYx } = planes[0]!;
    const window = (startYx: Yx) => (image: ArrayLike<number>) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
    const side = (look: (image: ArrayLike<number>) => Float64Array) => ({
      light: look(flatfield),
      dark: look(darkfield),
      lightTerms: [] as Float64Array[],
      darkTerms: [] as Float64Array[],
      look,
    });
    const { brightness, constant } = model;
    const [first, second] = [side(window(inFirstYx)), side(window(inSecondYx))];
    return { pair, tiles, first, second, brightness, constant, planes };
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

/**
 * A pair's share of the normal equations, of the coefficients and then of the log gains of both tiles: `matrix` (its
 * lower triangle) and gradient, which are overwritten.
 */
export function pairEquations(
  pair: LinearPair,
  coefficients: Float64Array,
  logGains: Float64Array,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  matrix.fill(0);
  gradient.fill(0);
  const [sideA, sideB] = [
    sideAt(pair.first, pair.brightness, coefficients, logGains[pair.tiles[0]]!),
    sideAt(pair.second, pair.brightness, coefficients, logGains[pair.tiles[1]]!),
  ];
  const [lights, count, length] = [pair.first.lightTerms.length, coefficients.length, sideA.light.length];
  const [a, b, valid] = [new Float64Array(length), new Float64Array(length), new Uint8Array(length)];
  const slopes = new Float64Array((count + 2) * length);
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
    // 4. The same with the gains.
    for (let i = 0; i < length; i++) {
      slopes[count * length + i] = valid[i] === 0 ? 0 : residuals[i]! / 2 - a[i]! / mean;
      slopes[(count + 1) * length + i] = valid[i] === 0 ? 0 : residuals[i]! / 2 + b[i]! / mean;
    }
    // 5. The normal equations.
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

/** Light and dark of a side with a correction and a gain applied. */
function sideAt(side: LinearSide, brightness: number, coefficients: Float64Array, logGain: number) {
  const length = side.light.length;
  const logChange = combined(side.lightTerms, coefficients, length);
  const darkChange = combined(side.darkTerms, coefficients.subarray(side.lightTerms.length), length);
  return {
    light: side.light.map((value, i) => value * Math.exp(logChange[i]! + logGain)),
    dark: side.dark.map((value, i) => value + brightness * darkChange[i]!),
  };
}

function combined(terms: readonly Float64Array[], coefficients: Float64Array, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const [k, term] of terms.entries()) addScaled(sum, term, coefficients[k]!);
  return sum;
}
