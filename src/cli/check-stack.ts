/** Stacks as people have them: with planes that are no images, with axes in another order, less a background. */
import { IsoluxError } from "../errors.ts";
import type { ImageStack } from "../estimate/basic/image-stack.ts";
import { elementCount, formatShape } from "../shapes.ts";

/**
 * The stack without planes that have pixels which are not finite, and a warning that counts them.
 * @throws IsoluxError `estimation` where there are no others
 */
export function withoutBrokenPlanes(stack: ImageStack, where: string) {
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
      found: `${planeCount} planes`,
      advice: "Replace these pixels, or choose other planes",
    });
  }
  // The planes move together in the array that they came in.
  for (const [to, n] of sound.entries()) if (to !== n) pixels.copyWithin(to * length, n * length, (n + 1) * length);
  const rest: ImageStack = { pixels: pixels.subarray(0, sound.length * length), planeCount: sound.length, shapeYx };
  const planes = `${broken} of ${planeCount} planes ${broken === 1 ? "has" : "have"} pixels that are not numbers, or infinite`;
  return { stack: rest, warnings: [`${planes}: left out.`] };
}

/** Refuses a stack of one value. @throws IsoluxError `estimation` */
export function checkVaries({ pixels }: ImageStack, where: string): void {
  const [first] = pixels;
  if (first === 0 || pixels.some((value: number) => value !== first)) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Every pixel of the planes has the same value: there is no illumination to tell from it",
    where,
    found: String(first),
    advice: "Choose planes of a sample; what is saturated or made up shows no light",
  });
}

/** Neighbours along the right axis differ by less than this share of what others do. */
const mostAlike = 0.7;
const placesLooked = 20_000;

/**
 * Refuses planes that lie along the last axis, as programs keep them that think in images: the last axis is then by far
 * the shortest, and pixels differ more along it than along the first.
 * @throws IsoluxError `invalid`
 */
export function checkAxes({ pixels, planeCount, shapeYx }: ImageStack, where: string): void {
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
    what: "The planes seem to lie along the last axis",
    where,
    found: `the shape ${formatShape([planeCount, rows, columns])}`,
    expected: "the axes n, y, x",
    advice: "Move that axis to the front: in NumPy, np.save(path, np.moveaxis(stack, -1, 0))",
  });
}
