/** Compares neighbouring tiles to find out whether they overlap where their metadata say, or clearly elsewhere. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { Yx } from "../../shapes.ts";
import { type OverlapPatch, readOverlaps } from "../read-overlaps.ts";
import { type Comparison, type Direction, planPlacement } from "./placement-plan.ts";

/** A contradiction between pixels and the positions of tiles. */
export interface PlacementDoubt {
  /** The two tiles with the clearest contradiction, by number. */
  readonly first: number;
  readonly second: number;
  /** Direction of the second tile as seen from the first, by its metadata, and the one that fits the pixels. */
  readonly said: Direction;
  readonly fits: Direction;
  /** Whether the position fits, but at the same planes rather than at the depths of the metadata. */
  readonly isOfDepth: boolean;
  /** Correlations of the overlap, at the stated position and at the one that fits. */
  readonly saidLikeness: number;
  readonly fitsLikeness: number;
  /** Number of pairs along that axis with enough content that contradict. */
  readonly against: number;
  readonly pairs: number;
}

/** From this correlation on the similarity is not by chance. */
const sure = 0.5;
/** The stated position is clearly wrong where another has a correlation so much higher, and twice as high. */
const plainly = 0.4;
/** A pair that is the only one along its axis needs a higher correlation. */
const sureAlone = 0.7;
/** The first channel may be empty. */
const mostChannels = 2;

/** A pair of neighbours with the correlation at each position. */
interface ComparedPair {
  readonly said: Comparison;
  readonly saidLikeness: number;
  readonly best: Comparison;
  readonly bestLikeness: number;
}

/**
 * Compares the overlaps of neighbours in the middle of the mosaic: as stated, and as they would be if an axis were
 * mirrored or both were swapped. Doubts come only from pairs in which another position is clearly right and the stated
 * one clearly wrong, where these are most of those with content; light and small errors of the stage have no influence.
 * Reads a few planes of a coarse level.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function doubtPlacement(acquisition: Acquisition, signal?: AbortSignal): Promise<PlacementDoubt[]> {
  const plan = planPlacement(acquisition);
  if (plan === undefined) return [];
  for (const { index } of acquisition.channels.slice(0, mostChannels)) {
    const patches = await readOverlaps(acquisition, index, plan.overlaps, signal === undefined ? {} : { signal });
    const compared = comparePairs(
      plan.comparisons,
      plan.comparisons.map((_, pair) => likeness(patches.filter((patch) => patch.pair === pair))),
    );
    if (compared.some(showsEnough))
      return [compared.filter(isAlongX), compared.filter((pair) => !isAlongX(pair))].flatMap(doubtOf);
  }
  return [];
}

function comparePairs(comparisons: readonly Comparison[], likenesses: readonly number[]): ComparedPair[] {
  const pairs = new Map<string, number[]>();
  for (const [index, { first, second }] of comparisons.entries()) {
    const key = `${first.number} ${second.number}`;
    pairs.set(key, [...(pairs.get(key) ?? []), index]);
  }
  return [...pairs.values()].flatMap((indices): ComparedPair[] => {
    const own = indices.find((n) => comparisons[n]!.tried === comparisons[n]!.said && !comparisons[n]!.isPlaneByPlane);
    if (own === undefined) return [];
    const best = indices.reduce((most, n) => (likenesses[n]! > likenesses[most]! ? n : most), own);
    const [said, saidLikeness] = [comparisons[own]!, likenesses[own]!];
    return [{ said, saidLikeness, best: comparisons[best]!, bestLikeness: likenesses[best]! }];
  });
}

function showsEnough({ bestLikeness }: ComparedPair): boolean {
  return bestLikeness >= sure;
}

function isPlain({ saidLikeness, bestLikeness }: ComparedPair): boolean {
  return bestLikeness - saidLikeness >= plainly && bestLikeness >= 2 * saidLikeness;
}

function isAlongX({ said }: ComparedPair): boolean {
  return said.said === "right" || said.said === "left";
}

function doubtOf(pairs: readonly ComparedPair[]): PlacementDoubt[] {
  const showing = pairs.filter(showsEnough);
  const against = showing.filter(isPlain);
  const [plainest] = [...against].sort((a, b) => b.bestLikeness - a.bestLikeness);
  if (plainest === undefined || 2 * against.length <= showing.length) return [];
  if (showing.length === 1 && plainest.bestLikeness < sureAlone) return [];
  const { said, saidLikeness, best, bestLikeness } = plainest;
  return [
    {
      first: said.first.number,
      second: said.second.number,
      said: said.said,
      fits: best.tried,
      isOfDepth: best.isPlaneByPlane,
      saidLikeness,
      fitsLikeness: bestLikeness,
      against: against.length,
      pairs: showing.length,
    },
  ];
}

// The correlation of two images of one place, independent of the light and of small errors of the stage.

/** The largest shift between the two images in pixels, along each axis. */
const searchPx = 3;
/** Structures are used that are finer than boxes of twice this many pixels, and coarser than three pixels. */
const smoothPx = 6;

