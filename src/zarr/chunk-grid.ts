/** The coordinates of all chunks that a box, which is not empty, touches, the last axis fastest. */
export function* chunksTouching(
  chunkShape: readonly number[],
  start: readonly number[],
  stop: readonly number[],
): Generator<number[]> {
  const first = start.map((begin, axis) => Math.floor(begin / chunkShape[axis]!));
  const last = stop.map((end, axis) => Math.floor((end - 1) / chunkShape[axis]!));
  const coords = [...first];
  for (let axis = coords.length - 1; axis >= 0; ) {
    yield [...coords];
    for (axis = coords.length - 1; axis >= 0; axis--) {
      coords[axis]!++;
      if (coords[axis]! <= last[axis]!) break;
      coords[axis] = first[axis]!;
    }
  }
}
