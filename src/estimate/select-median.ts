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

/**
 * The value of a rank among numbers, none of which is NaN; what is before it in the array is not larger afterwards, what
 * is behind it not smaller.
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
