/** Every so many rows and columns of planes; the twin is `src/estimate/thin-planes.ts`. */

/**
 * @param source the first pixel that is taken of the first plane
 * @param itemBytes 1, 2 or 4: those of a pixel
 * @param planeStride pixels from plane to plane
 * @param rowStride pixels from one row that is taken to the next
 * @param rows rows and columns that are taken of each plane
 * @param targetStride pixels from plane to plane of those that were taken
 */
export function thinPlanes(
  source: usize,
  itemBytes: i32,
  planeCount: i32,
  planeStride: i32,
  rowStride: i32,
  rows: i32,
  columns: i32,
  step: i32,
  target: usize,
  targetStride: i32,
): void {
  let plane = source;
  let targetPlane = target;
  const width = <usize>columns * itemBytes;
  for (let n = 0; n < planeCount; n++) {
    let from = plane;
    let to = targetPlane;
    for (let row = 0; row < rows; row++) {
      if (itemBytes === 2) thinRow<u16>(from, columns, step, to);
      else if (itemBytes === 1) thinRow<u8>(from, columns, step, to);
      else thinRow<u32>(from, columns, step, to);
      to += width;
      from += <usize>rowStride * itemBytes;
    }
    plane += <usize>planeStride * itemBytes;
    targetPlane += <usize>targetStride * itemBytes;
  }
}

function thinRow<T>(source: usize, columns: i32, step: i32, target: usize): void {
  let from = source;
  let to = target;
  let column = 0;
  if (sizeof<T>() === 2 && step === 4) {
    // Eight of 32 pixels; there is a next one, so that nothing is read beyond the last
    for (; column + 8 < columns; column += 8) {
      const first = v128.shuffle<u16>(v128.load(from), v128.load(from, 16), 0, 4, 8, 12, 0, 4, 8, 12);
      const second = v128.shuffle<u16>(v128.load(from, 32), v128.load(from, 48), 0, 4, 8, 12, 0, 4, 8, 12);
      v128.store(to, v128.shuffle<u64>(first, second, 0, 2));
      from += 64;
      to += 16;
    }
  }
  for (; column < columns; column++) {
    store<T>(to, load<T>(from));
    from += <usize>step * sizeof<T>();
    to += sizeof<T>();
  }
}
