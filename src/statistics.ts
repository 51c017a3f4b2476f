/** Means, medians, products and rounding of lists of numbers. Sums run from the first number to the last. */

/** The mean of numbers; NaN of none. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
}

/** The sum of the products of the numbers of two lists of one length. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/**
 * The median of finite numbers, the mean of the two middle ones where their count is even; NaN of none. Selects instead
 * of sorting; the array is left in another order.
 */
export function medianOf(values: Float64Array): number {
  if (values.length === 0) return Number.NaN;
  const middle = values.length >> 1;
  const upper = select(values, middle);
  if (values.length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < middle; at++) if (values[at]! > lower) lower = values[at]!;
  return (lower + upper) / 2;
}

/** The median of sorted numbers, the mean of the two middle ones where their count is even; NaN of none. */
export function medianOfSorted(values: ArrayLike<number>): number {
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of numbers, the larger of the two middle ones where their count is even; an array of floats is left in another order. */
export function upperMedianOf(values: readonly number[] | Float64Array): number | undefined {
  if (values.length === 0) return undefined;
  return select(values instanceof Float64Array ? values : Float64Array.from(values), values.length >> 1);
}

/**
 * The value of a rank among numbers, none of which is NaN; what is before it in the array is not larger afterwards,
 * what is behind it not smaller.
 * @see C. A. R. Hoare, Algorithm 65: find, Communications of the ACM 4 (1961), 321-322
 */
export function select(values: Float64Array | Float32Array, rank: number): number {
  let [first, last] = [0, values.length - 1];
  while (first < last) {
    const pivot = values[(first + last) >> 1]!;
    let [low, high] = [first, last];
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const value = values[low]!;
      values[low++] = values[high]!;
      values[high--] = value;
    }
    if (rank <= high) last = high;
    else if (rank >= low) first = low;
    else break;
  }
  return values[rank]!;
}

/** The nearest whole number, of two that are as near the even one; the sign of zero is kept. As NumPy's `rint`. */
export function roundTiesToEven(value: number): number {
  // Math.round takes the upper of two.
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** The standard error of a value, from its values with each of some groups left out. */
export function jackknifeError(values: readonly number[]): number {
  const { length } = values;
  if (length < 3) return Number.POSITIVE_INFINITY;
  const mean = meanOf(values);
  return Math.sqrt(((length - 1) / length) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}
