/** A pair's share of the normal equations of a fit. */
import type { FieldPlace, ModelledPair, NoiseScale, OverlapFit, PairGeometry } from "./overlap-model.ts";
import type { LitPlace } from "./pair-figure.ts";

/** A pair of views that are this far apart, relative to their brightness, counts as 1. */
export const unitDeviation = 0.01;
/** Residuals weigh less from about so many standard deviations on (Cauchy's loss). */
const robustness = 2;

/** A place with a fit applied, but for the gain of its tile. */
export function litPlace({ light, dark, terms }: FieldPlace, { light: coefficients }: OverlapFit): LitPlace {
  const change = new Float64Array(light.length);
  for (const [k, term] of terms.entries()) {
    for (let i = 0; i < term.length; i++) change[i]! += coefficients[k]! * term[i]!;
  }
  return { light: light.map((value, i) => value * Math.exp(change[i]!)), dark };
}

/** A place as a tile shows it whose light is brighter by a factor. */
export function withGain({ light, dark }: LitPlace, logGain: number): LitPlace {
  return logGain === 0 ? { light, dark } : { light: light.map((value) => value * Math.exp(logGain)), dark };
}

/**
 * Writes the normal equations of a pair: of the terms of the light, then the log gains of both tiles; the lower triangle
 * of the matrix, and the gradient. Both are overwritten.
 *
 * With T the mean of both views, A' - B' changes by T times what log S of the second place changes more than that of the
 * first: the planes of a pixel need not be gone through for each product of two unknowns.
 */
export function pairEquations(
  pair: ModelledPair,
  places: readonly [LitPlace, LitPlace],
  noise: NoiseScale,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  matrix.fill(0);
  gradient.fill(0);
  const { geometry } = pair;
  const wide = geometry.first.terms.length + 2;
  const slopes = new Float64Array(wide);
  for (let i = 0; i < geometry.length; i++) {
    const { squares, residual } = sumPlanes(pair, places, i, noise);
    if (squares === 0) continue;
    slopesAt(geometry, i, slopes);
    for (let k = 0; k < wide; k++) {
      const weighted = squares * slopes[k]!;
      for (let j = 0; j <= k; j++) matrix[k * wide + j]! += weighted * slopes[j]!;
      gradient[k]! += residual * slopes[k]!;
    }
  }
}

/** Weighted sums over the planes of a pair, at one coarse pixel: of T², and of T times the residual. */
function sumPlanes(
  { planes, geometry }: ModelledPair,
  [first, second]: readonly [LitPlace, LitPlace],
  i: number,
  noise: NoiseScale,
): { readonly squares: number; readonly residual: number } {
  const [lightA, lightB, darkA, darkB] = [1 / first.light[i]!, 1 / second.light[i]!, first.dark[i]!, second.dark[i]!];
  const share = unitDeviation ** 2 / geometry.length / planes.length;
  let [squares, residual] = [0, 0];
  for (const plane of planes) {
    const a = (plane.first[i]! - darkA) * lightA;
    const b = (plane.second[i]! - darkB) * lightB;
    const apart = a - b;
    if (!Number.isFinite(apart)) continue;
    const bright = (a + b) / 2;
    const scale = noise(bright);
    const weight = share / (scale * scale + (apart / robustness) ** 2);
    squares += weight * bright * bright;
    residual += weight * bright * apart;
  }
  return { squares, residual };
}

/** How the residual changes with every unknown, over T. */
function slopesAt({ first, second }: PairGeometry, i: number, slopes: Float64Array): void {
  const lights = first.terms.length;
  for (let k = 0; k < lights; k++) slopes[k] = second.terms[k]![i]! - first.terms[k]![i]!;
  slopes[lights] = -1;
  slopes[lights + 1] = 1;
}
