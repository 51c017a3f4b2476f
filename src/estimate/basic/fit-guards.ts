/** What tells without overlaps that a fit of BaSiC cannot be the light of a microscope. */
import type { Profile } from "../../profile/profile.ts";

/** Dark-fields of cameras span a few counts; fits that were harmful had one that spans 28 and more. */
const mostDarkSpan = 25;
/** Flat-fields with and without a dark-field that differ by more, on average, are not the same light. */
const mostDifference = 0.03;
/** No light sheet leaves a part of the field darker than this share of the mean. */
const leastLight = 0.3;

/** Why a fit with a dark-field is not to be trusted; `undefined` where nothing tells. */
export function doubtDarkfield({ darkfield }: Pick<Profile, "darkfield">): string | undefined {
  const sorted = Float64Array.from(darkfield).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const span = at(0.99) - at(0.01);
  if (!(span > mostDarkSpan)) return undefined;
  return (
    `BaSiC found a dark-field that spans ${Math.round(span)} counts over the field, where those of cameras span a few: ` +
    "the sample is in it."
  );
}

/** What a dark-field changes of a flat-field, where that is too much to know which one is right. */
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
  return `With and without a dark-field the flat-field differs by ${(100 * difference).toFixed(1)} %: it is known no better than that.`;
}

/** Why a flat-field cannot be one; `undefined` where nothing tells. */
export function impossibleFlatfield({ flatfield }: Pick<Profile, "flatfield">): string | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (const light of flatfield) least = Math.min(least, light);
  if (least >= leastLight) return undefined;
  return `The flat-field falls to ${least.toPrecision(2)} of its mean, which no light sheet does: the sample is in it.`;
}
