/** Planes without what the camera shows in the dark. */
import { IsoluxError } from "../../errors.ts";
import type { ImageStack } from "./image-stack.ts";

/**
 * The pixels less a camera offset, in counts: floating point, as noise around the offset becomes negative. With an offset
 * of 0 they are the same array.
 * @param destination for the result; an array of its own without
 * @throws IsoluxError `estimation` where no light is left
 */
export function lessOffset(
  pixels: ImageStack["pixels"],
  offset: number,
  destination?: Float32Array,
): ImageStack["pixels"] {
  if (offset === 0) return pixels;
  const { length } = pixels;
  const light = destination ?? (pixels instanceof Float64Array ? new Float64Array(length) : new Float32Array(length));
  let sum = 0;
  for (let at = 0; at < length; at++) {
    light[at] = pixels[at]! - offset;
    sum += light[at]!;
  }
  if (!(sum <= 0)) return light;
  throw new IsoluxError({
    kind: "estimation",
    what: "The planes show no more than the camera offset: there is no light to estimate a profile from",
    found: `a mean of ${(sum / length + offset).toPrecision(4)} counts`,
    expected: `more than the camera offset of ${offset}`,
    advice: "Give a smaller camera offset, or choose other planes",
  });
}
