/** The lowest values of evened planes. */

/**
 * Gathers the values of planes that are no more than the limit of their pixel, less the offset and divided by what the
 * pixel is divided by. Eight comparisons of integers at a time, as few values are among the lowest.
 *
 * @param itemBytes 1 or 2: those of a value
 * @param limits the largest value to be gathered, 2 bytes for each pixel
 * @param divisors a float for each pixel
 * @param target takes `room` floats at most
 * @returns how many were gathered, or -1 where there was no space for them
 */
export function gatherLowest(
  values: usize,
  itemBytes: i32,
  planeCount: i32,
  pixelCount: i32,
  limits: usize,
  divisors: usize,
  offset: f64,
  target: usize,
  room: i32,
): i32 {
  if (itemBytes === 2) return gather<u16>(values, planeCount, pixelCount, limits, divisors, offset, target, room);
  return gather<u8>(values, planeCount, pixelCount, limits, divisors, offset, target, room);
}

function gather<T>(
  values: usize,
  planeCount: i32,
  pixelCount: i32,
  limits: usize,
  divisors: usize,
  offset: f64,
  target: usize,
  room: i32,
): i32 {
  let found = 0;
  let plane = values;
  for (let n = 0; n < planeCount; n++) {
    let pixel = 0;
    for (; pixel + 8 <= pixelCount; pixel += 8) {
      const at = plane + <usize>pixel * sizeof<T>();
      const eight = sizeof<T>() === 2 ? v128.load(at) : v128.load_ext<u8>(at);
      let lanes = i16x8.bitmask(i16x8.le_u(eight, v128.load(limits + ((<usize>pixel) << 1))));
      while (lanes !== 0) {
        if (found === room) return -1;
        storeEvened<T>(plane, pixel + <i32>ctz(lanes), divisors, offset, target + ((<usize>found) << 2));
        found++;
        lanes &= lanes - 1;
      }
    }
    for (; pixel < pixelCount; pixel++) {
      const value = <i32>load<T>(plane + <usize>pixel * sizeof<T>());
      if (value > <i32>load<u16>(limits + ((<usize>pixel) << 1))) continue;
      if (found === room) return -1;
      storeEvened<T>(plane, pixel, divisors, offset, target + ((<usize>found) << 2));
      found++;
    }
    plane += <usize>pixelCount * sizeof<T>();
  }
  return found;
}

function storeEvened<T>(plane: usize, pixel: i32, divisors: usize, offset: f64, target: usize): void {
  const value = <f64>load<T>(plane + <usize>pixel * sizeof<T>());
  store<f32>(target, <f32>(value - offset) / load<f32>(divisors + ((<usize>pixel) << 2)));
}
