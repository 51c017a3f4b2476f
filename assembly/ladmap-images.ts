/** What the steps of a LADMAP iteration do to single images of f64. */

/** `next = from + (pixelSums - (flatfield · byFlatfield + (darkResidual + darkOffset) · byDarkfield)) / eta`. */
export function descend(
  from: usize,
  flatfield: usize,
  byFlatfield: f64,
  darkResidual: usize,
  darkOffset: f64,
  byDarkfield: f64,
  pixelSums: usize,
  eta: f64,
  next: usize,
  count: i32,
): void {
  const flats = f64x2.splat(byFlatfield);
  const offsets = f64x2.splat(darkOffset);
  const darks = f64x2.splat(byDarkfield);
  const etas = f64x2.splat(eta);
  const bytes = (<usize>count) << 3;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const dark = f64x2.mul(f64x2.add(v128.load(darkResidual + i), offsets), darks);
    const explained = f64x2.add(f64x2.mul(v128.load(flatfield + i), flats), dark);
    const step = f64x2.div(f64x2.sub(v128.load(pixelSums + i), explained), etas);
    v128.store(next + i, f64x2.add(v128.load(from + i), step));
  }
  if (i === bytes) return;
  const explained = load<f64>(flatfield + i) * byFlatfield + (load<f64>(darkResidual + i) + darkOffset) * byDarkfield;
  store<f64>(next + i, load<f64>(from + i) + (load<f64>(pixelSums + i) - explained) / eta);
}

/** Pulls all values towards 0 by a threshold. */
export function shrinkAll(image: usize, threshold: f64, count: i32): void {
  const limit = f64x2.splat(threshold);
  const stop = image + ((<usize>count) << 3);
  for (; image + 16 <= stop; image += 16) v128.store(image, shrunk(v128.load(image), limit));
  if (image < stop) store<f64>(image, f64x2.extract_lane(shrunk(v128.load64_zero(image), limit), 0));
}

/** Pulls each value towards 0 by `cost · weight / scale`. */
export function shrinkWeighted(image: usize, weights: usize, cost: f64, scale: f64, count: i32): void {
  const costs = f64x2.splat(cost);
  const scales = f64x2.splat(scale);
  const stop = image + ((<usize>count) << 3);
  for (; image + 16 <= stop; image += 16, weights += 16) {
    const limit = f64x2.div(f64x2.mul(costs, v128.load(weights)), scales);
    v128.store(image, shrunk(v128.load(image), limit));
  }
  if (image === stop) return;
  const limit = f64x2.splat((cost * load<f64>(weights)) / scale);
  store<f64>(image, f64x2.extract_lane(shrunk(v128.load64_zero(image), limit), 0));
}

/** A value pulled towards 0 by a limit. */
export function shrunk(value: v128, limit: v128): v128 {
  const below = v128.and(f64x2.add(value, limit), f64x2.lt(value, f64x2.neg(limit)));
  return v128.bitselect(f64x2.sub(value, limit), below, f64x2.gt(value, limit));
}
