/**
 * Cubic B-splines along one axis: the coefficients of the spline through samples, and the weights of its values at
 * other positions.
 * @see Unser, Aldroubi, Eden, "B-spline signal processing: part II", IEEE Trans. Signal Process. 41 (1993) 834-848,
 * https://doi.org/10.1109/78.193221
 */

/**
 * How samples continue beyond the first and last: mirrored about the centre of the outermost pixel (`onPixel`), or
 * about its outer edge (`onEdge`), so that the outermost pixel repeats.
 */
export type MirrorPlane = "onPixel" | "onEdge";

/** The pole of the recursive filter that turns samples into cubic coefficients. */
const pole = Math.sqrt(3) - 2;
const gain = (1 - pole) * (1 - 1 / pole);

/**
 * Turns `count` lines of samples into spline coefficients in place. Line k begins at `k * lineStride`; its `length`
 * samples lie `step` apart.
 */
export function toCoefficients(
  data: Float64Array,
  length: number,
  step: number,
  count: number,
  lineStride: number,
  mirror: MirrorPlane,
): void {
  if (length < 2) return;
  for (let line = 0; line < count; line++) {
    const first = line * lineStride;
    const last = first + (length - 1) * step;
    for (let at = first; at <= last; at += step) data[at]! *= gain;
    // Forwards: each value gains the decaying sum of all before it, the mirrored ones included.
    data[first] = causalStart(data, first, length, step, mirror);
    for (let at = first + step; at <= last; at += step) data[at]! += pole * data[at - step]!;
    // Backwards, the same from the other end.
    data[last] =
      mirror === "onPixel"
        ? (pole / (pole * pole - 1)) * (data[last]! + pole * data[last - step]!)
        : (pole / (pole - 1)) * data[last]!;
    for (let at = last - step; at >= first; at -= step) data[at] = pole * (data[at + step]! - data[at]!);
  }
}

/** The sum of pole^k times the k-th sample before the first one, k = 0, 1, ..., over the infinite mirrored line. */
function causalStart(data: Float64Array, first: number, length: number, step: number, mirror: MirrorPlane): number {
  const last = first + (length - 1) * step;
  let power = 1;
  let sum = 0;
  if (mirror === "onPixel") {
    // Period 2n - 2: the samples forwards, then backwards without the two ends.
    const farPower = pole ** (2 * length - 2);
    for (let k = 0; k < length; k++, power *= pole) sum += power * data[first + k * step]!;
    for (let k = length - 2; k > 0; k--, power *= pole) sum += power * data[first + k * step]!;
    return sum / (1 - farPower);
  }
  // Period 2n, and the sample before the first is the first again.
  for (let k = 0; k < length; k++, power *= pole) sum += power * data[first + k * step]!;
  for (let at = last; at >= first; at -= step, power *= pole) sum += power * data[at]!;
  return data[first]! + (pole * sum) / (1 - power);
}
