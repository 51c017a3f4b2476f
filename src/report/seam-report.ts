/**
 * How visible the seams between neighbouring tiles are, before and after a correction, where both show the same tissue.
 * All results are plain JSON-able values.
 */
import { pairShifts } from "../estimate/registration/pair-shifts.ts";
import { shiftedPatch } from "../estimate/registration/shifted-patch.ts";
import type { OverlapPlan } from "../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../sample/read-overlaps.ts";
import type { Yx } from "../shapes.ts";
import { compareFields, type Seam } from "./seams.ts";

/** The seams of a channel, or why there are none to measure. */
export type SeamReport =
  | {
      readonly kind: "measured";
      readonly level: number;
      /** So many pixels of the level along either axis were compared as one. */
      readonly binPx: number;
      /** Planes of the level. */
      readonly planes: readonly number[];
      /** Tiles where the stage says they are, to whole pixels: the figures that compare with those of others. */
      readonly placed: SeamComparison;
      /** Tiles where their structures meet. Pairs that show too little to tell are left out. */
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
   * and 84th percentile). A constant added to all pixels makes `difference` smaller, but leaves this as it is.
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
  /** Where structures meet, against where the stage says; not there where too little is shown to tell. */
  readonly shiftYx?: Yx;
  /** Not there where the pair is dark. */
  readonly before?: Seam;
  readonly after?: Seam;
}

/**
 * Compares neighbours in their overlaps.
 * @param before the overlaps as they were taken
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
  // The shift is that of the structures: what is corrected shows them with less shading over them.
  const shifts = pairShifts(plan.pairs.length, plan.fieldYx, after ?? before);
  const everywhere = plan.pairs.map((): Yx => [0, 0]);
  const placed = { before: seamsOf(before, everywhere), after: after && seamsOf(after, everywhere) };
  const registered = { before: seamsOf(before, shifts), after: after && seamsOf(after, shifts) };
  return {
    kind: "measured",
    level: plan.level,
    binPx: plan.binPx,
    planes: plan.planes,
    placed: comparison(placed, before, after),
    registered: comparison(registered, before, after),
    pairs: plan.pairs.map(({ first, second }, index) => ({
      first,
      second,
      ...(shifts[index] === undefined ? {} : { shiftYx: shifts[index] }),
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
  before: readonly OverlapPatch[],
  after: readonly OverlapPatch[] | undefined,
): SeamComparison {
  return {
    before: figuresOf(seams.before, spreadOf(before)),
    ...(seams.after && after ? { after: figuresOf(seams.after, spreadOf(after)) } : {}),
  };
}

/** The seam of every pair, `undefined` where it has no shift or no plane that is lit. */
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
          difference: mean(seams.map((seam) => seam.difference)),
          logRatio: mean(seams.map((seam) => seam.logRatio)),
          apart: mean(seams.map((seam) => seam.apart)),
        },
  );
}

function figuresOf(seams: readonly (PairSeam | undefined)[], spread: number): SeamFigures {
  const counted = seams.filter((seam) => seam !== undefined);
  return {
    difference: mean(counted.map((seam) => seam.difference)),
    logRatio: mean(counted.map((seam) => seam.logRatio)),
    contrastDifference: mean(counted.map((seam) => seam.apart)) / spread,
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

/** Of every patch about this many pixels count for the spread. */
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
