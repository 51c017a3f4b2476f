/** Recognises fits of BaSiC that cannot be the light of a microscope, and planes that show nothing of it. */
import type { Profile } from "../../profile/profile.ts";
import { dot, meanOf } from "../../statistics.ts";
import type { ImageStack } from "./parameters.ts";

/** Dark-fields of cameras span a few counts; fits that did harm had one that spans 28 and more. */
const mostDarkSpan = 25;
/** Flat-fields with and without a dark-field that differ by more, on average, cannot both be right. */
const mostDifference = 0.03;
/** No light sheet leaves a part of the field darker than this share of the mean. */
const leastLight = 0.3;
/** The largest factor by which light makes a part of the field brighter than the mean. */
const mostLight = 2;

/** Why a fit with a dark-field is not to be trusted; `undefined` where there is no sign of that. */
export function doubtDarkfield({ darkfield }: Pick<Profile, "darkfield">): string | undefined {
  const span = spanOf(darkfield);
  if (!(span > mostDarkSpan)) return undefined;
  return (
    `BaSiC found a dark-field that spans ${Math.round(span)} counts over the field, where those of cameras span a few: ` +
    "the sample is in it."
  );
}

/** How much a dark-field changes the flat-field, where that is too much to know which one is right. */
export function doubtFlatfield(
  withDarkfield: Pick<Profile, "flatfield">,
  without: Pick<Profile, "flatfield">,
): string | undefined {
  const { flatfield } = withDarkfield;
  let difference = 0;
  for (let i = 0; i < flatfield.length; i++) {
    difference += Math.abs(flatfield[i]! - without.flatfield[i]!) / flatfield.length;
  }
  if (!(difference > mostDifference)) return undefined;
  return `With and without a dark-field the flat-field differs by ${(100 * difference).toFixed(1)} %: it is uncertain by that much.`;
}

/** Why a flat-field is impossible; `undefined` where it is not. */
export function impossibleFlatfield({ flatfield }: Pick<Profile, "flatfield">): string | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const light of flatfield) {
    least = Math.min(least, light);
    most = Math.max(most, light);
  }
  if (least >= leastLight && most <= mostLight) return undefined;
  const range = least < leastLight ? `falls to ${least.toPrecision(2)}` : `rises to ${most.toPrecision(2)}`;
  return `The flat-field ${range} of its mean, which no light sheet does: the sample is in it.`;
}

/**
 * Whether a dark-field may have changed the flat-field by more than it is known to: where it spans so much of the
 * brightness of the planes.
 */
export function mayShift({ darkfield }: Pick<Profile, "darkfield">, brightness: number): boolean {
  return spanOf(darkfield) > mostDifference * brightness;
}

/** Why planes show nothing of light; `undefined` where they differ enough. Planes are seen in squares of pixels. */
export function doubtPlanes({ pixels, planeCount, shapeYx }: ImageStack): string | undefined {
  if (planeCount < 2) return undefined;
  const planes = Array.from({ length: planeCount }, (_, n) => squaresOf(pixels, n, shapeYx));
  const squares = planes[0]!.means.length;
  if (squares < fewestSquares) return undefined;
  const pattern = Float64Array.from({ length: squares }, (_, at) => meanOf(planes.map(({ means }) => means[at]!)));
  const own = deviations(pattern);
  const contrast = dot(own, own);
  let rest = 0;
  for (const { means } of planes) {
    // A plane may be brighter than another, and its offset counts as a constant.
    const plane = deviations(means);
    const times = contrast === 0 ? 0 : dot(plane, own) / contrast;
    rest += plane.reduce((sum, value, at) => sum + (value - times * own[at]!) ** 2, 0);
  }
  const variance = rest / (planeCount - 1) / (squares - 2);
  const noise = meanOf(planes.map(({ noise }) => noise)) / squarePx ** 2;
  if (!(variance <= Math.max(alike.noise * noise, (alike.contrast * contrast) / squares))) return undefined;
  return (
    "The planes differ only by noise: sample that keeps its place cannot be distinguished from shading. " +
    "The profile is right where they show no sample, else it is an image of the sample."
  );
}

const squarePx = 8;
const fewestSquares = 4;
/** Planes are alike where they differ by no more than this multiple of noise, or this share of what all of them show. */
const alike = { noise: 1.5, contrast: 0.01 } as const;

/** The means of the squares of a plane, and the variance of its noise: by second differences along its rows. */
function squaresOf(pixels: ImageStack["pixels"], plane: number, [rows, columns]: ImageStack["shapeYx"]) {
  const [down, across] = [Math.floor(rows / squarePx), Math.floor(columns / squarePx)];
  const means = new Float64Array(down * across);
  let [differences, count] = [0, 0];
  for (let y = 0; y < down * squarePx; y++) {
    const first = (plane * rows + y) * columns;
    const square = Math.floor(y / squarePx) * across;
    for (let x = 0; x < across * squarePx; x++) {
      const value = pixels[first + x]!;
      means[square + Math.floor(x / squarePx)]! += value / squarePx ** 2;
      if (x === 0 || x === columns - 1) continue;
      differences += (pixels[first + x - 1]! - 2 * value + pixels[first + x + 1]!) ** 2 / 6;
      count++;
    }
  }
  return { means, noise: differences / Math.max(1, count) };
}

function deviations(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value - mean);
}

/** The distance of the first and the last percent of values. */
function spanOf(darkfield: Float32Array): number {
  const sorted = Float64Array.from(darkfield).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return at(0.99) - at(0.01);
}
