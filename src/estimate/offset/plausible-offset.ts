/** Refuses camera offsets that an image contradicts: what a camera shows without light is no more than its image shows. */
import { IsoluxError } from "../../errors.ts";

/** Pixels of an image that an offset was given for. */
interface Shown {
  readonly pixels: ArrayLike<number>;
  /** What they are of, such as `channel 488`. */
  readonly where: string;
}

/** An offset is above three quarters of the pixels by noise alone up to this many counts. */
const margin = 5;
/** About how many pixels are looked at. */
const mostPixels = 200_000;
/** An image from which a background was subtracted has pixels down to this share of its mean; others are brighter by the offset. */
const subtractedTo = 0.05;
/** From such an image at most this many times the range of its pixels was subtracted. */
const mostRanges = 20;

/**
 * Refuses an offset that most of an image is below, or that lies further below 0 than the image is bright.
 * @throws IsoluxError `invalid` with what is plausible
 */
export function refuseImplausibleOffset(offset: number | undefined, { pixels, where }: Shown): void {
  if (offset === undefined || offset === 0) return;
  const values = shownValues(pixels);
  if (values.length === 0) return;
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))]!;
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const isSubtracted = at(0.01) <= subtractedTo * mean;
  const [least, most] = [-(isSubtracted ? mostRanges * (at(0.999) - at(0.001)) : mean), at(0.75) + margin];
  if (offset >= least && offset <= most) return;
  const [low, high] = [least, most].map((counts) => Number(counts.toPrecision(3)));
  throw new IsoluxError({
    kind: "invalid",
    what:
      offset > 0
        ? "The camera offset is above what the image shows"
        : "The camera offset is further below 0 than the image is bright",
    where,
    found: `${offset} counts, and pixels of ${Number(mean.toPrecision(3))} counts on average`,
    expected: `${low} to ${high} counts`,
    advice: "Give the counts of the camera without light as --camera-offset, often about 100, or none",
  });
}

/** Some of the pixels in order, without those that were never stored. */
function shownValues(pixels: ArrayLike<number>): Float64Array {
  const step = Math.max(1, Math.floor(pixels.length / mostPixels));
  const values: number[] = [];
  for (let i = 0; i < pixels.length; i += step)
    if (Number.isFinite(pixels[i]!) && pixels[i] !== 0) values.push(pixels[i]!);
  return Float64Array.from(values).sort();
}