/** An image without light gradients and without the noise of single pixels. */
interface Structure {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly shapeYx: Yx;
}

/**
 * The correlation of two tiles in their overlap, from -1 to 1, over all planes at the best shift; 0 where they are
 * empty.
 */
function likeness(planes: readonly OverlapPatch[]): number {
  const pictures = planes.map(
    ({ first, second, shapeYx }): Structure => ({
      first: structureOf(first, shapeYx),
      second: structureOf(second, shapeYx),
      shapeYx,
    }),
  );
  let best = 0;
  for (let y = -searchPx; y <= searchPx; y++) {
    for (let x = -searchPx; x <= searchPx; x++) best = Math.max(best, correlation(pictures, [y, x]));
  }
  return best;
}

/** Means over 3 x 3 pixels minus those over large boxes. */
function structureOf(image: Float32Array, shapeYx: Yx): Float32Array {
  const filled = withoutGaps(image);
  const fine = boxMeans(filled, shapeYx, 1);
  const light = boxMeans(filled, shapeYx, smoothPx);
  return fine.map((value, index) => value - light[index]!);
}

/** Saturated pixels, which are NaN, get the value of the brightest other one. */
function withoutGaps(image: Float32Array): Float32Array {
  if (!image.some(Number.isNaN)) return image;
  const most = image.reduce((largest, value) => (Number.isNaN(value) ? largest : Math.max(largest, value)), 0);
  return image.map((value) => (Number.isNaN(value) ? most : value));
}

/**
 * The mean of the pixels at most `radius` rows and columns away; at edges the box is smaller but stays symmetric, so
 * that a gradient of the light cancels.
 */
function boxMeans(image: Float32Array, [rows, columns]: Yx, radius: number): Float32Array {
  const across = alongLines(image, rows, columns, columns, 1, radius);
  return alongLines(across, columns, rows, 1, columns, radius);
}

/** Means along lines of `length` pixels that are `step` apart; `stride` from one line to the next. */
function alongLines(
  image: Float32Array,
  lines: number,
  length: number,
  stride: number,
  step: number,
  radius: number,
): Float32Array {
  const means = new Float32Array(image.length);
  const sums = new Float64Array(length + 1);
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    for (let n = 0; n < length; n++) sums[n + 1] = sums[n]! + image[start + n * step]!;
    for (let n = 0; n < length; n++) {
      const reach = Math.min(radius, n, length - 1 - n);
      means[start + n * step] = (sums[n + reach + 1]! - sums[n - reach]!) / (2 * reach + 1);
    }
  }
  return means;
}

/** Pearson's correlation with the second images shifted. Structures have a mean of about 0. */
function correlation(pictures: readonly Structure[], [shiftY, shiftX]: Yx): number {
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (const { first, second, shapeYx } of pictures) {
    const [rows, columns] = shapeYx;
    const [from, to] = [Math.max(0, -shiftX), Math.min(columns, columns - shiftX)];
    for (let y = Math.max(0, -shiftY); y < Math.min(rows, rows - shiftY); y++) {
      const inFirst = y * columns;
      const inSecond = (y + shiftY) * columns + shiftX;
      for (let x = from; x < to; x++) {
        const a = first[inFirst + x]!;
        const b = second[inSecond + x]!;
        products += a * b;
        squaresA += a * a;
        squaresB += b * b;
      }
    }
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return scale > 0 ? products / scale : 0;
}
