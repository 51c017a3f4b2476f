/** Checks of stacks as users have them: planes that are no images, axes in another order, one value everywhere. */

import { IsoluxError } from "../../errors.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { formatCount } from "../../quantities.ts";
import { elementCount, formatShape } from "../../shapes.ts";

/**
 * The planes of a stack that a profile can be fitted to, and warnings about the others.
 * @throws IsoluxError `invalid` where the axes are in another order, `estimation` where there are no such planes
 */
export function fittableStack(stack: ImageStack, where: string): { stack: ImageStack; warnings: string[] } {
  checkAxes(stack, where);
  const sound = withoutBrokenPlanes(stack, where);
  checkVaries(sound.stack, where);
  return sound;
}

/**
 * The stack without planes that have non-finite pixels, and a warning with their number.
 * @throws IsoluxError `estimation` where there are no others
 */
function withoutBrokenPlanes(stack: ImageStack, where: string) {
  const { pixels, planeCount, shapeYx } = stack;
  const isWhole = pixels instanceof Uint8Array || pixels instanceof Uint16Array;
  const length = elementCount(shapeYx);
  const plane = (n: number) => pixels.subarray(n * length, (n + 1) * length);
  const all = Array.from({ length: planeCount }, (_, n) => n);
  const sound = isWhole ? all : all.filter((n) => plane(n).every((value: number) => Number.isFinite(value)));
  const broken = planeCount - sound.length;
  if (broken === 0) return { stack, warnings: [] };
  if (sound.length === 0) {
    throw new IsoluxError({
      kind: "estimation",
      what: "Every plane has pixels that are not numbers, or infinite",
      where,
      found: formatCount(planeCount, "plane"),
      advice: "Replace these pixels, or choose other planes",
    });
  }
  // The planes are moved together within their array.
  for (const [to, n] of sound.entries()) if (to !== n) pixels.copyWithin(to * length, n * length, (n + 1) * length);
  const rest: ImageStack = { pixels: pixels.subarray(0, sound.length * length), planeCount: sound.length, shapeYx };
  const planes = `${broken} of ${formatCount(planeCount, "plane")} ${broken === 1 ? "has" : "have"} pixels that are not numbers, or infinite`;
  return { stack: rest, warnings: [`${planes}: skipped.`] };
}

/** Refuses a stack of one value. @throws IsoluxError `estimation` */
function checkVaries({ pixels }: ImageStack, where: string): void {
  const [first] = pixels;
  if (first === 0 || pixels.some((value: number) => value !== first)) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Every pixel of the planes has the same value: no illumination can be estimated from them",
    where,
    found: String(first),
    advice: "Choose planes with sample; saturated or artificial planes show no light",
  });
}

/** Neighbours along the right axis differ by less than this fraction of those along the other. */
const mostAlike = 0.7;
const placesLooked = 20_000;

/**
 * Refuses planes along the last axis, as programs store them that work on images: the last axis is then by far the
 * shortest, and pixels differ more along it than along the first.
 * @throws IsoluxError `invalid`
 */
function checkAxes({ pixels, planeCount, shapeYx }: ImageStack, where: string): void {
  const [rows, columns] = shapeYx;
  if (planeCount < 2 || columns < 2 || 2 * columns > Math.min(planeCount, rows)) return;
  const along = [elementCount(shapeYx), 1].map((stride) => {
    const step = Math.max(1, Math.floor((pixels.length - stride) / placesLooked));
    let sum = 0;
    let count = 0;
    for (let at = 0; at + stride < pixels.length; at += step) {
      if (stride === 1 && (at + 1) % columns === 0) continue;
      sum += Math.abs(pixels[at]! - pixels[at + stride]!);
      count++;
    }
    return sum / Math.max(1, count);
  });
  if (!(along[0]! < mostAlike * along[1]!)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The planes seem to be on the last axis, not on the first",
    where,
    found: `the shape ${formatShape([planeCount, rows, columns])}`,
    expected: "the axes n, y, x",
    advice: "Move that axis to the front: in NumPy, np.save(path, np.moveaxis(stack, -1, 0))",
  });
}

/** Types that a fit takes stay as they are, others become float64, which holds all of their values. */
export function fittablePixels(data: ArrayLike<number>): ImageStack["pixels"] {
  const isFittable =
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Float32Array ||
    data instanceof Float64Array;
  return isFittable ? data : Float64Array.from(data);
}
