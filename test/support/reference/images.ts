/** Steps of a blur and of what follows it, as plain loops: what the kernels of `assembly/blur.ts` and `normalise.ts` are held against. */

/** Adds rows, each with its weight. */
export function addRows(
  rows: readonly Float64Array[],
  weights: Float64Array,
  destination: Float32Array | Float64Array,
): void {
  const radius = weights.length - 1;
  const sums = new Float64Array(destination.length);
  const middle = rows[radius]!;
  for (let x = 0; x < sums.length; x++) sums[x] = middle[x]! * weights[0]!;
  for (let away = radius; away > 0; away--) {
    const [above, below, weight] = [rows[radius - away]!, rows[radius + away]!, weights[away]!];
    for (let x = 0; x < sums.length; x++) sums[x]! += (above[x]! + below[x]!) * weight;
  }
  for (let x = 0; x < sums.length; x++) destination[x] = Math.fround(sums[x]!);
}

/** The mean of an image, each pixel divided by their number before it is added. */
export function meanOfImage(image: Float32Array): number {
  let mean = 0;
  for (const pixel of image) mean += pixel / image.length;
  return mean;
}

/** Divides an image in place. @returns how many of its pixels are not positive or not finite then */
export function divideImage(image: Float32Array, divisor: number): number {
  let bad = 0;
  for (let at = 0; at < image.length; at++) {
    const divided = Math.fround(image[at]! / divisor);
    image[at] = divided;
    if (!(divided > 0 && divided < Number.POSITIVE_INFINITY)) bad++;
  }
  return bad;
}
