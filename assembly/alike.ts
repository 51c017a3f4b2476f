/** Whether pixels are all alike. */

/**
 * Whether all of `count` pixels, one at least, have the value of the first; of floats, both zeros are one value, and so is
 * NaN.
 *
 * @param itemBytes 1, 2 or 4: those of a pixel; four are of a float
 */
export function areAlike(pixels: usize, itemBytes: i32, count: i32): bool {
  if (itemBytes === 2) return areLikeFirst<u16>(pixels, count);
  return itemBytes === 1 ? areLikeFirst<u8>(pixels, count) : areLikeFirst<f32>(pixels, count);
}

export function areLikeFirst<T>(pixels: usize, count: i32): bool {
  const first = v128.load_splat<T>(pixels);
  const areNaN = v128.any_true(v128.ne<T>(first, first));
  const stop = pixels + <usize>count * sizeof<T>();
  let at = pixels;
  for (; at + 64 <= stop; at += 64) {
    const a = others<T>(v128.load(at), first, areNaN);
    const b = others<T>(v128.load(at, 16), first, areNaN);
    const c = others<T>(v128.load(at, 32), first, areNaN);
    const d = others<T>(v128.load(at, 48), first, areNaN);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false;
  }
  for (; at < stop; at += sizeof<T>()) {
    if (v128.any_true(others<T>(v128.load_splat<T>(at), first, areNaN))) return false;
  }
  return true;
}

/** Where pixels are not like the first. */
function others<T>(pixels: v128, first: v128, areNaN: bool): v128 {
  return areNaN ? v128.eq<T>(pixels, pixels) : v128.ne<T>(pixels, first);
}
