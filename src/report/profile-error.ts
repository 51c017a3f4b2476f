/** How far an estimated flat-field lies from the true one. */

/**
 * Mean |S - S_true| after both are scaled to mean 1: 0.01 says that corrected pixels are off by 1 % on average.
 * Both are images of the same shape.
 */
export function flatfieldError(estimated: ArrayLike<number>, truth: ArrayLike<number>): number {
  const [scale, scaleTruth] = [1 / meanOf(estimated), 1 / meanOf(truth)];
  let sum = 0;
  for (let i = 0; i < truth.length; i += 1) sum += Math.abs(estimated[i]! * scale - truth[i]! * scaleTruth);
  return sum / truth.length;
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum / values.length;
}
