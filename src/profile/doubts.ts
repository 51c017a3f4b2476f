/** Doubts about a flat-field as another program saved it: pixels and lines that stand out, counts with the camera's offset. */
import type { Yx } from "../shapes.ts";
import type { NumericArray } from "./npy-elements.ts";
import { standingOut } from "./standing-out.ts";

/** A flat-field whose mean is larger is in counts, or scaled to the range of a file. */
const leastCounts = 2;
/** The largest value of images that were scaled to the range of their file. */
const ranges: readonly number[] = [100, 255, 65535];

/**
 * Sentences about what makes a correction with a flat-field less exact than it looks.
 * @param values positive, C order
 * @returns them, and the mean where it is in counts and comes without a dark-field: it may hold the camera's offset
 * @param whose names the profile in messages
 */
export function doubtsAbout(
  values: NumericArray,
  shapeYx: Yx,
  { mean, hasDarkfield }: { readonly mean: number; readonly hasDarkfield: boolean },
  whose: string,
): { readonly doubts: readonly string[]; readonly meanCounts?: number } {
  const doubts: string[] = [];
  for (const { what } of standingOut(values, shapeYx, "light")) {
    doubts.push(
      `The flat-field of ${whose} has ${what}: unless the images have the same, corrected ones will have it reversed.`,
    );
  }
  const isInCounts = !hasDarkfield && mean > leastCounts && !ranges.includes(largestOf(values));
  if (isInCounts) {
    doubts.push(
      `The flat-field of ${whose} is in counts (mean ${mean.toPrecision(4)}) and has no dark-field: if the camera's offset ` +
        "is in it, the correction is too weak. Take it off (NumPy: flatfield - offset), and give it as dark-field.",
    );
  }
  return { doubts, ...(isInCounts ? { meanCounts: mean } : {}) };
}

function largestOf(values: NumericArray): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, values[at]!);
  return largest;
}
