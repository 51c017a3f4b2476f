/** The first pass of a LADMAP iteration, see `ladmap-sums.ts`. */
import { blockBytes, total } from "./ladmap-sums";

/** What the pixels after the last whole vector of a plane sum up to. */
let planeTail: f32 = 0;
let squareTail: f32 = 0;

/**
 * Of `planeCount` planes those from `first` on, `mostPlanes` at most. `planeSums` is f64, one for every plane; `pixelSums`
 * and `squaredChange`, that of the residual in f64, belong to these planes.
 */
export function updateResiduals(
  image: usize,
  residual: usize,
  multiplier: usize,
  weights: usize,
  planeCount: i32,
  pixelCount: i32,
  first: i32,
  mostPlanes: i32,
  flatfield: usize,
  darkfield: usize,
  baselines: usize,
  inverseMu: f32,
  threshold: f32,
  planeSums: usize,
  pixelSums: usize,
  squaredChange: usize,
): void {
  const planeBytes = (<usize>pixelCount) << 2;
  const stop = min(first + mostPlanes, planeCount);
  memory.fill(pixelSums, 0, planeBytes);
  let change: f64 = 0;
  for (let n = first; n < stop; n += 2) {
    const isPair = n + 1 < stop;
    const sums = planeSums + ((<usize>n) << 3);
    store<f64>(sums, 0);
    if (isPair) store<f64>(sums, 0, 8);
    for (let from: usize = 0; from < planeBytes; from += blockBytes) {
      const at = <usize>n * planeBytes + from;
      const bytes = min(blockBytes, planeBytes - from);
      const flat = flatfield + from;
      const dark = darkfield + from;
      const baseline = baselines + ((<usize>n) << 2);
      const ofPixels = pixelSums + from;
      if (isPair)
        change = residualsOfPlanes<u16>(
          image + at,
          residual + at,
          multiplier + at,
          weights + at,
          planeBytes,
          bytes,
          flat,
          dark,
          baseline,
          inverseMu,
          threshold,
          sums,
          ofPixels,
          change,
        );
      else
        change = residualsOfPlanes<u8>(
          image + at,
          residual + at,
          multiplier + at,
          weights + at,
          planeBytes,
          bytes,
          flat,
          dark,
          baseline,
          inverseMu,
          threshold,
          sums,
          ofPixels,
          change,
        );
    }
  }
  store<f64>(squaredChange, change);
}

/**
 * One plane (`Planes` is u8) or two (u16), `stride` bytes apart; a type, as it is known when this is compiled. Adds their
 * squared changes to `squaredChange` and returns it.
 */
function residualsOfPlanes<Planes>(
  image: usize,
  residual: usize,
  multiplier: usize,
  weights: usize,
  stride: usize,
  bytes: usize,
  flat: usize,
  dark: usize,
  baselines: usize,
  inverseMu: f32,
  threshold: f32,
  planeSums: usize,
  sums: usize,
  squaredChange: f64,
): f64 {
  const zero = f32x4.splat(0);
  const inverseMus = f32x4.splat(inverseMu);
  const thresholds = f32x4.splat(threshold);
  const baselineA = v128.load32_splat(baselines);
  const baselineB = sizeof<Planes>() === 2 ? v128.load32_splat(baselines, 4) : zero;
  const vectorBytes = bytes & ~15;
  let sumA = zero;
  let sumB = zero;
  let changesA = zero;
  let changesB = zero;
  for (let i: usize = 0; i < vectorBytes; i += 16) {
    const f = v128.load(flat + i);
    const d = v128.load(dark + i);
    let backgrounds = v128.load(sums + i);
    const xA = f32x4.add(v128.load(image + i), f32x4.mul(v128.load(multiplier + i), inverseMus));
    const unexplainedA = f32x4.sub(f32x4.sub(xA, f32x4.mul(f, baselineA)), d);
    const rA = shrink(unexplainedA, f32x4.mul(v128.load(weights + i), thresholds));
    const changeA = f32x4.sub(rA, v128.load(residual + i));
    const backgroundA = f32x4.sub(xA, rA);
    v128.store(residual + i, rA);
    changesA = f32x4.add(changesA, f32x4.mul(changeA, changeA));
    sumA = f32x4.add(sumA, f32x4.mul(f, backgroundA));
    backgrounds = f32x4.add(backgrounds, backgroundA);
    if (sizeof<Planes>() === 2) {
      const j = stride + i;
      const xB = f32x4.add(v128.load(image + j), f32x4.mul(v128.load(multiplier + j), inverseMus));
      const unexplainedB = f32x4.sub(f32x4.sub(xB, f32x4.mul(f, baselineB)), d);
      const rB = shrink(unexplainedB, f32x4.mul(v128.load(weights + j), thresholds));
      const changeB = f32x4.sub(rB, v128.load(residual + j));
      const backgroundB = f32x4.sub(xB, rB);
      v128.store(residual + j, rB);
      changesB = f32x4.add(changesB, f32x4.mul(changeB, changeB));
      sumB = f32x4.add(sumB, f32x4.mul(f, backgroundB));
      backgrounds = f32x4.add(backgrounds, backgroundB);
    }
    v128.store(sums + i, backgrounds);
  }
  const baseline = load<f32>(baselines);
  tailOfResiduals(
    image,
    residual,
    multiplier,
    weights,
    vectorBytes,
    bytes,
    flat,
    dark,
    baseline,
    inverseMu,
    threshold,
    sums,
  );
  squaredChange += total(changesA, squareTail);
  store<f64>(planeSums, load<f64>(planeSums) + total(sumA, planeTail));
  if (sizeof<Planes>() === 2) {
    image += stride;
    residual += stride;
    multiplier += stride;
    weights += stride;
    const next = load<f32>(baselines, 4);
    tailOfResiduals(
      image,
      residual,
      multiplier,
      weights,
      vectorBytes,
      bytes,
      flat,
      dark,
      next,
      inverseMu,
      threshold,
      sums,
    );
    squaredChange += total(changesB, squareTail);
    store<f64>(planeSums, load<f64>(planeSums, 8) + total(sumB, planeTail), 8);
  }
  return squaredChange;
}

/** `x` pulled towards zero by a limit. */
function shrink(x: v128, limit: v128): v128 {
  const zero = f32x4.splat(0);
  return f32x4.add(f32x4.pmax(zero, f32x4.sub(x, limit)), f32x4.pmin(zero, f32x4.add(x, limit)));
}

/** The pixels after the last whole vector of a plane: leaves their sums in `planeTail` and `squareTail`. */
function tailOfResiduals(
  image: usize,
  residual: usize,
  multiplier: usize,
  weights: usize,
  first: usize,
  stop: usize,
  flat: usize,
  dark: usize,
  baseline: f32,
  inverseMu: f32,
  threshold: f32,
  sums: usize,
): void {
  planeTail = 0;
  squareTail = 0;
  for (let i = first; i < stop; i += 4) {
    const f = load<f32>(flat + i);
    const x: f32 = load<f32>(image + i) + load<f32>(multiplier + i) * inverseMu;
    const unexplained: f32 = x - f * baseline - load<f32>(dark + i);
    const limit: f32 = load<f32>(weights + i) * threshold;
    const above: f32 = unexplained - limit;
    const below: f32 = unexplained + limit;
    const r: f32 = (above > 0 ? above : <f32>0) + (below < 0 ? below : <f32>0);
    const change: f32 = r - load<f32>(residual + i);
    const background: f32 = x - r;
    store<f32>(residual + i, r);
    squareTail += change * change;
    planeTail += f * background;
    store<f32>(sums + i, load<f32>(sums + i) + background);
  }
}
