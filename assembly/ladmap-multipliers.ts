/** The second pass of a LADMAP iteration, see `ladmap-sums.ts`. */
import { blockBytes, total } from "./ladmap-sums";

/** What the pixels after the last whole vector of a plane sum up to. */
let planeTail: f32 = 0;
let squareTail: f32 = 0;

/**
 * Of `planeCount` planes those from `first` on, `mostPlanes` at most. `pixelSums` and `totals`, two f64 for the squared
 * remainders and the sum of the multipliers, belong to these planes.
 */
export function updateMultipliers(
  image: usize,
  residual: usize,
  multiplier: usize,
  planeCount: i32,
  pixelCount: i32,
  first: i32,
  mostPlanes: i32,
  flatfield: usize,
  darkfield: usize,
  baselines: usize,
  mu: f32,
  inverseNextMu: f32,
  pixelSums: usize,
  totals: usize,
): void {
  const planeBytes = (<usize>pixelCount) << 2;
  const stop = min(first + mostPlanes, planeCount);
  memory.fill(pixelSums, 0, planeBytes);
  store<f64>(totals, 0);
  store<f64>(totals, 0, 8);
  for (let n = first; n < stop; n += 2) {
    for (let from: usize = 0; from < planeBytes; from += blockBytes) {
      const at = <usize>n * planeBytes + from;
      const bytes = min(blockBytes, planeBytes - from);
      const flat = flatfield + from;
      const dark = darkfield + from;
      const baseline = baselines + ((<usize>n) << 2);
      const ofPixels = pixelSums + from;
      if (n + 1 < stop)
        multipliersOfPlanes<u16>(
          image + at,
          residual + at,
          multiplier + at,
          planeBytes,
          bytes,
          flat,
          dark,
          baseline,
          mu,
          inverseNextMu,
          ofPixels,
          totals,
        );
      else
        multipliersOfPlanes<u8>(
          image + at,
          residual + at,
          multiplier + at,
          planeBytes,
          bytes,
          flat,
          dark,
          baseline,
          mu,
          inverseNextMu,
          ofPixels,
          totals,
        );
    }
  }
}

/**
 * One plane (`Planes` is u8) or two (u16), `stride` bytes apart; a type, as it is known when this is compiled. Adds their
 * sums to `totals`.
 */
function multipliersOfPlanes<Planes>(
  image: usize,
  residual: usize,
  multiplier: usize,
  stride: usize,
  bytes: usize,
  flat: usize,
  dark: usize,
  baselines: usize,
  mu: f32,
  inverseNextMu: f32,
  sums: usize,
  totals: usize,
): void {
  const zero = f32x4.splat(0);
  const mus = f32x4.splat(mu);
  const inverseNextMus = f32x4.splat(inverseNextMu);
  const baselineA = v128.load32_splat(baselines);
  const baselineB = sizeof<Planes>() === 2 ? v128.load32_splat(baselines, 4) : zero;
  const vectorBytes = bytes & ~15;
  let squaresA = zero;
  let squaresB = zero;
  let sumA = zero;
  let sumB = zero;
  for (let i: usize = 0; i < vectorBytes; i += 16) {
    const f = v128.load(flat + i);
    const d = v128.load(dark + i);
    let nexts = v128.load(sums + i);
    const backgroundA = f32x4.sub(v128.load(image + i), v128.load(residual + i));
    const remainderA = f32x4.sub(f32x4.sub(backgroundA, f32x4.mul(f, baselineA)), d);
    const yA = f32x4.add(v128.load(multiplier + i), f32x4.mul(mus, remainderA));
    v128.store(multiplier + i, yA);
    squaresA = f32x4.add(squaresA, f32x4.mul(remainderA, remainderA));
    sumA = f32x4.add(sumA, yA);
    nexts = f32x4.add(nexts, f32x4.mul(baselineA, f32x4.add(backgroundA, f32x4.mul(yA, inverseNextMus))));
    if (sizeof<Planes>() === 2) {
      const j = stride + i;
      const backgroundB = f32x4.sub(v128.load(image + j), v128.load(residual + j));
      const remainderB = f32x4.sub(f32x4.sub(backgroundB, f32x4.mul(f, baselineB)), d);
      const yB = f32x4.add(v128.load(multiplier + j), f32x4.mul(mus, remainderB));
      v128.store(multiplier + j, yB);
      squaresB = f32x4.add(squaresB, f32x4.mul(remainderB, remainderB));
      sumB = f32x4.add(sumB, yB);
      nexts = f32x4.add(nexts, f32x4.mul(baselineB, f32x4.add(backgroundB, f32x4.mul(yB, inverseNextMus))));
    }
    v128.store(sums + i, nexts);
  }
  const first = load<f32>(baselines);
  tailOfMultipliers(image, residual, multiplier, vectorBytes, bytes, flat, dark, first, mu, inverseNextMu, sums);
  addTotals(totals, squaresA, sumA);
  if (sizeof<Planes>() === 2) {
    image += stride;
    residual += stride;
    multiplier += stride;
    const next = load<f32>(baselines, 4);
    tailOfMultipliers(image, residual, multiplier, vectorBytes, bytes, flat, dark, next, mu, inverseNextMu, sums);
    addTotals(totals, squaresB, sumB);
  }
}

function addTotals(totals: usize, squares: v128, sums: v128): void {
  store<f64>(totals, load<f64>(totals) + total(squares, squareTail));
  store<f64>(totals, load<f64>(totals, 8) + total(sums, planeTail), 8);
}

/** The pixels after the last whole vector of a plane: leaves their sums in `planeTail` and `squareTail`. */
function tailOfMultipliers(
  image: usize,
  residual: usize,
  multiplier: usize,
  first: usize,
  stop: usize,
  flat: usize,
  dark: usize,
  baseline: f32,
  mu: f32,
  inverseNextMu: f32,
  sums: usize,
): void {
  planeTail = 0;
  squareTail = 0;
  for (let i = first; i < stop; i += 4) {
    const background: f32 = load<f32>(image + i) - load<f32>(residual + i);
    const remainder: f32 = background - load<f32>(flat + i) * baseline - load<f32>(dark + i);
    const y: f32 = load<f32>(multiplier + i) + mu * remainder;
    store<f32>(multiplier + i, y);
    squareTail += remainder * remainder;
    planeTail += y;
    store<f32>(sums + i, load<f32>(sums + i) + baseline * (background + y * inverseNextMu));
  }
}
