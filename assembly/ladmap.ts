/**
 * The two passes of a LADMAP iteration over the planes of a fit, for a slab of pixels of all of them; the twins are in
 * `src/estimate/basic/single-kernels.ts`. Arrays hold f32 unless said otherwise. Sums over a slab are taken in four
 * lanes of f32 for each plane, and beyond that in f64.
 */

/** The lanes' sum in double precision, and that of the pixels after the last whole vector. */
function total(lanes: v128, tail: f32): f64 {
  const low = <f64>f32x4.extract_lane(lanes, 0) + <f64>f32x4.extract_lane(lanes, 1);
  const high = <f64>f32x4.extract_lane(lanes, 2) + <f64>f32x4.extract_lane(lanes, 3);
  return low + high + <f64>tail;
}

/** The pixels `[from, to)`; `planeSums` is f64 and belongs to the slab. Returns the squared change of the residual. */
export function updateResiduals(
  image: usize,
  residual: usize,
  multiplier: usize,
  weights: usize,
  planeCount: i32,
  pixelCount: i32,
  from: i32,
  to: i32,
  flatfield: usize,
  darkfield: usize,
  baselines: usize,
  inverseMu: f32,
  threshold: f32,
  planeSums: usize,
  pixelSums: usize,
): f64 {
  const zero = f32x4.splat(0);
  const inverseMus = f32x4.splat(inverseMu);
  const thresholds = f32x4.splat(threshold);
  const count = to - from;
  const vectorBytes = (<usize>(count & ~3)) << 2;
  const bytes = (<usize>count) << 2;
  const flat = flatfield + ((<usize>from) << 2);
  const dark = darkfield + ((<usize>from) << 2);
  const sums = pixelSums + ((<usize>from) << 2);
  memory.fill(sums, 0, bytes);
  let squaredChange: f64 = 0;
  for (let n = 0; n < planeCount; n++) {
    const offset = (<usize>n * pixelCount + from) << 2;
    const atImage = image + offset;
    const atResidual = residual + offset;
    const atMultiplier = multiplier + offset;
    const atWeights = weights + offset;
    const baseline = load<f32>(baselines + ((<usize>n) << 2));
    const baselineLanes = f32x4.splat(baseline);
    let planeLanes = zero;
    let changeLanes = zero;
    let planeTail: f32 = 0;
    let changeTail: f32 = 0;
    let i: usize = 0;
    for (; i < vectorBytes; i += 16) {
      const f = v128.load(flat + i);
      const x = f32x4.add(v128.load(atImage + i), f32x4.mul(v128.load(atMultiplier + i), inverseMus));
      const unexplained = f32x4.sub(f32x4.sub(x, f32x4.mul(f, baselineLanes)), v128.load(dark + i));
      const limit = f32x4.mul(v128.load(atWeights + i), thresholds);
      const above = f32x4.pmax(zero, f32x4.sub(unexplained, limit));
      const below = f32x4.pmin(zero, f32x4.add(unexplained, limit));
      const r = f32x4.add(above, below);
      const change = f32x4.sub(r, v128.load(atResidual + i));
      const background = f32x4.sub(x, r);
      v128.store(atResidual + i, r);
      changeLanes = f32x4.add(changeLanes, f32x4.mul(change, change));
      planeLanes = f32x4.add(planeLanes, f32x4.mul(f, background));
      v128.store(sums + i, f32x4.add(v128.load(sums + i), background));
    }
    for (; i < bytes; i += 4) {
      const f = load<f32>(flat + i);
      const x: f32 = load<f32>(atImage + i) + load<f32>(atMultiplier + i) * inverseMu;
      const unexplained: f32 = x - f * baseline - load<f32>(dark + i);
      const limit: f32 = load<f32>(atWeights + i) * threshold;
      const above: f32 = unexplained - limit;
      const below: f32 = unexplained + limit;
      const r: f32 = (above > 0 ? above : <f32>0) + (below < 0 ? below : <f32>0);
      const change: f32 = r - load<f32>(atResidual + i);
      const background: f32 = x - r;
      store<f32>(atResidual + i, r);
      changeTail += change * change;
      planeTail += f * background;
      store<f32>(sums + i, load<f32>(sums + i) + background);
    }
    squaredChange += total(changeLanes, changeTail);
    store<f64>(planeSums + ((<usize>n) << 3), total(planeLanes, planeTail));
  }
  return squaredChange;
}

/** The pixels `[from, to)`; `totals` are two f64 of the slab: the squared remainders and the sum of the multipliers. */
export function updateMultipliers(
  image: usize,
  residual: usize,
  multiplier: usize,
  planeCount: i32,
  pixelCount: i32,
  from: i32,
  to: i32,
  flatfield: usize,
  darkfield: usize,
  baselines: usize,
  mu: f32,
  inverseNextMu: f32,
  pixelSums: usize,
  totals: usize,
): void {
  const zero = f32x4.splat(0);
  const mus = f32x4.splat(mu);
  const inverseNextMus = f32x4.splat(inverseNextMu);
  const count = to - from;
  const vectorBytes = (<usize>(count & ~3)) << 2;
  const bytes = (<usize>count) << 2;
  const flat = flatfield + ((<usize>from) << 2);
  const dark = darkfield + ((<usize>from) << 2);
  const sums = pixelSums + ((<usize>from) << 2);
  memory.fill(sums, 0, bytes);
  let squaredRemainder: f64 = 0;
  let multiplierSum: f64 = 0;
  for (let n = 0; n < planeCount; n++) {
    const offset = (<usize>n * pixelCount + from) << 2;
    const atImage = image + offset;
    const atResidual = residual + offset;
    const atMultiplier = multiplier + offset;
    const baseline = load<f32>(baselines + ((<usize>n) << 2));
    const baselineLanes = f32x4.splat(baseline);
    let squareLanes = zero;
    let multiplierLanes = zero;
    let squareTail: f32 = 0;
    let multiplierTail: f32 = 0;
    let i: usize = 0;
    for (; i < vectorBytes; i += 16) {
      const background = f32x4.sub(v128.load(atImage + i), v128.load(atResidual + i));
      const explained = f32x4.mul(v128.load(flat + i), baselineLanes);
      const remainder = f32x4.sub(f32x4.sub(background, explained), v128.load(dark + i));
      const y = f32x4.add(v128.load(atMultiplier + i), f32x4.mul(mus, remainder));
      v128.store(atMultiplier + i, y);
      squareLanes = f32x4.add(squareLanes, f32x4.mul(remainder, remainder));
      multiplierLanes = f32x4.add(multiplierLanes, y);
      const next = f32x4.mul(baselineLanes, f32x4.add(background, f32x4.mul(y, inverseNextMus)));
      v128.store(sums + i, f32x4.add(v128.load(sums + i), next));
    }
    for (; i < bytes; i += 4) {
      const background: f32 = load<f32>(atImage + i) - load<f32>(atResidual + i);
      const remainder: f32 = background - load<f32>(flat + i) * baseline - load<f32>(dark + i);
      const y: f32 = load<f32>(atMultiplier + i) + mu * remainder;
      store<f32>(atMultiplier + i, y);
      squareTail += remainder * remainder;
      multiplierTail += y;
      store<f32>(sums + i, load<f32>(sums + i) + baseline * (background + y * inverseNextMu));
    }
    squaredRemainder += total(squareLanes, squareTail);
    multiplierSum += total(multiplierLanes, multiplierTail);
  }
  store<f64>(totals, squaredRemainder);
  store<f64>(totals, multiplierSum, 8);
}
