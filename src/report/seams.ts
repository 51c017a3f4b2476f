/**
 * Measures the seams between neighbouring tiles, before and after a correction, where both show the same tissue. All
 * results are plain JSON-able values.
 */
import { pairShifts, shiftedPatch } from "../estimate/refine/overlap-data.ts";
import type { OverlapPlan } from "../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../sample/read-overlaps.ts";
import type { PixelArray, Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";

/** The seams of a channel, or why there are none. */
export type SeamReport =
  | {
      readonly kind: "measured";
      readonly level: number;
      /** Number of pixels of the level along either axis that are averaged into one. */
      readonly binPx: number;
      /** Planes of the level. */
      readonly planes: readonly number[];
      /** With tiles at their stage positions, to whole pixels: the figures to compare with those of other programs. */
      readonly placed: SeamComparison;
      /** With tiles placed where their structures match. Pairs with too little structure are left out. */
      readonly registered: SeamComparison;
      readonly pairs: readonly PairSeams[];
    }
  | { readonly kind: "none"; readonly reason: string };

/** Figures before and, where there is a correction, after it. */
export interface SeamComparison {
  readonly before: SeamFigures;
  readonly after?: SeamFigures;
}

/** Means over pairs; each pair is the mean over its planes. */
export interface SeamFigures extends Seam {
  /**
   * Mean over the pairs of mean |A - B|, in units of the spread of all overlaps (half the distance between their 16th
   * and 84th percentile). A constant added to all pixels makes `difference` smaller, but does not change this.
   * @nullable
   */
  readonly contrastDifference: number;
  readonly pairCount: number;
  /** Pairs that were left out: dark in every plane or, when registered, without a certain shift. */
  readonly leftOutCount: number;
}

/** One pair of neighbours, tiles by number. */
export interface PairSeams {
  readonly first: number;
  readonly second: number;
  /** The shift of the structures relative to the stage position; absent where there is too little structure. */
  readonly shiftYx?: Yx;
  /** Absent where the pair is dark. */
  readonly before?: Seam;
  readonly after?: Seam;
}

/**
 * Compares neighbours in their overlaps.
 * @param before the uncorrected overlaps
 * @param after the same overlaps corrected: read from a corrected image, or by `correctPatches`
 */
export function reportSeams(
  plan: OverlapPlan,
  before: readonly OverlapPatch[],
  after?: readonly OverlapPatch[],
): SeamReport {
  if (plan.pairs.length === 0) {
    const reason =
      "No two tiles overlap: their positions on the stage are not known, or the image was stitched already.";
    return { kind: "none", reason };
  }
  // The shift is measured in corrected overlaps, where available, as they have less shading.
  const shifts = pairShifts(plan.pairs.length, plan.fieldYx, after ?? before);
  const everywhere = plan.pairs.map((): Yx => [0, 0]);
  const placed = { before: seamsOf(before, everywhere), after: after && seamsOf(after, everywhere) };
  const registered = { before: seamsOf(before, shifts), after: after && seamsOf(after, shifts) };
  const spreads = { before: spreadOf(before), after: after && spreadOf(after) };
  return {
    kind: "measured",
    level: plan.level,
    binPx: plan.binPx,
    planes: plan.planes,
    placed: comparison(placed, spreads),
    registered: comparison(registered, spreads),
    pairs: plan.pairs.map(({ first, second }, index) => ({
      first,
      second,
      shiftYx: shifts[index],
      ...(placed.before[index] === undefined ? {} : { before: seamOf(placed.before[index]) }),
      ...(placed.after?.[index] === undefined ? {} : { after: seamOf(placed.after[index]) }),
    })),
  };
}

/** The seam of a pair with its mean |A - B| in counts. */
interface PairSeam extends Seam {
  readonly apart: number;
}

function seamOf({ difference, logRatio }: PairSeam): Seam {
  return { difference, logRatio };
}

function comparison(
  seams: { readonly before: (PairSeam | undefined)[]; readonly after: (PairSeam | undefined)[] | undefined },
  spreads: { readonly before: number; readonly after: number | undefined },
): SeamComparison {
  return {
    before: figuresOf(seams.before, spreads.before),
    ...(seams.after && spreads.after !== undefined ? { after: figuresOf(seams.after, spreads.after) } : {}),
  };
}

/** The seam of every pair, `undefined` where it has no shift or only dark planes. */
function seamsOf(patches: readonly OverlapPatch[], shifts: readonly (Yx | undefined)[]): (PairSeam | undefined)[] {
  const ofPair = shifts.map((): PairSeam[] => []);
  for (const patch of patches) {
    const shift = shifts[patch.pair];
    if (shift === undefined) continue;
    const { first, second } = shiftedPatch(patch, shift);
    const seam = compareFields(first, second);
    if (!Number.isFinite(seam.difference) || !Number.isFinite(seam.logRatio)) continue;
    ofPair[patch.pair]!.push({ ...seam, apart: meanApart(first, second) });
  }
  return ofPair.map((seams) =>
    seams.length === 0
      ? undefined
      : {
          difference: meanOf(seams.map((seam) => seam.difference)),
          logRatio: meanOf(seams.map((seam) => seam.logRatio)),
          apart: meanOf(seams.map((seam) => seam.apart)),
        },
  );
}

function figuresOf(seams: readonly (PairSeam | undefined)[], spread: number): SeamFigures {
  const counted = seams.filter((seam) => seam !== undefined);
  return {
    difference: meanOf(counted.map((seam) => seam.difference)),
    logRatio: meanOf(counted.map((seam) => seam.logRatio)),
    contrastDifference: meanOf(counted.map((seam) => seam.apart)) / spread,
    pairCount: counted.length,
    leftOutCount: seams.length - counted.length,
  };
}

function meanApart(a: Float32Array, b: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(apart)) continue;
    sum += apart;
    count++;
  }
  return sum / count;
}

/** About the number of pixels of every patch that are used for the spread. */
const spreadSamples = 500;

function spreadOf(patches: readonly OverlapPatch[]): number {
  const values: number[] = [];
  for (const { first, second } of patches) {
    const step = Math.max(1, Math.floor(first.length / spreadSamples));
    for (let i = 0; i < first.length; i += step) values.push(first[i]!, second[i]!);
  }
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return (at(0.84) - at(0.16)) / 2;
}

// Figures of the difference of two views of the same tissue.

/** The difference of a pair of fields that show the same place. Both figures are 0 where they agree perfectly. */
interface Seam {
  /** Mean |A - B| over the mean of both: shading and noise together; NaN where nothing was compared. @nullable */
  readonly difference: number;
  /** |ln(mean A / mean B)|: shading alone, noise averages out; NaN where nothing was compared. @nullable */
  readonly logRatio: number;
}

/** Compares two fields of equal length, pixel by pixel and as a whole; pixels of NaN in either are left out. */
export function compareFields(a: PixelArray, b: PixelArray): Seam {
  let [sumA, sumB, sumApart] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [valueA, valueB] = [a[i]!, b[i]!];
    if (Number.isNaN(valueA + valueB)) continue;
    sumA += valueA;
    sumB += valueB;
    sumApart += Math.abs(valueA - valueB);
  }
  return { difference: (2 * sumApart) / (sumA + sumB), logRatio: Math.abs(Math.log(sumA / sumB)) };
}
