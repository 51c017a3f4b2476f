/**
 * What happens Flat-field, dark-field and baselines are f64. Each does `planeCount` planes.
 */
import { shrunk } from "./ladmap-images";

/** Two pixels in double precision. */
function two(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

function storeTwo(at: usize, values: v128): void {
  v128.store_lane<u64>(at, f32x4.demote_f64x2_zero(values), 0);
}

/**
 * New weights `1 / (|residual / (flatfield · baseline + darkfield + epsilon)| + epsilon)`; those that are 0 stay so. `total`
 * becomes the sum of all, f64: in two lanes, and what is left over in a third.
 */
export function reweightPlane(
  residual: usize,
  weights: usize,
  pixelCount: i32,
  flatfield: usize,
  darkfield: usize,
  baseline: usize,
  epsilon: f64,
  total: usize,
): void {
  const epsilons = f64x2.splat(epsilon);
  const baselines = v128.load64_splat(baseline);
  const bytes = (<usize>pixelCount) << 2;
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    const f = v128.load(flatfield + 2 * i);
    const d = v128.load(darkfield + 2 * i);
    const weight = weightOf(two(residual + i), f, d, baselines, epsilons);
    sums = f64x2.add(sums, weight);
    const isUsed = f32x4.ne(v128.load64_zero(weights + i), f32x4.splat(0));
    v128.store_lane<u64>(weights + i, v128.and(f32x4.demote_f64x2_zero(weight), isUsed), 0);
  }
  let rest: f64 = 0;
  if (i < bytes) {
    const f = v128.load64_splat(flatfield + 2 * i);
    const d = v128.load64_splat(darkfield + 2 * i);
    rest = f64x2.extract_lane(weightOf(one(residual + i), f, d, baselines, epsilons), 0);
    if (load<f32>(weights + i) !== 0) store<f32>(weights + i, <f32>rest);
  }
  store<f64>(total, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + rest);
}

/** No residual means full weight, also where nothing is explained either. */
function weightOf(residual: v128, f: v128, d: v128, baseline: v128, epsilons: v128): v128 {
  const one = f64x2.splat(1);
  const explained = f64x2.add(f64x2.add(f64x2.mul(f, baseline), d), epsilons);
  const weight = f64x2.div(one, f64x2.add(f64x2.abs(f64x2.div(residual, explained)), epsilons));
  return v128.bitselect(f64x2.div(one, epsilons), weight, f64x2.eq(residual, f64x2.splat(0)));
}

/** Divides f32 by an f64. */
export function divideFloats(values: usize, count: i32, divisor: f64): void {
  const divisors = f64x2.splat(divisor);
  const stop = values + ((<usize>count) << 2);
  for (; values + 8 <= stop; values += 8) storeTwo(values, f64x2.div(two(values), divisors));
  if (values < stop) store<f32>(values, <f32>(<f64>load<f32>(values) / divisor));
}

/** Sets f32. */
export function fillFloats(values: usize, count: i32, value: f32): void {
  const bytes = (<usize>count) << 2;
  if (reinterpret<u32>(value) === 0) {
    memory.fill(values, 0, bytes);
    return;
  }
  const stop = values + bytes;
  for (; values + 16 <= stop; values += 16) v128.store(values, f32x4.splat(value));
  for (; values < stop; values += 4) store<f32>(values, value);
}

/** `residual = image - flatfield · baseline - darkfield`. */
export function leaveResidual(
  image: usize,
  residual: usize,
  pixelCount: i32,
  flatfield: usize,
  darkfield: usize,
  baseline: usize,
): void {
  const bytes = (<usize>pixelCount) << 2;
  const baselines = v128.load64_splat(baseline);
  for (let i: usize = 0; i < bytes; i += 8) {
    const isPair = i + 8 <= bytes;
    const recorded = isPair ? two(image + i) : one(image + i);
    const light = f64x2.mul(pair(flatfield + 2 * i, isPair), baselines);
    storePair(residual + i, f64x2.sub(f64x2.sub(recorded, light), pair(darkfield + 2 * i, isPair)), isPair);
  }
}

/**
 * Multipliers `muSum · (image - flatfieldMean · baselineMean - darkfieldMean)`, at most `weight / planesOfFit` away from 0,
 * and the residuals that the step of R makes with them.
 */
export function takeUpPlane(
  image: usize,
  residual: usize,
  multiplier: usize,
  weights: usize,
  pixelCount: i32,
  flatfield: usize,
  darkfield: usize,
  baseline: usize,
  flatfieldMean: usize,
  darkfieldMean: usize,
  baselineMean: usize,
  planesOfFit: f64,
  muSum: f64,
  inverseMu: f64,
): void {
  const bytes = (<usize>pixelCount) << 2;
  const planes = f64x2.splat(planesOfFit);
  const muSums = f64x2.splat(muSum);
  const inverseMus = f64x2.splat(inverseMu);
  const baselines = v128.load64_splat(baseline);
  const baselineMeans = v128.load64_splat(baselineMean);
  for (let i: usize = 0; i < bytes; i += 8) {
    const isPair = i + 8 <= bytes;
    const recorded = isPair ? two(image + i) : one(image + i);
    const bound = f64x2.div(isPair ? two(weights + i) : one(weights + i), planes);
    const j = 2 * i;
    const meanLight = f64x2.mul(pair(flatfieldMean + j, isPair), baselineMeans);
    const meanLeft = f64x2.sub(f64x2.sub(recorded, meanLight), pair(darkfieldMean + j, isPair));
    const y = f64x2.min(f64x2.max(f64x2.mul(muSums, meanLeft), f64x2.neg(bound)), bound);
    const x = f64x2.add(recorded, f64x2.mul(y, inverseMus));
    const light = f64x2.mul(pair(flatfield + j, isPair), baselines);
    const unexplained = f64x2.sub(f64x2.sub(x, light), pair(darkfield + j, isPair));
    storePair(multiplier + i, y, isPair);
    storePair(residual + i, shrunk(unexplained, f64x2.mul(bound, inverseMus)), isPair);
  }
}

function storePair(at: usize, values: v128, isPair: bool): void {
  if (isPair) storeTwo(at, values);
  else store<f32>(at, <f32>f64x2.extract_lane(values, 0));
}

function one(at: usize): v128 {
  return f64x2.splat(<f64>load<f32>(at));
}

/** Two f64 of an image, or its last one. */
function pair(at: usize, isPair: bool): v128 {
  return isPair ? v128.load(at) : v128.load64_splat(at);
}
