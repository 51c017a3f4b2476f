/** Every `step`-th pixel of a row of planes. */

/**
 * @param source the first pixel that is taken of the first plane
 * @param itemBytes 1, 2 or 4: those of a pixel
 * @param planeStride pixels from plane to plane
 * @param columns how many are taken of each plane, one behind the other
 */
export function thinPlanes(
  source: usize,
  itemBytes: i32,
  planeCount: i32,
  planeStride: i32,
  columns: i32,
  step: i32,
  target: usize,
): void {
  let from = source;
  let to = target;
  for (let n = 0; n < planeCount; n++) {
    if (itemBytes === 2) thinRow<u16>(from, columns, step, to);
    else if (itemBytes === 1) thinRow<u8>(from, columns, step, to);
    else thinRow<u32>(from, columns, step, to);
    from += <usize>planeStride * itemBytes;
    to += <usize>columns * itemBytes;
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
