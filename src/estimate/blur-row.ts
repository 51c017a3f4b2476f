import { memoryOf } from "../kernels/kernel-memory.ts";

/**
 * Adds rows, each with its weight, into `destination`: the middle one of the `2 * radius + 1` first, then pairs of equal
 * weight, the farthest first. In double precision, rounded to single at the end, be it written as such or as double
 * again. By WebAssembly where all arrays lie in one kernel memory, else by the twin, with the same bits.
 *
 * @param weights of the middle row and those that are one, two ... rows away
 * @param addresses working memory, one number for each row
 */
export function addRows(
  rows: readonly Float64Array[],
  weights: Float64Array,
  destination: Float32Array | Float64Array,
  addresses: Int32Array,
): void {
  const memory = memoryOf(destination, weights, addresses, ...rows);
  const isInside = rows.length === addresses.length && rows.every(({ length }) => length >= destination.length);
  if (memory === undefined || !isInside || rows.length !== 2 * weights.length - 1) {
    addRowsTwin(rows, weights, destination);
    return;
  }
  for (let at = 0; at < rows.length; at++) addresses[at] = rows[at]!.byteOffset;
  const { length, byteOffset, BYTES_PER_ELEMENT } = destination;
  const { addRows: add } = memory.functions;
  add(addresses.byteOffset, weights.byteOffset, weights.length - 1, length, byteOffset, BYTES_PER_ELEMENT);
}

function addRowsTwin(
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
