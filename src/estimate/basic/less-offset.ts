/** Subtracts the camera offset from planes. */
import { IsoluxError } from "../../errors.ts";
import type { ImageStack } from "./parameters.ts";

/**
 * The pixels minus a camera offset, in counts: floating point, as noise around the offset becomes negative. With an
 * offset of 0 they are the same array.
 * @param destination for the result; by default a new array
 * @throws IsoluxError `estimation` where no light is left, or where pixels are negative though nothing was subtracted
 */
export function lessOffset(
  pixels: ImageStack["pixels"],
  offset: number,
  destination?: Float32Array,
): ImageStack["pixels"] {
  if (offset === 0) {
    checkPositive(pixels);
    return pixels;
  }
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

/** Noise around a zero background is negative, too; background-subtracted planes are negative over large parts. */
const mostNegative = 0.05;

function checkPositive(pixels: ImageStack["pixels"]): void {
  if (pixels instanceof Uint8Array || pixels instanceof Uint16Array) return;
  let [negative, least] = [0, 0];
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at]!;
    if (value < 0) negative++;
    if (value < least) least = value;
  }
  if (negative <= mostNegative * pixels.length) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Pixels of the planes are negative: a background was subtracted, without which the illumination cannot be found",
    found: `${((100 * negative) / pixels.length).toFixed(0)} % of the pixels, down to ${least.toPrecision(4)}`,
    advice:
      "Give the planes as the camera had them; or, if one constant was subtracted, a negative camera offset: -400 if 500 counts were subtracted and the camera shows 100 without light",
  });
}
